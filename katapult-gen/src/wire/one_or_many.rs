//! Lists of which the document does not say whether they are lists.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Deserializes a list. An object in place of the list is a list of one item.
pub(crate) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = match Value::deserialize(deserializer)? {
        one @ Value::Object(_) => Value::Array(vec![one]),
        other => other,
    };
    serde_json::from_value(value).map_err(D::Error::custom)
}
