//! Security groups and their rules.

use serde_json::{Map, Value, json};

use super::default;
use super::validation::{self, require_existing, require_present, require_present_if_set};
use crate::response::context::{OperationContext, OperationResult};
use crate::response::refusal::Refusal;

pub(crate) fn run(
    ctx: &mut OperationContext<'_>,
    resource: &str,
    action: &str,
) -> Option<OperationResult> {
    Some(match (resource, action) {
        ("security_groups", "create") => group(ctx, require_present, default::create),
        ("security_groups", "update") => group(ctx, require_present_if_set, default::update),
        ("security_group_rules", "create") => create_rule(ctx),
        ("security_group_rules", "update") => update_rule(ctx),
        _ => return None,
    })
}

fn group(
    ctx: &mut OperationContext<'_>,
    named: fn(&OperationContext<'_>, &str) -> Result<(), Refusal>,
    then: fn(&mut OperationContext<'_>) -> OperationResult,
) -> OperationResult {
    named(ctx, "name")?;
    require_existing(
        ctx,
        "associations",
        &["VirtualMachine", "VirtualMachineGroup", "Tag"],
    )?;
    then(ctx)
}

/// Returns a rule as stored, or its validation errors. An empty string is stored as `null`.
fn validate_rule(mut rule: Map<String, Value>) -> Result<Map<String, Value>, Vec<String>> {
    let mut errors = Vec::new();
    for field in ["direction", "protocol"] {
        if rule.get(field).is_none_or(Value::is_null) {
            errors.push(format!("{} can't be blank", validation::title(field)));
        }
    }
    for field in ["ports", "notes"] {
        if rule.get(field).and_then(Value::as_str) == Some("") {
            rule.insert(field.into(), Value::Null);
        }
    }
    let ports = rule.get("ports").and_then(Value::as_str);
    if ports.is_some() && rule.get("protocol") == Some(&json!("ICMP")) {
        errors.push("Ports cannot be set with ICMP".to_owned());
    } else if ports.is_some_and(|ports| !ports.split(',').all(is_port_range)) {
        errors.push("Ports is invalid".to_owned());
    }
    if errors.is_empty() {
        Ok(rule)
    } else {
        Err(errors)
    }
}

/// Returns `true` for a port or a range: `80-90`.
fn is_port_range(text: &str) -> bool {
    text.split('-').count() <= 2
        && text
            .split('-')
            .all(|port| port.trim().parse::<u16>().is_ok_and(|port| port > 0))
}

fn create_rule(ctx: &mut OperationContext<'_>) -> OperationResult {
    let mut rule =
        validate_rule(ctx.requested_fields()).map_err(|errors| Refusal::validation(&errors))?;
    for (name, value) in [("action", json!("allow")), ("targets", json!([]))] {
        if rule.get(name).is_none_or(Value::is_null) {
            rule.insert(name.into(), value);
        }
    }
    let group = ctx.object("security_group");
    rule.insert("security_group".into(), json!(ctx.text("security_group")));
    rule.insert(
        "organization".into(),
        json!(group.map(|group| group.text("organization").to_owned())),
    );
    let id = ctx.world.create("SecurityGroupRule", rule);
    Ok(ctx.rendered(&id))
}

fn update_rule(ctx: &mut OperationContext<'_>) -> OperationResult {
    let old = ctx.require_object("security_group_rule")?;
    // A rule is validated as a whole: ports may be invalid for a new protocol.
    let mut rule = old.fields.clone();
    rule.extend(ctx.requested_fields());
    for (field, value) in validate_rule(rule).map_err(|errors| Refusal::validation(&errors))? {
        ctx.world.set(&old.id, &field, value);
    }
    Ok(ctx.rendered(&old.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_has_ports_only_if_its_protocol_has_them() {
        let cases = [
            (
                json!({"direction": "inbound", "protocol": "TCP", "ports": "22,80-90"}),
                true,
            ),
            (
                json!({"direction": "inbound", "protocol": "ICMP", "ports": ""}),
                true,
            ),
            (
                json!({"direction": "inbound", "protocol": "ICMP", "ports": "22"}),
                false,
            ),
            (
                json!({"direction": "inbound", "protocol": "UDP", "ports": "many"}),
                false,
            ),
            (json!({"protocol": "TCP"}), false),
        ];
        for (rule, taken) in cases {
            assert_eq!(
                validate_rule(rule.as_object().cloned().unwrap()).is_ok(),
                taken,
                "{rule}"
            );
        }
    }
}
