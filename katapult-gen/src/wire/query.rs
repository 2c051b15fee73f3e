//! Query parameters in the API's notation: `virtual_machine[id]=…`, `annotations[][key]=…`.

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A query parameter, which serializes as one pair per scalar in its value.
pub(crate) struct QueryParam<'a, T> {
    name: &'static str,
    value: &'a T,
}

impl<'a, T: Serialize> QueryParam<'a, T> {
    pub(crate) fn new(name: &'static str, value: &'a T) -> Self {
        Self { name, value }
    }
}

impl<T: Serialize> Serialize for QueryParam<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Through JSON, which has the nesting that the notation writes out.
        let value = serde_json::to_value(self.value).map_err(S::Error::custom)?;
        let mut pairs = Vec::new();
        write_pairs(self.name.to_owned(), &value, &mut pairs);
        let mut seq = serializer.serialize_seq(Some(pairs.len()))?;
        for pair in &pairs {
            seq.serialize_element(pair)?;
        }
        seq.end()
    }
}

/// Appends the pairs of a value: of an object key by key, of an array item by item.
///
/// The keys of an item must be adjacent: the server starts a new item of `name[][key]` at the first
/// repeated key.
fn write_pairs(name: String, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => pairs.push((name, flag.to_string())),
        Value::Number(number) => pairs.push((name, number.to_string())),
        Value::String(text) => pairs.push((name, text.clone())),
        Value::Array(items) => {
            for item in items {
                write_pairs(format!("{name}[]"), item, pairs);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                write_pairs(format!("{name}[{key}]"), field, pairs);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_values_become_bracketed_pairs() {
        let cases = [
            (json!(null), vec![]),
            (json!(3), vec![("p", "3")]),
            (json!(true), vec![("p", "true")]),
            (json!(""), vec![("p", "")]),
            (json!({"fqdn": "web 1"}), vec![("p[fqdn]", "web 1")]),
            (json!(["a", "b"]), vec![("p[]", "a"), ("p[]", "b")]),
            (
                json!([{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]),
                vec![
                    ("p[][key]", "a"),
                    ("p[][value]", "1"),
                    ("p[][key]", "b"),
                    ("p[][value]", "2"),
                ],
            ),
        ];
        for (value, expected) in cases {
            let mut pairs = Vec::new();
            write_pairs("p".into(), &value, &mut pairs);
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect();
            assert_eq!(pairs, expected, "{value}");
        }
    }
}
