//! DNS zones and records.

use serde_json::{Map, Value, json};

use super::default;
use super::validation::{require_present, require_present_if_set, require_unused_name};
use crate::response::context::{OperationContext, OperationResult, ResponseFields};
use crate::response::refusal::Refusal;

/// The least TTL that the API accepts, in seconds.
const MIN_TTL: i64 = 60;

/// The data of the SOA record of each zone: the API manages it, so it has no attributes.
const SOA: &str = "ns1.katapult.example. hostmaster.katapult.example. 1 7200 3600 1209600 60";

/// The statuses of a redirect.
const REDIRECT_STATUSES: [&str; 4] = ["301", "302", "307", "308"];

pub(crate) fn run(
    ctx: &mut OperationContext<'_>,
    resource: &str,
    action: &str,
) -> Option<OperationResult> {
    Some(match (resource, action) {
        ("dns_zones", "create") => create_zone(ctx),
        ("dns_zones", "update") => update_zone(ctx),
        ("dns_zones", "verify") => verify(ctx),
        ("dns_zones", "nameservers") => Ok(nameservers()),
        ("dns_records", "create") => create_record(ctx),
        ("dns_records", "update") => update_record(ctx),
        _ => return None,
    })
}

fn nameservers() -> ResponseFields {
    let mut response = ResponseFields::new();
    response.insert(
        "nameservers".into(),
        json!(["ns1.katapult.example", "ns2.katapult.example"]),
    );
    response
}

fn create_zone(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present(ctx, "name")?;
    let mut fields = default::new_fields(ctx);
    let name = fields
        .get("name")
        .and_then(Value::as_str)
        // Names of zones are compared without case.
        .unwrap_or_default()
        .to_lowercase();
    require_unused_name(ctx, "DnsZone", &name, "")?;
    fields.insert("name".into(), json!(name));
    fields.insert("verified".into(), json!(false));
    if fields.get("default_ttl").is_none_or(Value::is_null) {
        fields.insert("default_ttl".into(), json!(3600));
    }
    let organization = fields.get("organization").cloned().unwrap_or_default();
    let id = ctx.world.create("DnsZone", fields);
    let record = json!({
        "dns_zone": id, "organization": organization, "type": "SOA",
        "content": SOA, "content_attributes": {},
    });
    if let Value::Object(record) = record {
        ctx.world.create("DnsRecord", record);
    }
    Ok(ctx.rendered(&id))
}

fn update_zone(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present_if_set(ctx, "name")?;
    let mut requested = ctx.requested_fields();
    if let Some(Value::String(name)) = requested.get_mut("name") {
        *name = name.to_lowercase();
        require_unused_name(ctx, "DnsZone", name, &ctx.text("dns_zone"))?;
    }
    ctx.arguments
        .insert("properties".into(), Value::Object(requested));
    default::update(ctx)
}

fn verify(ctx: &mut OperationContext<'_>) -> OperationResult {
    let zone = ctx.text("dns_zone");
    ctx.world.set(&zone, "verified", true);
    Ok(ctx.rendered(&zone))
}

/// Returns `true` for the null host, too: the API has no null MX and no unavailable service.
fn is_no_host(name: &str) -> bool {
    matches!(name, "" | ".")
}

/// Returns the validation errors of a record.
fn validation_errors(fields: &Map<String, Value>) -> Vec<String> {
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
        "CNAME" | "MX" | "NS" | "ALIAS" | "PTR" => is_no_host(text("hostname")),
        "SRV" => is_no_host(text("target")) || text("port") == "0",
        "HTTPRedirect" => {
            let url = text("url");
            let is_web = url.starts_with("http://") || url.starts_with("https://");
            !is_web || !REDIRECT_STATUSES.contains(&text("http_status"))
        }
        _ => false,
    };
    if bad {
        errors.push(format!("Content is not valid for {kind}"));
    }
    if fields
        .get("ttl")
        .and_then(Value::as_i64)
        .is_some_and(|ttl| ttl < MIN_TTL)
    {
        errors.push(format!("TTL must be at least {MIN_TTL}"));
    }
    errors
}

/// Returns a record's fields as stored: the content by its type, and as one text.
fn stored_record(mut requested: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    if let Some(content) = requested.remove("content") {
        requested.insert("content_attributes".into(), content);
    }
    // A record at the zone's own name has none, however the request writes it.
    let own = requested
        .get_mut("name")
        .filter(|name| **name == "@" || **name == "");
    if let Some(name) = own {
        *name = Value::Null;
    }
    let errors = validation_errors(&requested);
    if !errors.is_empty() {
        return Err(Refusal::validation(&errors));
    }
    let kind = requested
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let content = requested
        .get("content_attributes")
        .and_then(|content| content.get(&kind))
        .cloned()
        .unwrap_or_default();
    let texts = content
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_str().map(str::to_owned));
    let texts: Vec<_> = texts.collect();
    requested.insert("content".into(), json!(texts.join(" ")));
    requested.insert("content_attributes".into(), json!({kind: content}));
    Ok(requested)
}

fn create_record(ctx: &mut OperationContext<'_>) -> OperationResult {
    let mut fields = stored_record(ctx.requested_fields())?;
    let zone = ctx.object("dns_zone");
    fields.insert("dns_zone".into(), json!(ctx.text("dns_zone")));
    fields.insert(
        "organization".into(),
        json!(zone.map(|zone| zone.text("organization").to_owned())),
    );
    let id = ctx.world.create("DnsRecord", fields);
    Ok(ctx.rendered(&id))
}

fn update_record(ctx: &mut OperationContext<'_>) -> OperationResult {
    let old = ctx.require_object("dns_record")?;
    let mut requested = old.fields.clone();
    // The stored content is a text; requests have it by type.
    requested.remove("content");
    requested.extend(ctx.requested_fields());
    if requested.get("content") == Some(&Value::Null) {
        requested.remove("content");
    }
    for (field, value) in stored_record(requested)? {
        ctx.world.set(&old.id, &field, value);
    }
    Ok(ctx.rendered(&old.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_at_the_name_of_its_zone_has_no_name() {
        let cases = [("@", Value::Null), ("", Value::Null), ("www", json!("www"))];
        for (name, expected) in cases {
            let content = json!({"A": {"ip_address": "192.0.2.1"}});
            let fields = json!({"name": name, "type": "A", "content": content});
            let stored = stored_record(fields.as_object().unwrap().clone()).unwrap();
            assert_eq!(stored["name"], expected, "{name}");
        }
    }

    #[test]
    fn record_needs_the_content_of_its_type() {
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
            (
                json!({"type": "MX", "content_attributes": {"MX": {"hostname": "."}}}),
                1,
            ),
            (
                json!({"type": "SRV", "content_attributes": {"SRV": {"port": "0", "target": "a.example"}}}),
                1,
            ),
            (
                json!({"type": "SRV", "content_attributes": {"SRV": {"port": "1", "target": "a.example"}}}),
                0,
            ),
            (
                json!({"type": "HTTPRedirect", "content_attributes": {"HTTPRedirect": {"http_status": "303", "url": "https://a.example"}}}),
                1,
            ),
            (
                json!({"type": "HTTPRedirect", "content_attributes": {"HTTPRedirect": {"http_status": "301", "url": "https://a.example"}}}),
                0,
            ),
            (json!({}), 1),
        ];
        for (fields, errors) in cases {
            assert_eq!(
                validation_errors(fields.as_object().unwrap()).len(),
                errors,
                "{fields}"
            );
        }
    }
}
