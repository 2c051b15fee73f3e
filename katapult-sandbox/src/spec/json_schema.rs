//! The documents' schemas as JSON Schema, for the library that judges by them. OpenAPI 3.0 has a
//! dialect of its own: `nullable` beside a type, or beside an `allOf` of one reference.

use serde_json::{Map, Value, json};

/// Where components stand in a document.
const COMPONENTS: &str = "#/components/schemas/";

/// A schema of the document `root` as a JSON Schema of its own, with all that it refers to.
///
/// An object that names its fields takes no others; a polymorph is `{"type": …, "value": …}`, with
/// the value that its type has.
pub fn json_schema(root: &Value, schema: &Value) -> Value {
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
            // Not `anyOf`: so the library's errors are those of the value itself.
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
            let kinds = kinds.iter().map(|(kind, value)| self.kind(kind, value));
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

    fn kind(&mut self, kind: &str, value: &Value) -> Value {
        json!({
            "type": "object",
            "properties": {"type": {"const": kind}, "value": self.convert(value)},
            "required": ["type", "value"],
            "additionalProperties": false,
        })
    }

    fn reference(&mut self, target: &str) -> Value {
        let name = target.strip_prefix(COMPONENTS).unwrap_or(target);
        if !self.definitions.contains_key(name) {
            // Held free, for what refers to itself.
            self.definitions.insert(name.to_owned(), Value::Null);
            let pointer = target.strip_prefix('#');
            let node = pointer.and_then(|pointer| self.root.pointer(pointer));
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
    fn values_are_judged_as_the_document_means_them() {
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
            let schema = json_schema(&root, &schema);
            let judged = jsonschema::validator_for(&schema).unwrap().is_valid(&value);
            assert_eq!(judged, expected, "{name} {value}");
        }
    }
}
