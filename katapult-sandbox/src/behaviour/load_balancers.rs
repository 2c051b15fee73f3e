//! Load balancers, each with an address of its own, and their rules.

use serde_json::{Map, Value, json};

use super::addresses;
use super::file_storage::associated;
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome};
use crate::world::World;

/// What a rule has that nobody asked for.
const RULE: &[(&str, &str)] = &[
    ("algorithm", "\"round_robin\""),
    ("protocol", "\"HTTP\""),
    ("check_protocol", "\"HTTP\""),
    ("check_http_statuses", "\"2\""),
    ("check_path", "\"/\""),
    ("check_interval", "20"),
    ("check_timeout", "5"),
    ("check_rise", "2"),
    ("check_fall", "2"),
    ("listen_port", "80"),
    ("destination_port", "80"),
    ("proxy_protocol", "false"),
    ("backend_ssl", "false"),
    ("passthrough_ssl", "false"),
    ("check_enabled", "false"),
    ("certificates", "[]"),
];

pub(crate) fn run(call: &mut Call<'_>, resource: &str, action: &str) -> Option<Outcome> {
    Some(match (resource, action) {
        ("load_balancers", "create") => create(call),
        ("load_balancers", "update") => update(call),
        ("load_balancer_rules", "create") => create_rule(call),
        ("load_balancer_rules", "update") => update_rule(call),
        _ => return None,
    })
}

fn check(call: &Call<'_>) -> Result<(), Refusal> {
    associated(
        call,
        "resource_ids",
        &["VirtualMachine", "VirtualMachineGroup", "Tag"],
    )?;
    associated(call, "standby_vms", &["VirtualMachine"])?;
    super::present_if_set(call, "name")
}

fn create(call: &mut Call<'_>) -> Outcome {
    check(call)?;
    let mut fields = generic::new_fields(call);
    let center = match fields.get("data_center").and_then(Value::as_str) {
        Some(center) => center.to_owned(),
        None => call
            .world
            .of_kind("DataCenter")
            .next()
            .map(|center| center.id.clone())
            .unwrap_or_default(),
    };
    let network = call
        .world
        .of_kind("Network")
        .find(|network| network.text("data_center") == center && network.is("default"));
    let network = network
        .map(|network| network.id.clone())
        .unwrap_or_default();
    let Some(address) = addresses::take(call.world, &call.text("organization"), &network, "ipv4")
    else {
        return Err(Refusal::invalid(
            "There are no addresses available in the data center",
        ));
    };
    fields.insert("data_center".into(), json!(center));
    let random = call.world.random.hex(6);
    for (name, value) in [
        ("name", json!(format!("lb-{random}"))),
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
    let id = call.world.create("LoadBalancer", fields);
    addresses::allocate(call.world, &address, &id, "");
    generic::shown_with_task(call, &id)
}

fn update(call: &mut Call<'_>) -> Outcome {
    check(call)?;
    generic::update(call)
}

/// What is wrong with a rule's ports.
fn judge_ports(
    world: &World,
    fields: &Map<String, Value>,
    balancer: &str,
    rule: &str,
) -> Result<(), Refusal> {
    let port = |field: &str| fields.get(field).and_then(Value::as_i64);
    let mut errors = Vec::new();
    for field in ["listen_port", "destination_port"] {
        if port(field).is_some_and(|port| !(1..=65535).contains(&port)) {
            let title = super::title(field);
            errors.push(format!("{title} must be between 1 and 65535"));
        }
    }
    if let Some(port) = port("listen_port") {
        let mut rules = world.having("LoadBalancerRule", "load_balancer", balancer);
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

fn create_rule(call: &mut Call<'_>) -> Outcome {
    let mut fields = generic::new_fields(call);
    for (name, value) in RULE {
        if fields.get(*name).is_none_or(Value::is_null) {
            let value = serde_json::from_str(value).unwrap_or_default();
            fields.insert((*name).into(), value);
        }
    }
    judge_ports(call.world, &fields, &call.text("load_balancer"), "")?;
    let id = call.world.create("LoadBalancerRule", fields);
    generic::shown_with_task(call, &id)
}

fn update_rule(call: &mut Call<'_>) -> Outcome {
    if let Some(rule) = call.named("load_balancer_rule") {
        let balancer = rule.text("load_balancer");
        judge_ports(call.world, &call.wanted(), balancer, &rule.id)?;
    }
    generic::update(call)
}
