//! Equality of JSON values as the API understands them.

use katapult_openapi::SchemaType;
use serde_json::{Map, Value};

/// Returns `true` if two values are equivalent: `1` and `1.0` are, and so are `null` and an absent field.
pub fn equivalent(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            // A typed `number` is an `f64`, which is encoded as `1.0` where the API sent `1`.
            left == right || (left.is_f64() || right.is_f64()) && left.as_f64() == right.as_f64()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equivalent(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let keys = left.keys().chain(right.keys());
            keys.into_iter()
                .all(|key| equivalent(field_or_null(left, key), field_or_null(right, key)))
        }
        _ => left == right,
    }
}

/// Returns `true` if two values are equal, with `1` and `1.0` equal, but `null` and an absent field different.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => equivalent(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| equal(left, right)))
        }
        _ => left == right,
    }
}

/// Returns a field of an object; `null` where it is absent.
pub fn field_or_null<'a>(object: &'a Map<String, Value>, key: &str) -> &'a Value {
    object.get(key).unwrap_or(&Value::Null)
}

/// Returns `true` if a value has the JSON type `kind`.
pub fn has_type(value: &Value, kind: SchemaType) -> bool {
    match kind {
        SchemaType::String => value.is_string(),
        SchemaType::Integer => value.is_i64() || value.is_u64(),
        SchemaType::Number => value.is_number(),
        SchemaType::Boolean => value.is_boolean(),
        SchemaType::Array => value.is_array(),
        SchemaType::Object => value.is_object(),
    }
}

/// Returns the JSON text of a value, cut to a length that fits into a message.
pub fn truncated(value: &Value) -> String {
    // Long enough for an id with its key, short enough for one line of a terminal.
    const MOST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
