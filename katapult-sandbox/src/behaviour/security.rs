//! Security groups and their rules.

use serde_json::{Map, Value, json};

use super::file_storage::associated;
use super::{present, present_if_set};
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};

pub(crate) fn run(call: &mut Call<'_>, resource: &str, action: &str) -> Option<Outcome> {
    Some(match (resource, action) {
        ("security_groups", "create") => group(call, present, generic::create),
        ("security_groups", "update") => group(call, present_if_set, generic::update),
        ("security_group_rules", "create") => create_rule(call),
        ("security_group_rules", "update") => update_rule(call),
        _ => return None,
    })
}

fn group(
    call: &mut Call<'_>,
    named: fn(&Call<'_>, &str) -> Result<(), Refusal>,
    then: fn(&mut Call<'_>) -> Outcome,
) -> Outcome {
    named(call, "name")?;
    associated(
        call,
        "associations",
        &["VirtualMachine", "VirtualMachineGroup", "Tag"],
    )?;
    then(call)
}

/// A rule as it is kept, or what is wrong with it. An empty text is none.
fn judge(mut rule: Map<String, Value>) -> Result<Map<String, Value>, Vec<String>> {
    let mut errors = Vec::new();
    for field in ["direction", "protocol"] {
        if rule.get(field).is_none_or(Value::is_null) {
            errors.push(format!("{} can't be blank", super::title(field)));
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
    } else if let Some(ports) = ports
        && !ports.split(',').all(is_range)
    {
        errors.push("Ports is invalid".to_owned());
    }
    if errors.is_empty() {
        Ok(rule)
    } else {
        Err(errors)
    }
}

/// Whether a text is a port, or two with a hyphen between.
fn is_range(text: &str) -> bool {
    text.split('-').count() <= 2
        && text
            .split('-')
            .all(|port| port.trim().parse::<u16>().is_ok_and(|port| port > 0))
}

fn create_rule(call: &mut Call<'_>) -> Outcome {
    let mut rule = judge(call.wanted()).map_err(|errors| Refusal::validation(&errors))?;
    for (name, value) in [("action", json!("allow")), ("targets", json!([]))] {
        if rule.get(name).is_none_or(Value::is_null) {
            rule.insert(name.into(), value);
        }
    }
    let group = call.named("security_group");
    rule.insert("security_group".into(), json!(call.text("security_group")));
    rule.insert(
        "organization".into(),
        json!(group.map(|group| group.text("organization").to_owned())),
    );
    let id = call.world.create("SecurityGroupRule", rule);
    Ok(call.shown(&id))
}

fn update_rule(call: &mut Call<'_>) -> Outcome {
    let Some(old) = call.named("security_group_rule") else {
        return Ok(Parts::new());
    };
    let mut rule = old.fields.clone();
    rule.extend(call.wanted());
    for (field, value) in judge(rule).map_err(|errors| Refusal::validation(&errors))? {
        call.world.set(&old.id, &field, value);
    }
    Ok(call.shown(&old.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_ports_that_its_protocol_knows() {
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
                judge(rule.as_object().cloned().unwrap()).is_ok(),
                taken,
                "{rule}"
            );
        }
    }
}
