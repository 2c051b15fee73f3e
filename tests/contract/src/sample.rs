//! The least that an operation takes, made from its schema: a value with which it can be called
//! when only its response matters; and the least that it answers, for when that doesn't.

use katapult_openapi::{Operation, Schema, SchemaType};
use serde_json::{Map, Value, json};

/// How deep required objects may nest before a schema is taken for a loop.
const MAX_DEPTH: usize = 12;

/// The arguments of an operation as its JSON form has them: each required query parameter by its
/// name, and the `body`.
pub fn arguments(operation: &Operation) -> Value {
    let mut arguments = Map::new();
    for parameter in operation
        .parameters
        .iter()
        .filter(|parameter| parameter.required)
    {
        if let Some(schema) = operation.parameter(&parameter.name) {
            arguments.insert(parameter.name.clone(), value(schema, 0));
        }
    }
    if let Some(body) = operation.request_body() {
        arguments.insert("body".into(), value(body, 0));
    }
    Value::Object(arguments)
}

/// The least that an operation answers; `null` when that is text and not JSON. The document requires no id of
/// an object, and yet each at the top of a response has one, where the document knows it.
pub fn response(operation: &Operation) -> Value {
    let Some(schema) = operation.response() else {
        return Value::Null;
    };
    let mut response = value(schema, 0);
    for (name, field) in response.as_object_mut().into_iter().flatten() {
        let id = schema
            .property(name)
            .and_then(|object| object.property("id"));
        if let (Some(id), Some(object)) = (id, field.as_object_mut()) {
            object.entry("id").or_insert_with(|| value(id, 1));
        }
    }
    response
}

/// The least that has this schema.
pub fn of(schema: Schema<'_>) -> Value {
    value(schema, 0)
}

fn value(schema: Schema<'_>, depth: usize) -> Value {
    if let Some(known) = schema.enum_values().first() {
        return known.clone();
    }
    if let Some(choice) = schema.one_of().next() {
        return value(choice, depth + 1);
    }
    match schema.schema_type() {
        Some(SchemaType::String) => json!(text(schema.format())),
        Some(SchemaType::Integer | SchemaType::Number) => json!(1),
        Some(SchemaType::Boolean) => json!(false),
        Some(SchemaType::Array) => json!([]),
        _ => object(schema, depth),
    }
}

fn object(schema: Schema<'_>, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return json!({});
    }
    let required = schema.required().map(|name| {
        let value = schema
            .property(name)
            .map_or(Value::Null, |property| value(property, depth + 1));
        (name.to_owned(), value)
    });
    Value::Object(required.collect())
}

fn text(format: Option<&str>) -> &'static str {
    match format {
        Some("date-time") => "2026-01-02T03:04:05Z",
        Some("date") => "2026-01-02",
        Some("ip" | "ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("cidr" | "ip-network") => "192.0.2.0/24",
        Some("uri" | "url") => "https://example.com/",
        Some("email") => "someone@example.com",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        _ => "sample",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_required_is_made() {
        let root = json!({"S": {"type": "string"}});
        let cases = [
            (json!({"type": "string", "enum": ["b", "a"]}), json!("b")),
            (
                json!({"oneOf": [{"type": "object", "properties": {"id": {"$ref": "#/S"}}, "required": ["id"]}]}),
                json!({"id": "sample"}),
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "boolean"}}, "required": ["b"]}),
                json!({"b": false}),
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/S"}}),
                json!([]),
            ),
        ];
        for (node, expected) in cases {
            assert_eq!(value(Schema::new(&root, &node), 0), expected, "{node}");
        }
    }
}
