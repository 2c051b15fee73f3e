//! Lists of which the document does not say whether they are lists.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::ids::{Place, WithId};

/// Deserializes a list. An object in place of the list is a list of one item.
pub(crate) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    serde_json::from_value(list(deserializer)?).map_err(D::Error::custom)
}

/// Deserializes a list of objects that must have ids.
#[allow(dead_code)] // some features have no such list
pub(crate) fn one_or_many_with_id<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: for<'any> WithId<'any>,
{
    let list = list(deserializer)?;
    // serde does not tell the name of the field.
    Vec::deserialize_with_id(list, Place::field("")).map_err(D::Error::custom)
}

fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        one @ Value::Object(_) => Value::Array(vec![one]),
        other => other,
    })
}
