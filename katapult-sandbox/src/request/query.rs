//! Nested queries in the API's notation (that of Rack): `a[b]=1` is `{"a": {"b": "1"}}`, and a repeated
//! `k` in `a[][k]` begins a new item.

use katapult_openapi::{Schema, SchemaType};
use serde_json::{Map, Value, json};

/// The most brackets of one name.
// The API needs three. Rack refuses more than a hundred, and each level takes a frame of the stack.
const MAX_NESTING: usize = 32;

/// Parses the query of a URL to nested values with strings as leaves. `None` if one name is used both
/// for a string and for an object or a list, or if the percent-encoding is not that of UTF-8.
pub(crate) fn nest(query: &str) -> Option<Map<String, Value>> {
    if !is_encoded_utf8(query) {
        return None;
    }
    nest_pairs(url::form_urlencoded::parse(query.as_bytes())).ok()
}

/// Converts query pairs to nested values with strings as leaves.
///
/// # Errors
///
/// The name that is used both for a string and for an object or a list, or that has too many brackets.
pub fn nest_pairs(
    pairs: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
) -> Result<Map<String, Value>, String> {
    let mut top = Map::new();
    for (name, value) in pairs {
        let (name, value) = (name.as_ref(), value.as_ref());
        let (first, rest) = name.split_at(name.find('[').unwrap_or(name.len()));
        let keys: Vec<&str> = rest
            .split_terminator(']')
            .map(|key| key.trim_start_matches('['))
            .collect();
        if keys.len() > MAX_NESTING
            || !insert(top.entry(first).or_insert(Value::Null), &keys, value)
        {
            return Err(first.to_owned());
        }
    }
    Ok(top)
}

/// Returns `true` if two hexadecimal digits follow each percent sign, and the bytes that they stand for are UTF-8.
// The parser replaces what is not, and a lookup would then be one that the client did not send.
fn is_encoded_utf8(query: &str) -> bool {
    let mut bytes = query.bytes();
    let mut decoded = Vec::with_capacity(query.len());
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        decoded.push(match byte {
            b'%' => match (digit(), digit()) {
                (Some(high), Some(low)) => (high * 16 + low) as u8,
                _ => return false,
            },
            byte => byte,
        });
    }
    std::str::from_utf8(&decoded).is_ok()
}

fn insert(slot: &mut Value, keys: &[&str], value: &str) -> bool {
    let Some((key, rest)) = keys.split_first() else {
        *slot = json!(value);
        return true;
    };
    if slot.is_null() {
        // The first key decides whether the name is a list or an object.
        *slot = if key.is_empty() { json!([]) } else { json!({}) };
    }
    match slot {
        Value::Array(items) if key.is_empty() => {
            // Rack begins a new item when the last one already has the key.
            if !items.last().is_some_and(|last| has_room(last, rest)) {
                items.push(Value::Null);
            }
            items
                .last_mut()
                .is_some_and(|last| insert(last, rest, value))
        }
        Value::Object(fields) if !key.is_empty() => {
            insert(fields.entry(*key).or_insert(Value::Null), rest, value)
        }
        _ => false,
    }
}

/// Returns `true` if an item of a list has no value under these keys yet.
fn has_room(item: &Value, keys: &[&str]) -> bool {
    match (item, keys.split_first()) {
        (Value::Object(fields), Some((key, rest))) => match fields.get(*key) {
            None => true,
            Some(inner) => !rest.is_empty() && has_room(inner, rest),
        },
        (Value::Array(_), Some((&"", _))) => true,
        _ => false,
    }
}

/// Converts the strings of a query to the types of the schema. A string that does not fit is unchanged,
/// so that validation reports it.
pub(crate) fn coerce(schema: Schema<'_>, value: Value) -> Value {
    match value {
        Value::String(text) => typed(schema.schema_type(), &text).unwrap_or(Value::String(text)),
        Value::Array(items) => match schema.items() {
            Some(schema) => items.into_iter().map(|item| coerce(schema, item)).collect(),
            None => Value::Array(items),
        },
        Value::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(key, value)| match schema.property(&key) {
                    Some(schema) => (key, coerce(schema, value)),
                    None => (key, value),
                });
            Value::Object(fields.collect())
        }
        other => other,
    }
}

fn typed(schema_type: Option<SchemaType>, text: &str) -> Option<Value> {
    match schema_type? {
        SchemaType::Integer => text.parse::<i64>().ok().map(Value::from),
        SchemaType::Number => text.parse::<f64>().ok().map(Value::from),
        SchemaType::Boolean => match text {
            "true" | "1" => Some(json!(true)),
            "false" | "0" => Some(json!(false)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_nest_as_in_rack() {
        let cases = [
            ("page=2", Some(json!({"page": "2"}))),
            (
                "vm%5Bid%5D=vm_1&q=",
                Some(json!({"vm": {"id": "vm_1"}, "q": ""})),
            ),
            (
                "a[][k]=1&a[][v]=2&a[][k]=3&a[][v]=4",
                Some(json!({"a": [{"k": "1", "v": "2"}, {"k": "3", "v": "4"}]})),
            ),
            (
                "a[][k]=1&a[][k]=3&a[][v]=2",
                Some(json!({"a": [{"k": "1"}, {"k": "3", "v": "2"}]})),
            ),
            ("a=1&a[b]=2", None),
            (&"[a]".repeat(1800), None),
            ("a=%C3%BC%ef%bf%bd", Some(json!({"a": "ü\u{fffd}"}))),
            ("a=%FC", None),
            ("a=%", None),
            ("a=%2", None),
            ("a=%zz", None),
            ("%ff=1", None),
        ];
        for (query, expected) in cases {
            assert_eq!(nest(query).map(Value::Object), expected, "{query}");
        }
    }
}
