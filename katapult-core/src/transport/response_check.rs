//! Checks of a success: that its body is no error, and is about the object that the request named.

use std::fmt;

use katapult_gen::{OperationInfo, RawResponse};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::named_object::NamedObject;
use crate::error::FailureCause;

/// Returns the problem of a success that is not one; `None` if it can be decoded.
pub(super) fn problem(
    operation: &OperationInfo,
    named: Option<&NamedObject>,
    response: &RawResponse,
) -> Option<FailureCause> {
    if is_error(&response.body) {
        return Some(FailureCause::ErrorInSuccess);
    }
    // Below an object's own path its children are created, which can be of the same kind:
    // `/organizations/organization/managed`.
    let named =
        named.filter(|named| operation.path.rsplit('/').next() == Some(&named.parameter))?;
    let requested = named.id()?;
    let received = id_of(&response.body, &named.parameter)?;
    (received != requested).then(|| FailureCause::OtherObject {
        requested: requested.to_owned(),
        received,
    })
}

/// Returns `true` for a body that is a JSON object, however much of it the operation does not know.
pub(super) fn is_object(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

/// Returns `true` if the first field of a body is `error`. Looked for without parsing, for the sake of
/// every other response.
fn is_error(body: &[u8]) -> bool {
    let Some(fields) = body.trim_ascii_start().strip_prefix(b"{") else {
        return false;
    };
    fields.trim_ascii_start().starts_with(b"\"error\"")
}

/// Returns the id of the object of a name at the top of a body.
fn id_of(body: &[u8], name: &str) -> Option<String> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let object = Field {
        name,
        inner: Field {
            name: "id",
            inner: Text,
        },
    };
    object.deserialize(&mut deserializer).ok().flatten()
}

/// Reads one field of an object, and skips the others.
#[derive(Clone, Copy)]
struct Field<'a, S> {
    name: &'a str,
    inner: S,
}

/// Reads a text.
#[derive(Clone, Copy)]
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        String::deserialize(deserializer).map(Some)
    }
}

impl<'de, S> DeserializeSeed<'de> for Field<'_, S>
where
    S: DeserializeSeed<'de, Value = Option<String>> + Copy,
{
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S> Visitor<'de> for Field<'_, S>
where
    S: DeserializeSeed<'de, Value = Option<String>> + Copy,
{
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if key == self.name {
                found = map.next_value_seed(self.inner)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_read_from_the_named_object_alone() {
        for (body, expected) in [
            (
                r#"{"task":{"id":"task_1"},"disk":{"name":"d","id":"disk_2"}}"#,
                Some("disk_2"),
            ),
            (r#"{"disk":{"owner":{"id":"x"}}}"#, None),
            (r#"{"disk":[{"id":"disk_2"}]}"#, None),
            (r#"{"disk":{"id":7}}"#, None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(
                id_of(body.as_bytes(), "disk").as_deref(),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn error_in_a_success_is_recognized() {
        assert!(is_error(br#" { "error" : {"code":"x"}}"#));
        assert!(!is_error(br#"{"errors":[]}"#) && !is_error(b"") && !is_error(b"error"));
    }
}
