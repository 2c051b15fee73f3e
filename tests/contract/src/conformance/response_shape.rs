//! The shape of a response.

use std::collections::BTreeSet;

use katapult_openapi::Schema;
use serde_json::Value;

/// Returns the fields of a value that the schema has, each with its JSON type; without a schema, all.
pub(super) fn of(schema: Option<Schema<'_>>, value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(schema, value, "", &mut found);
    found
}

fn collect(schema: Option<Schema<'_>>, value: &Value, path: &str, found: &mut BTreeSet<String>) {
    found.insert(format!("{path}: {}", kind(value)));
    match value {
        Value::Array(items) => {
            let schema = schema.and_then(Schema::items);
            for item in items {
                collect(schema, item, &format!("{path}[]"), found);
            }
        }
        Value::Object(fields) => {
            if let Some(schema) = schema.filter(|schema| schema.is_tagged_union()) {
                let kind = fields
                    .get("type")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                if let (Some(schema), Some(value)) = (schema.variant(kind), fields.get("value")) {
                    collect(Some(schema), value, &format!("{path}<{kind}>"), found);
                }
                return;
            }
            for (name, value) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                match schema {
                    None => collect(None, value, &path, found),
                    Some(schema) if !schema.has_properties() => collect(None, value, &path, found),
                    Some(schema) => {
                        if let Some(inner) = schema.property(name) {
                            collect(Some(inner), value, &path, found);
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

/// Returns the fields that only one of two shapes has.
pub(super) fn differences(recorded: &BTreeSet<String>, found: &BTreeSet<String>) -> Vec<String> {
    let missing = recorded.difference(found).map(|path| format!("-{path}"));
    let extra = found.difference(recorded).map(|path| format!("+{path}"));
    missing.chain(extra).collect()
}
