//! Query strings in the API's notation: `virtual_machine[id]=…`, `annotations[][key]=…`.

use std::borrow::Cow;

use form_urlencoded::byte_serialize;
use serde::Serialize;
use serde::ser::Error as _;
use serde_json::Value;

use crate::values::ExposeSecrets;

/// The room for a query string, so that most need no second allocation.
const USUAL_BYTES: usize = 128;

/// The pairs of a query string, to which an operation adds its arguments. An argument that cannot be encoded is an error
/// of [`finish`](Self::finish).
#[derive(Clone, Debug, Default)]
pub struct QueryPairs {
    encoded: String,
    /// The first error. As text, because the error cannot be cloned.
    error: Option<String>,
}

impl QueryPairs {
    /// Adds an argument: one pair per scalar in its value, and none for `null`.
    ///
    /// Objects and lists are written in brackets, `name[key]=…` and `name[]=…`.
    pub fn push(&mut self, name: &str, value: &impl Serialize) {
        // Through JSON, which has the nesting that the notation writes out.
        match serde_json::to_value(ExposeSecrets(value)) {
            Ok(value) => self.push_value(name.to_owned(), &value),
            Err(error) => {
                self.error.get_or_insert_with(|| format!("{name}: {error}"));
            }
        }
    }

    /// Adds an argument that names an object by the key and value of a lookup: `name[key]=value`.
    pub fn push_lookup(&mut self, name: &str, (key, value): (&str, Cow<'_, str>)) {
        self.push_encoded(&[name, "[", key, "]"], &value);
    }

    /// Returns the percent-encoded query string; empty without pairs.
    ///
    /// # Errors
    ///
    /// Returns an error with the name of the first argument that cannot be represented as JSON.
    pub fn finish(self) -> Result<String, serde_json::Error> {
        match self.error {
            None => Ok(self.encoded),
            Some(error) => Err(serde_json::Error::custom(error)),
        }
    }

    /// Adds the pairs of a value: of an object key by key, of an array item by item.
    ///
    /// The keys of an item must be adjacent: the server starts a new item of `name[][key]` at the
    /// first repeated key.
    fn push_value(&mut self, name: String, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(flag) => self.push_pair(&name, &flag.to_string()),
            Value::Number(number) => self.push_pair(&name, &number.to_string()),
            Value::String(text) => self.push_pair(&name, text),
            Value::Array(items) => {
                for item in items {
                    self.push_value(format!("{name}[]"), item);
                }
            }
            Value::Object(fields) => {
                for (key, field) in fields {
                    self.push_value(format!("{name}[{key}]"), field);
                }
            }
        }
    }

    fn push_pair(&mut self, name: &str, value: &str) {
        self.push_encoded(&[name], value);
    }

    /// Adds a pair whose name has these parts.
    fn push_encoded(&mut self, name: &[&str], value: &str) {
        match self.encoded.is_empty() {
            true => self.encoded.reserve(USUAL_BYTES),
            false => self.encoded.push('&'),
        }
        for part in name {
            self.encoded.extend(byte_serialize(part.as_bytes()));
        }
        self.encoded.push('=');
        self.encoded.extend(byte_serialize(value.as_bytes()));
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
            let mut query = QueryPairs::default();
            query.push("p", &value);
            let query = query.finish().expect("JSON");
            let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| (&**k, &**v)).collect();
            assert_eq!(pairs, expected, "{value}");
        }
    }

    #[test]
    fn reserved_characters_are_percent_encoded_and_a_space_is_a_plus() {
        let mut query = QueryPairs::default();
        query.push("a", &"x y&z=ü+/*-._~");
        query.push("b", &json!({ "c": 1 }));
        query.push_lookup("d", ("e", "f g".into()));
        assert_eq!(
            query.finish().expect("JSON"),
            "a=x+y%26z%3D%C3%BC%2B%2F*-._%7E&b%5Bc%5D=1&d%5Be%5D=f+g"
        );
    }

    #[test]
    fn first_argument_that_is_not_json_is_the_error() {
        let mut query = QueryPairs::default();
        query.push("a", &1);
        query.push("b", &std::collections::BTreeMap::from([((), 1)]));
        query.push("c", &std::collections::BTreeMap::from([((1, 2), 1)]));
        let error = query.finish().unwrap_err().to_string();
        assert_eq!(error, "b: key must be a string");
    }
}
