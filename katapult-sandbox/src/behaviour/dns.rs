//! DNS zones and records.

use serde_json::{Map, Value, json};

use super::{present, present_if_set, unused};
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};

/// The least a record can live.
const LEAST_TTL: i64 = 60;

pub(crate) fn run(call: &mut Call<'_>, resource: &str, action: &str) -> Option<Outcome> {
    Some(match (resource, action) {
        ("dns_zones", "create") => create_zone(call),
        ("dns_zones", "update") => update_zone(call),
        ("dns_zones", "verify") => verify(call),
        ("dns_zones", "nameservers") => Ok(nameservers()),
        ("dns_records", "create") => create_record(call),
        ("dns_records", "update") => update_record(call),
        _ => return None,
    })
}

fn nameservers() -> Parts {
    let mut parts = Parts::new();
    parts.insert(
        "nameservers".into(),
        json!(["ns1.katapult.example", "ns2.katapult.example"]),
    );
    parts
}

fn create_zone(call: &mut Call<'_>) -> Outcome {
    present(call, "name")?;
    let mut fields = generic::new_fields(call);
    let name = fields
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_lowercase();
    unused(call, "DnsZone", &name, "")?;
    fields.insert("name".into(), json!(name));
    fields.insert("verified".into(), json!(false));
    if fields.get("default_ttl").is_none_or(Value::is_null) {
        fields.insert("default_ttl".into(), json!(3600));
    }
    let id = call.world.create("DnsZone", fields);
    Ok(call.shown(&id))
}

fn update_zone(call: &mut Call<'_>) -> Outcome {
    present_if_set(call, "name")?;
    let mut wanted = call.wanted();
    if let Some(Value::String(name)) = wanted.get_mut("name") {
        *name = name.to_lowercase();
        unused(call, "DnsZone", name, &call.text("dns_zone"))?;
    }
    call.arguments
        .insert("properties".into(), Value::Object(wanted));
    generic::update(call)
}

fn verify(call: &mut Call<'_>) -> Outcome {
    let zone = call.text("dns_zone");
    call.world.set(&zone, "verified", true);
    Ok(call.shown(&zone))
}

/// What is wrong with a record.
fn judge(fields: &Map<String, Value>) -> Vec<String> {
    let mut errors = Vec::new();
    let kind = fields
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let content = fields
        .get("content_attributes")
        .and_then(|content| content.get(kind))
        .filter(|content| !content.is_null());
    if kind.is_empty() {
        errors.push("Type can't be blank".to_owned());
    } else if content.is_none() && kind != "SOA" {
        errors.push(format!("Content for {kind} can't be blank"));
    }
    let text = |name: &str| {
        content
            .and_then(|content| content.get(name))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let bad = match kind {
        "A" => text("ip_address").parse::<std::net::Ipv4Addr>().is_err(),
        "AAAA" => text("ip_address").parse::<std::net::Ipv6Addr>().is_err(),
        "CNAME" | "MX" | "NS" | "ALIAS" | "PTR" => text("hostname").is_empty(),
        _ => false,
    };
    if bad {
        errors.push(format!("Content is not valid for {kind}"));
    }
    if fields
        .get("ttl")
        .and_then(Value::as_i64)
        .is_some_and(|ttl| ttl < LEAST_TTL)
    {
        errors.push(format!("TTL must be at least {LEAST_TTL}"));
    }
    errors
}

/// A record's fields as they are kept: its content in the words of its type, and as one text.
fn record(mut wanted: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    if let Some(content) = wanted.remove("content") {
        wanted.insert("content_attributes".into(), content);
    }
    let errors = judge(&wanted);
    if !errors.is_empty() {
        return Err(Refusal::validation(&errors));
    }
    let kind = wanted
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let content = wanted
        .get("content_attributes")
        .and_then(|content| content.get(&kind))
        .cloned()
        .unwrap_or_default();
    let words = content
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_str().map(str::to_owned));
    let words: Vec<_> = words.collect();
    wanted.insert("content".into(), json!(words.join(" ")));
    wanted.insert("content_attributes".into(), json!({kind: content}));
    Ok(wanted)
}

fn create_record(call: &mut Call<'_>) -> Outcome {
    let mut fields = record(call.wanted())?;
    let zone = call.named("dns_zone");
    fields.insert("dns_zone".into(), json!(call.text("dns_zone")));
    fields.insert(
        "organization".into(),
        json!(zone.map(|zone| zone.text("organization").to_owned())),
    );
    let id = call.world.create("DnsRecord", fields);
    Ok(call.shown(&id))
}

fn update_record(call: &mut Call<'_>) -> Outcome {
    let Some(old) = call.named("dns_record") else {
        return Ok(Parts::new());
    };
    let mut wanted = old.fields.clone();
    wanted.remove("content");
    wanted.extend(call.wanted());
    if wanted.get("content") == Some(&Value::Null) {
        wanted.remove("content");
    }
    for (field, value) in record(wanted)? {
        call.world.set(&old.id, &field, value);
    }
    Ok(call.shown(&old.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_needs_what_its_type_needs() {
        let cases = [
            (
                json!({"type": "A", "content_attributes": {"A": {"ip_address": "192.0.2.1"}}}),
                0,
            ),
            (
                json!({"type": "A", "content_attributes": {"A": {"ip_address": "here"}}}),
                1,
            ),
            (
                json!({"type": "MX", "ttl": 5, "content_attributes": {"A": {}}}),
                3,
            ),
            (json!({}), 1),
        ];
        for (fields, errors) in cases {
            assert_eq!(judge(fields.as_object().unwrap()).len(), errors, "{fields}");
        }
    }
}
