//! Checks of a success: that its body is no error, and is about the object that the request named.

use std::cell::Cell;
use std::fmt;

use katapult_gen::{OperationInfo, RawResponse, SentRequest};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::named_object;
use crate::error::FailureCause;

/// Returns the problem of a success that is not one; `None` if it can be decoded.
pub(super) fn problem(
    operation: &OperationInfo,
    request: &SentRequest,
    response: &RawResponse,
) -> Option<FailureCause> {
    if is_error(&response.body) {
        return Some(FailureCause::ErrorInSuccess);
    }
    // Below an object's own path its children are created, which can be of the same kind:
    // `/organizations/organization/managed`.
    let parameter = operation.path.rsplit('/').next()?;
    let requested = named_object::id(request, parameter)?;
    let received = id_of(&response.body, parameter)?;
    (received != requested).then(|| FailureCause::OtherObject {
        requested: requested.into_owned(),
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
    let found = Cell::new(None);
    let text = Step::Text(&found);
    let id = Step::Field("id", &text);
    let object = Step::Field(name, &id);
    // Ends with an error as soon as the id is read, so that the rest of the body is not parsed.
    let _ = object.deserialize(&mut serde_json::Deserializer::from_slice(body));
    found.take()
}

/// A step on the way to a text in a JSON value.
#[derive(Clone, Copy)]
enum Step<'a> {
    /// A field of an object, with the step into its value.
    Field(&'a str, &'a Step<'a>),
    /// The text itself.
    Text(&'a Cell<Option<String>>),
}

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self {
            Self::Field(..) => deserializer.deserialize_map(self),
            Self::Text(_) => deserializer.deserialize_str(self),
        }
    }
}

impl<'de> Visitor<'de> for Step<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with an id")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if let Self::Text(found) = self {
            found.set(Some(text.to_owned()));
        }
        Err(E::custom("found"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self::Field(name, inner) = self else {
            return Err(serde::de::Error::custom("not an object"));
        };
        while let Some(is_named) = map.next_key_seed(KeyIs(name))? {
            if is_named {
                map.next_value_seed(*inner)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Compares a key with a name, without a copy of the key.
struct KeyIs<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for KeyIs<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeyIs<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
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
