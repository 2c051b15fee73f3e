//! Merging of the components that are projections of one type.

use serde_json::{Map, Value};

/// Set in a schema whose id is null in some components, and not in others.
pub(crate) const NULLABLE_ID: &str = "x-nullable-id";

/// Adds the fields of another component of the same type. A field is required if all components require it. A
/// field whose types disagree has no constraints.
pub(super) fn merge_schemas(known: &mut Value, other: &Value) {
    let union = |key: &str| -> Vec<Value> {
        let mut all: Vec<Value> = [&*known, other]
            .iter()
            .filter_map(|schema| schema[key].as_array())
            .flatten()
            .cloned()
            .collect();
        all.sort_by_key(ToString::to_string);
        all.dedup();
        all
    };
    if known.get("enum").is_some() {
        known["enum"] = union("enum").into();
        return;
    }
    if known.get("x-katapult-lookup").is_some() {
        let keys = union("x-katapult-lookup");
        let prefixes = union("x-katapult-id-prefixes");
        known["oneOf"] = union("oneOf").into();
        if !prefixes.is_empty() {
            known["x-katapult-id-prefixes"] = prefixes.into();
        }
        known["x-katapult-lookup"] = keys.into();
        return;
    }
    let mut required = known["required"].as_array().cloned().unwrap_or_default();
    required.retain(|name| {
        other["required"]
            .as_array()
            .is_some_and(|names| names.contains(name))
    });
    let empty = Map::new();
    let mut has_nullable_id = other[NULLABLE_ID] == true;
    let others = other["properties"].as_object().unwrap_or(&empty);
    if let Some(fields) = known["properties"].as_object_mut() {
        for (name, field) in others {
            match fields.get(name) {
                None => {
                    fields.insert(name.clone(), field.clone());
                }
                Some(mine) if is_unconstrained(mine) => {
                    fields.insert(name.clone(), field.clone());
                }
                Some(mine)
                    if is_unconstrained(field)
                        || without_nullable(mine) == without_nullable(field) =>
                {
                    let nullable = is_nullable(mine) || is_nullable(field);
                    // An id that is null in some places is read like one that is absent there, so
                    // that it stays a text everywhere.
                    if name == "id" && is_nullable(mine) != is_nullable(field) {
                        let id = if is_nullable(mine) { field } else { mine };
                        let id = id.clone();
                        fields.insert(name.clone(), id);
                        has_nullable_id = true;
                        continue;
                    }
                    if nullable && !is_nullable(mine) {
                        fields.insert(
                            name.clone(),
                            if is_nullable(field) {
                                field.clone()
                            } else {
                                mine.clone()
                            },
                        );
                    }
                }
                Some(_) => {
                    fields.insert(name.clone(), Value::Object(Map::new()));
                }
            }
        }
    }
    if has_nullable_id {
        known[NULLABLE_ID] = true.into();
    }
    if required.is_empty() {
        known
            .as_object_mut()
            .map(|schema| schema.remove("required"));
    } else {
        known["required"] = required.into();
    }
}

fn is_unconstrained(schema: &Value) -> bool {
    schema
        .as_object()
        .is_some_and(|fields| fields.keys().all(|key| key == "nullable"))
}

fn is_nullable(schema: &Value) -> bool {
    schema["nullable"].as_bool().unwrap_or(false)
}

/// Returns the schema without its nullability.
fn without_nullable(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("nullable");
        if fields.len() == 1
            && let Some([inner]) = fields
                .get("allOf")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
        {
            return inner.clone();
        }
    }
    schema
}
