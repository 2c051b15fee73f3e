//! The document's schemas as JSON Schema, as the types accept values: enumerations are open, and
//! unknown fields are ignored.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::generate::progenitor::input::{SECRET, TIMESTAMP, value_type_of};
use crate::naming::inflect::is_plural;
use crate::spec::{NULLABLE_ID, VALUES, component_of};

/// Returns the JSON Schema of a schema. `{"$ref": "Lamp"}` refers to another type.
pub(crate) fn json_schema(schema: &Value) -> Value {
    let converted = without_null(schema);
    match schema["nullable"] == true {
        true => or_null(converted),
        false => converted,
    }
}

/// Returns the JSON Schema of a response, whose type accepts more than the document says.
pub(crate) fn response_schema(schema: &Value) -> Value {
    let mut converted = json_schema(schema);
    let lists: Vec<String> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        // Of such a list, the document does not say whether it is one: see `one_or_many`.
        .filter(|(name, field)| field["type"] == "array" && !is_plural(name))
        .map(|(name, _)| name.clone())
        .collect();
    for name in lists {
        let list = converted["properties"][&name].clone();
        let either = json!({ "anyOf": [list, list["items"]] });
        converted["properties"][&name] = either.clone();
        converted["properties"][format!("{name}s")] = either;
        unrequire(&mut converted, &name);
    }
    if let Some((missing, twin)) = twin(&converted) {
        unrequire(&mut converted, &missing);
        converted["anyOf"] = json!([{ "required": [missing] }, { "required": [twin] }]);
    }
    converted
}

