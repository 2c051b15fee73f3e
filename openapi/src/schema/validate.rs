//! The form that schemas of a canonical document have.

use serde_json::Value;

use super::{COMPONENTS, SchemaType};

/// Refuses a schema with a keyword, type or reference that canonical documents do not have.
pub(crate) fn validate(root: &Value, schema: &Value) -> Result<(), String> {
    let fields = schema
        .as_object()
        .ok_or_else(|| format!("{schema} is not a schema"))?;
    for (key, value) in fields {
        let inner: Vec<&Value> = match (key.as_str(), value) {
            ("$ref", Value::String(reference)) if is_component(root, reference) => continue,
            ("type", Value::String(name)) if SchemaType::from_name(name).is_some() => continue,
            ("$ref" | "type", _) => return Err(format!("`{key}` is {value}, which is not known")),
            ("items", value) => vec![value],
            ("properties" | "x-katapult-polymorph", Value::Object(fields)) => {
                fields.values().collect()
            }
            ("allOf" | "oneOf", Value::Array(parts)) => parts.iter().collect(),
            ("properties" | "x-katapult-polymorph" | "allOf" | "oneOf", _) => {
                return Err(format!("`{key}` is {value}"));
            }
            _ => continue,
        };
        for inner in inner {
            validate(root, inner).map_err(|fault| format!("in `{key}`: {fault}"))?;
        }
    }
    Ok(())
}

fn is_component(root: &Value, reference: &str) -> bool {
    reference
        .strip_prefix(COMPONENTS)
        .is_some_and(|name| root["components"]["schemas"].get(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn faulty_schema_is_refused_with_its_place() {
        let root = json!({"components": {"schemas": {"Task": {}}}});
        let cases = [
            (json!({"$ref": "#/components/schemas/Task"}), None),
            (json!({"type": "array", "items": {"type": "string"}}), None),
            (json!(true), Some("true is not a schema")),
            (
                json!({"type": "file"}),
                Some("`type` is \"file\", which is not known"),
            ),
            (
                json!({"properties": {"a": {"$ref": "#/components/schemas/Moon"}}}),
                Some("in `properties`: `$ref` is"),
            ),
            (
                json!({"items": [1]}),
                Some("in `items`: [1] is not a schema"),
            ),
            (json!({"oneOf": {}}), Some("`oneOf` is {}")),
        ];
        for (schema, expected) in cases {
            let found = validate(&root, &schema).err();
            match (&found, expected) {
                (None, None) => {}
                (Some(found), Some(expected)) if found.starts_with(expected) => {}
                _ => panic!("{schema}: {found:?}, expected {expected:?}"),
            }
        }
    }
}
