//! Load balancers, each with its own IP address, and their rules.

use serde_json::{Map, Value, json};

use super::validation::{self, require_existing};
use super::{default, ip_addresses};
use crate::response::context::{OperationContext, OperationResult};
use crate::response::refusal::Refusal;
use crate::world::World;

/// The defaults of a rule, as JSON.
const RULE_DEFAULTS: &[(&str, &str)] = &[
    ("algorithm", "\"round_robin\""),
    ("check_protocol", "\"HTTP\""),
    ("check_http_statuses", "\"2\""),
    ("check_path", "\"/\""),
    ("check_interval", "20"),
    ("check_timeout", "5"),
    ("check_rise", "2"),
    ("check_fall", "2"),
    ("proxy_protocol", "false"),
    ("backend_ssl", "false"),
    ("passthrough_ssl", "false"),
    ("check_enabled", "false"),
    ("certificates", "[]"),
];

pub(crate) fn run(
    ctx: &mut OperationContext<'_>,
    resource: &str,
    action: &str,
) -> Option<OperationResult> {
    Some(match (resource, action) {
        ("load_balancers", "create") => create(ctx),
        ("load_balancers", "update") => update(ctx),
        ("load_balancer_rules", "create") => create_rule(ctx),
        ("load_balancer_rules", "update") => update_rule(ctx),
        _ => return None,
    })
}

fn validate(ctx: &OperationContext<'_>) -> Result<(), Refusal> {
    require_existing(
        ctx,
        "resource_ids",
        &["VirtualMachine", "VirtualMachineGroup", "Tag"],
    )?;
    require_existing(ctx, "standby_vms", &["VirtualMachine"])?;
    validation::require_present_if_set(ctx, "name")
}

fn create(ctx: &mut OperationContext<'_>) -> OperationResult {
    validate(ctx)?;
    let mut fields = default::new_fields(ctx);
    let center = fields.get("data_center").and_then(Value::as_str);
    let center = center.unwrap_or_default();
    let network = ctx
        .world
        .by_kind("Network")
        .find(|network| network.text("data_center") == center && network.flag("default"));
    let network = network
        .map(|network| network.id.clone())
        .unwrap_or_default();
    let Some(address) =
        ip_addresses::create_in_network(ctx.world, &ctx.text("organization"), &network, "ipv4")
    else {
        return Err(Refusal::invalid(
            "There are no addresses available in the data center",
        ));
    };
    for (name, value) in [
        ("resource_type", json!("virtual_machines")),
        ("resource_ids", json!([])),
    ] {
        if fields.get(name).is_none_or(Value::is_null) {
            fields.insert(name.into(), value);
        }
    }
    fields.insert(
        "backend_certificate".into(),
        json!("-----BEGIN CERTIFICATE-----\nc2FuZGJveA==\n-----END CERTIFICATE-----\n"),
    );
    fields.insert(
        "backend_certificate_key".into(),
        json!("-----BEGIN PRIVATE KEY-----\nc2FuZGJveA==\n-----END PRIVATE KEY-----\n"),
    );
    let id = ctx.world.create("LoadBalancer", fields);
    ip_addresses::allocate(ctx.world, &address, &id, "");
    default::render_with_task(ctx, &id)
}

fn update(ctx: &mut OperationContext<'_>) -> OperationResult {
    validate(ctx)?;
    default::update(ctx)
}

/// Returns an error if a rule's ports are invalid, or another rule listens on the port.
fn validate_ports(
    world: &World,
    fields: &Map<String, Value>,
    balancer: &str,
    rule: &str,
) -> Result<(), Refusal> {
    let port = |field: &str| fields.get(field).and_then(Value::as_i64);
    let mut errors = Vec::new();
    for field in ["listen_port", "destination_port"] {
        if port(field).is_some_and(|port| !(1..=65535).contains(&port)) {
            let title = validation::title(field);
            errors.push(format!("{title} must be between 1 and 65535"));
        }
    }
    if let Some(port) = port("listen_port") {
        let mut rules = world.find_by("LoadBalancerRule", "load_balancer", balancer);
        if rules.any(|other| other.id != rule && other.number("listen_port") == Some(port)) {
            errors.push("Listen port has already been taken".to_owned());
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Refusal::validation(&errors))
    }
}

fn create_rule(ctx: &mut OperationContext<'_>) -> OperationResult {
    let mut fields = default::new_fields(ctx);
    for (name, value) in RULE_DEFAULTS {
        if fields.get(*name).is_none_or(Value::is_null) {
            let value = serde_json::from_str(value).unwrap_or_default();
            fields.insert((*name).into(), value);
        }
    }
    validate_ports(ctx.world, &fields, &ctx.text("load_balancer"), "")?;
    let id = ctx.world.create("LoadBalancerRule", fields);
    default::render_with_task(ctx, &id)
}

fn update_rule(ctx: &mut OperationContext<'_>) -> OperationResult {
    if let Some(rule) = ctx.object("load_balancer_rule") {
        let balancer = rule.text("load_balancer");
        validate_ports(ctx.world, &ctx.requested_fields(), balancer, &rule.id)?;
    }
    default::update(ctx)
}