fn or_null(mut schema: Value) -> Value {
    match schema.get("type") {
        Some(Value::String(name)) => {
            schema["type"] = json!([name, "null"]);
            schema
        }
        _ if schema.as_object().is_some_and(Map::is_empty) => schema,
        _ => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

fn without_null(schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return json!({ "$ref": component_of(reference) });
    }
    if let Some(only) = schema["allOf"].get(0) {
        return json_schema(only);
    }
    if let Some(values) = schema.get("enum") {
        return json!({ "anyOf": [{ "type": "string", "enum": values }, { "type": "string" }] });
    }
    let mut converted = Map::new();
    for key in ["type", "format"] {
        if let Some(value) = schema.get(key) {
            converted.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(items) = schema.get("items") {
        converted.insert("items".to_owned(), json_schema(items));
    }
    if let Some(properties) = schema["properties"].as_object() {
        let names: BTreeSet<String> = properties.keys().cloned().collect();
        let property =
            |(name, field): (&String, &Value)| (name.clone(), field_schema(name, field, &names));
        let mut converted_properties: Map<_, _> = properties.iter().map(property).collect();
        if schema[NULLABLE_ID] == true
            && let Some(id) = converted_properties.get_mut("id")
        {
            *id = or_null(id.take());
        }
        converted.insert("properties".to_owned(), Value::Object(converted_properties));
    }
    // Unknown fields are ignored, so `false` does not apply; a schema is that of a map's values.
    if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
        converted.insert("additionalProperties".to_owned(), json_schema(values));
    }
    if let Some(required) = schema["required"]
        .as_array()
        .filter(|names| !names.is_empty())
    {
        converted.insert("required".to_owned(), json!(required));
    }
    Value::Object(converted)
}

/// Returns the schema of a field, which may have a type of katapult-gen by its name.
fn field_schema(name: &str, field: &Value, siblings: &BTreeSet<String>) -> Value {
    let mut schema = json_schema(field);
    describe_values(name, field, siblings, &mut schema);
    schema
}

/// Describes a field, or the values of a list or map, that has a type of katapult-gen.
fn describe_values(name: &str, field: &Value, siblings: &BTreeSet<String>, schema: &mut Value) {
    match value_type_of(name, field, siblings) {
        Some(SECRET) => schema["format"] = json!("password"),
        Some(TIMESTAMP) => schema["description"] = json!("Seconds since the Unix epoch."),
        _ => {
            for values in VALUES {
                if field[values].is_object() {
                    describe_values(name, &field[values], siblings, &mut schema[values]);
                }
            }
        }
    }
}

fn unrequire(schema: &mut Value, name: &str) {
    let Some(required) = schema["required"].as_array_mut() else {
        return;
    };
    required.retain(|required| required != name);
    if required.is_empty()
        && let Some(fields) = schema.as_object_mut()
    {
        fields.remove("required");
    }
}

/// Returns the only required field, and an optional one that has the same object under a shorter
/// name, as deserialization accepts it.
fn twin(schema: &Value) -> Option<(String, String)> {
    let [Value::String(missing)] = schema["required"].as_array()?.as_slice() else {
        return None;
    };
    let properties = schema["properties"].as_object()?;
    let object = properties.get(missing)?;
    object.get("$ref")?;
    let is_twin = |name: &String, field: &Value| {
        (field == object || field["anyOf"][0] == *object) && missing.ends_with(&format!("_{name}"))
    };
    let (twin, _) = properties
        .iter()
        .find(|(name, field)| is_twin(name, field))?;
    Some((missing.clone(), twin.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_the_document_are_kept() {
        let lamp = json!({ "$ref": "#/components/schemas/Lamp" });
        for (schema, expected) in [
            (json!({ "type": "string" }), json!({ "type": "string" })),
            (
                json!({ "type": "integer", "format": "int64", "nullable": true }),
                json!({ "type": ["integer", "null"], "format": "int64" }),
            ),
            (lamp.clone(), json!({ "$ref": "Lamp" })),
            (
                json!({ "allOf": [lamp], "nullable": true }),
                json!({ "anyOf": [{ "$ref": "Lamp" }, { "type": "null" }] }),
            ),
            (json!({ "nullable": true }), json!({})),
            (
                json!({ "type": "array", "items": lamp, "nullable": true }),
                json!({ "type": ["array", "null"], "items": { "$ref": "Lamp" } }),
            ),
            (
                json!({ "type": "string", "enum": ["red"] }),
                json!({ "anyOf": [{ "type": "string", "enum": ["red"] }, { "type": "string" }] }),
            ),
            (
                json!({ "type": "object", "additionalProperties": false, "properties": {} }),
                json!({ "type": "object", "properties": {} }),
            ),
            (
                json!({ "type": "object", "x-nullable-id": true, "properties": { "id": { "type": "string" } } }),
                json!({ "type": "object", "properties": { "id": { "type": ["string", "null"] } } }),
            ),
        ] {
            assert_eq!(json_schema(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn secrets_and_times_have_their_formats() {
        let schema = json_schema(
            &json!({ "type": "object", "required": ["password"], "properties": {
                "password": { "type": "string", "nullable": true },
                "lit_at": { "type": "integer" },
            }}),
        );
        let fields = &schema["properties"];
        let password = json!({ "type": ["string", "null"], "format": "password" });
        assert_eq!(fields["password"], password);
        assert_eq!(
            fields["lit_at"]["description"],
            "Seconds since the Unix epoch."
        );
        assert_eq!(schema["required"], json!(["password"]));
    }

    #[test]
    fn response_accepts_what_its_type_accepts() {
        let item = json!({ "$ref": "#/components/schemas/Lamp" });
        let list = json!({ "type": "array", "items": item });
        let one_or_many = response_schema(
            &json!({ "type": "object", "properties": { "lamp": list }, "required": ["lamp"] }),
        );
        let read = json!({ "type": "array", "items": { "$ref": "Lamp" } });
        let either = json!({ "anyOf": [read, { "$ref": "Lamp" }] });
        let expected =
            json!({ "type": "object", "properties": { "lamp": either, "lamps": either } });
        assert_eq!(one_or_many, expected);

        let twins = response_schema(&json!({
            "type": "object",
            "properties": { "desk_lamp": item, "lamp": item },
            "required": ["desk_lamp"],
        }));
        let either = json!([{ "required": ["desk_lamp"] }, { "required": ["lamp"] }]);
        assert_eq!(twins["anyOf"], either);
        assert_eq!(twins.get("required"), None);
    }
}
