//! Minimal arguments and responses: required parts only, with constants as leaves.

use fastrand::Rng;
use katapult_openapi::{Operation, Schema, SchemaType};
use serde_json::{Value, json};

use super::generator::{Coverage, Generator, Source};

/// A source of one constant for each type and format.
#[derive(Debug)]
struct Constants;

/// Returns the minimal arguments of an operation in its JSON form.
pub fn arguments(operation: &Operation) -> Value {
    requests().arguments(operation)
}

/// Returns the minimal response of an operation; `null` when that is text and not JSON.
pub fn response(operation: &Operation) -> Value {
    let mut generator = Generator::responses(Coverage::Required, Constants, Rng::with_seed(0));
    let schema = operation.response();
    schema.map_or(Value::Null, |schema| generator.value(schema))
}

/// Returns the minimal value of a schema.
pub fn value(schema: Schema<'_>) -> Value {
    requests().value(schema)
}

fn requests() -> Generator<Constants> {
    // No choice is random here; the seed only avoids the system's entropy.
    Generator::requests(Coverage::Required, Constants, Rng::with_seed(0))
}

impl Source for Constants {
    const CONSERVATIVE: bool = true;

    fn text(&mut self, _: &mut Rng, _: &str, format: Option<&str>) -> String {
        let text = match format {
            Some("date-time") => "2026-01-02T03:04:05Z",
            Some("date") => "2026-01-02",
            Some("ip" | "ipv4") => "192.0.2.1",
            Some("ipv6") => "2001:db8::1",
            Some("cidr" | "ip-network") => "192.0.2.0/24",
            Some("uri" | "url") => "https://example.com/",
            Some("email") => "someone@example.com",
            Some("uuid") => "00000000-0000-4000-8000-000000000000",
            _ => "sample",
        };
        text.to_owned()
    }

    fn number(&mut self, _: &mut Rng, _: SchemaType) -> Value {
        json!(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minimal_value_has_required_parts_only() {
        let root = json!({"S": {"type": "string"}});
        let with_id =
            json!({"type": "object", "properties": {"id": {"$ref": "#/S"}}, "required": ["id"]});
        let flags = json!({"a": {"type": "integer"}, "b": {"type": "boolean"}});
        let cases = [
            (json!({"type": "string", "enum": ["b", "a"]}), json!("b")),
            (json!({"oneOf": [with_id]}), json!({"id": "sample"})),
            (
                json!({"type": "object", "properties": flags, "required": ["b"]}),
                json!({"b": false}),
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/S"}}),
                json!([]),
            ),
        ];
        for (node, expected) in cases {
            assert_eq!(value(Schema::new(&root, &node)), expected, "{node}");
        }
    }
}
