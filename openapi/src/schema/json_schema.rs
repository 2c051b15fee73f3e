//! Schemas as JSON Schema.
//!
//! OpenAPI 3.0 has a dialect of its own: `nullable` next to a type, or next to an `allOf` of one
//! reference. Libraries that validate need the standard.

use serde_json::{Map, Value, json};

use super::{COMPONENTS, resolve};

/// Converts a schema of the document `root`, with everything to which it refers.
pub(crate) fn to_json_schema(root: &Value, schema: &Value) -> Value {
    let mut bundle = Bundle {
        root,
        definitions: Map::new(),
    };
    let mut converted = bundle.convert(schema);
    if let Value::Object(fields) = &mut converted {
        fields.insert("$defs".into(), Value::Object(bundle.definitions));
    }
    converted
}

struct Bundle<'a> {
    root: &'a Value,
    definitions: Map<String, Value>,
}

impl Bundle<'_> {
    fn convert(&mut self, node: &Value) -> Value {
        let converted = self.without_null(node);
        if node.get("nullable") == Some(&Value::Bool(true)) {
            // Not `anyOf`: validators report the errors of the value itself only without a choice.
            return json!({"if": {"type": "null"}, "else": converted});
        }
        converted
    }

    fn without_null(&mut self, node: &Value) -> Value {
        if let Some(name) = node.get("$ref").and_then(Value::as_str) {
            return self.reference(name);
        }
        if let Some(Value::Array(parts)) = node.get("allOf") {
            let parts: Vec<_> = parts.iter().map(|part| self.convert(part)).collect();
            return json!({ "allOf": parts });
        }
        if let Some(Value::Object(kinds)) = node.get("x-katapult-polymorph") {
            let kinds = kinds.iter().map(|(tag, value)| self.variant(tag, value));
            return json!({ "oneOf": kinds.collect::<Vec<_>>() });
        }
        let mut converted = Map::new();
        for (key, value) in node.as_object().into_iter().flatten() {
            let value = match (key.as_str(), value) {
                ("type" | "enum" | "required" | "additionalProperties", value) => value.clone(),
                ("items", value) => self.convert(value),
                ("oneOf", Value::Array(choices)) => {
                    choices.iter().map(|choice| self.convert(choice)).collect()
                }
                ("properties", Value::Object(properties)) => {
                    let properties = properties
                        .iter()
                        .map(|(name, node)| (name.clone(), self.convert(node)));
                    Value::Object(properties.collect())
                }
                _ => continue,
            };
            converted.insert(key.clone(), value);
        }
        if converted.contains_key("properties") {
            converted
                .entry("additionalProperties")
                .or_insert(json!(false));
        }
        Value::Object(converted)
    }

    fn variant(&mut self, tag: &str, value: &Value) -> Value {
        json!({
            "type": "object",
            "properties": {"type": {"const": tag}, "value": self.convert(value)},
            "required": ["type", "value"],
            "additionalProperties": false,
        })
    }

    fn reference(&mut self, target: &str) -> Value {
        let name = target.strip_prefix(COMPONENTS).unwrap_or(target);
        if !self.definitions.contains_key(name) {
            // Reserved before the conversion, or a schema that refers to itself would not end.
            self.definitions.insert(name.to_owned(), Value::Null);
            let node = resolve(self.root, target);
            let converted = node.map_or(json!(true), |node| self.convert(node));
            self.definitions.insert(name.to_owned(), converted);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converted_schema_accepts_the_values_of_the_document() {
        let root = json!({"components": {"schemas": {
            "Color": {"type": "string", "enum": ["red", "blue"]},
            "Tree": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"},
                "color": {"allOf": [{"$ref": "#/components/schemas/Color"}], "nullable": true},
                "size": {"type": "integer", "nullable": true},
                "inner": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            }},
            "Any": {"type": "object", "x-katapult-polymorph": {"Tree": {"$ref": "#/components/schemas/Tree"}}},
        }}});
        let cases = [
            ("Tree", json!({"id": "a"}), true),
            (
                "Tree",
                json!({"id": "a", "color": null, "size": null}),
                true,
            ),
            (
                "Tree",
                json!({"id": "a", "color": "red", "inner": [{"id": "b"}]}),
                true,
            ),
            ("Tree", json!({"id": "a", "color": "green"}), false),
            ("Tree", json!({"id": "a", "size": "1"}), false),
            ("Tree", json!({"id": null}), false),
            ("Tree", json!({}), false),
            ("Tree", json!({"id": "a", "more": 1}), false),
            ("Tree", json!({"id": "a", "inner": [{"more": 1}]}), false),
            ("Any", json!({"type": "Tree", "value": {"id": "a"}}), true),
            ("Any", json!({"type": "Bush", "value": {"id": "a"}}), false),
            ("Any", json!({"type": "Tree", "value": {}}), false),
        ];
        for (name, value, expected) in cases {
            let schema = json!({"$ref": format!("{COMPONENTS}{name}")});
            let schema = to_json_schema(&root, &schema);
            let valid = jsonschema::validator_for(&schema).unwrap().is_valid(&value);
            assert_eq!(valid, expected, "{name} {value}");
        }
    }
}
