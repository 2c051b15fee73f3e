//! The shape of a reply.

use std::collections::BTreeSet;

use katapult_openapi::Schema;
use serde_json::Value;

/// The fields of a value that the schema knows, each with its type; all of them without a schema.
pub(super) fn of(schema: Option<Schema<'_>>, value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(schema, value, "", &mut found);
    found
}

fn collect(schema: Option<Schema<'_>>, value: &Value, place: &str, found: &mut BTreeSet<String>) {
    found.insert(format!("{place}: {}", kind(value)));
    match value {
        Value::Array(items) => {
            let schema = schema.and_then(Schema::items);
            for item in items {
                collect(schema, item, &format!("{place}[]"), found);
            }
        }
        Value::Object(fields) => {
            if let Some(schema) = schema.filter(|schema| schema.is_tagged_union()) {
                let kind = fields
                    .get("type")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                if let (Some(schema), Some(value)) = (schema.variant(kind), fields.get("value")) {
                    collect(Some(schema), value, &format!("{place}<{kind}>"), found);
                }
                return;
            }
            for (name, value) in fields {
                let place = if place.is_empty() {
                    name.clone()
                } else {
                    format!("{place}.{name}")
                };
                match schema {
                    None => collect(None, value, &place, found),
                    Some(schema) if !schema.has_properties() => collect(None, value, &place, found),
                    Some(schema) => {
                        if let Some(inner) = schema.property(name) {
                            collect(Some(inner), value, &place, found);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What only one of two shapes has.
pub(super) fn differences(recorded: &BTreeSet<String>, found: &BTreeSet<String>) -> Vec<String> {
    let missing = recorded.difference(found).map(|place| format!("-{place}"));
    let extra = found.difference(recorded).map(|place| format!("+{place}"));
    missing.chain(extra).collect()
}
