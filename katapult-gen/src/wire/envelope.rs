//! Deserialization of objects with one field, as half of all responses are. A field table would take several items of
//! the compiler's time for each, and a placeholder for the field.

#![allow(dead_code, unused_macros)] // some features have no such response

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::object_visitor::FieldName;

/// Deserializes the only field of an object. `fields` has its name.
pub(crate) fn deserialize_only<'de, S, D>(
    deserializer: D,
    object: &'static str,
    fields: &'static [&'static str; 1],
    seed: S,
) -> Result<S::Value, D::Error>
where
    S: DeserializeSeed<'de>,
    D: Deserializer<'de>,
{
    let visitor = EnvelopeVisitor {
        object,
        fields,
        seed,
    };
    deserializer.deserialize_struct(object, fields, visitor)
}

struct EnvelopeVisitor<S> {
    object: &'static str,
    fields: &'static [&'static str; 1],
    seed: S,
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for EnvelopeVisitor<S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", self.object)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<S::Value, A::Error> {
        let mut seed = Some(self.seed);
        let mut value = None;
        while let Some(field) = map.next_key_seed(FieldName(self.fields))? {
            match (field, seed.take()) {
                (Some(_), Some(seed)) => value = Some(map.next_value_seed(seed)?),
                (Some((_, name)), None) => return Err(A::Error::duplicate_field(name)),
                (None, unused) => {
                    seed = unused;
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let [name] = self.fields;
        value.ok_or_else(|| A::Error::missing_field(name))
    }
}

/// Implements deserialization of a response with one field: `impl_deserialize_only!(GetResponse { lamp: "lamp" });`.
/// With `with_id` after the field, its object, or each object of its list, must have an id.
macro_rules! impl_deserialize_only {
    ($name:ident { $field:ident: $key:literal $($with_id:ident)? }) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let seed = std::marker::PhantomData;
                $(let seed = $crate::wire::ids::$with_id(seed, $key);)?
                match $crate::wire::envelope::deserialize_only(deserializer, stringify!($name), &[$key], seed) {
                    Ok($field) => Ok(Self { $field }),
                    Err(error) => Err(error),
                }
            }
        }

        #[cfg(feature = "test-util")]
        impl Default for $name {
            fn default() -> Self {
                Self { $field: $crate::wire::placeholder::Placeholder::placeholder() }
            }
        }

        #[cfg(feature = "serde")]
        impl_serialize!($name { $field: $key });
    };
}

#[cfg(test)]
mod tests {
    use crate::wire::lamp::Lamp;

    #[derive(Debug)]
    struct GetResponse {
        lamp: Lamp,
    }
    impl_deserialize_only!(GetResponse { lamp: "lamp" with_id });

    #[derive(Debug)]
    struct CountResponse {
        lamps: u8,
    }
    impl_deserialize_only!(CountResponse { lamps: "count" });

    #[test]
    fn the_only_field_is_read_among_unknown_ones() {
        let text = r#"{"more":[1],"lamp":{"id":"a"},"extra":{}}"#;
        let response: GetResponse = serde_json::from_str(text).unwrap();
        assert_eq!(response.lamp.id, "a");
        let response: CountResponse = serde_json::from_str(r#"{"count":3}"#).unwrap();
        assert_eq!(response.lamps, 3);
    }

    #[test]
    fn invalid_objects_give_the_errors_of_serde() {
        for (text, expected) in [
            ("{}", "missing field `lamp`"),
            (r#"{"lamps":1}"#, "missing field `lamp`"),
            (
                r#"{"lamp":{"id":"a"},"lamp":{"id":"b"}}"#,
                "duplicate field `lamp`",
            ),
            (r#"{"lamp":{}}"#, "lamp: missing field `id`"),
            (
                r#"{"lamp":null}"#,
                "invalid type: null, expected struct Lamp",
            ),
            ("[]", "invalid type: sequence, expected struct GetResponse"),
        ] {
            let error = serde_json::from_str::<GetResponse>(text).unwrap_err();
            assert!(error.to_string().starts_with(expected), "{text}: {error}");
        }
    }
}
