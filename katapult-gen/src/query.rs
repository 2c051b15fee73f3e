//! Query parameters in the notation that the API reads: `virtual_machine[id]=…`, `annotations[][key]=…`.

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// One query parameter; it writes itself as as many pairs as its value needs.
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

/// Objects are written key by key and arrays item by item. The server starts a new item of
/// `name[][key]` when a key comes again, so the keys of one item must stand together.
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
    fn pairs_are_written_as_the_api_reads_them() {
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
