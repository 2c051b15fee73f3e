//! Serialization of objects: one call for each field, which compiles faster than the code of serde's derive.

#![allow(dead_code, unused_macros)] // some features have no request with a body

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::placeholder::Placeholder;

/// An object that is being serialized. An error is returned at its end.
pub(crate) struct Fields<S: Serializer> {
    object: Result<S::SerializeMap, S::Error>,
}

impl<S: Serializer> Fields<S> {
    /// Begins an object.
    pub(crate) fn of(serializer: S) -> Self {
        Self {
            object: serializer.serialize_map(None),
        }
    }

    /// Adds a field.
    pub(crate) fn add<T: Serialize>(&mut self, name: &'static str, value: &T) {
        if let Ok(object) = &mut self.object {
            if let Err(error) = object.serialize_entry(name, value) {
                self.object = Err(error);
            }
        }
    }

    /// Adds an optional field, unless it is absent.
    pub(crate) fn add_optional<T: Serialize + Placeholder>(
        &mut self,
        name: &'static str,
        value: &T,
    ) {
        if !value.is_placeholder() {
            self.add(name, value);
        }
    }

    /// Ends the object.
    pub(crate) fn end(self) -> Result<S::Ok, S::Error> {
        self.object?.end()
    }
}

/// Implements serialization of an object: `impl_serialize!(LampUpdate { lamp: "lamp" } optional { kind: "type" });`.
macro_rules! impl_serialize {
    (
        $name:ident { $($required:ident: $required_key:literal),* $(,)? }
        $(optional { $($optional:ident: $optional_key:literal),* $(,)? })?
    ) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[allow(unused_mut)] // for an object without fields
                let mut fields = $crate::wire::serialize::Fields::of(serializer);
                $(fields.add($required_key, &self.$required);)*
                $($(fields.add_optional($optional_key, &self.$optional);)*)?
                fields.end()
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Patch;

    struct LampUpdate {
        lamp: String,
        kind: Patch<String>,
        watts: Patch<Number>,
    }

    /// A number, which JSON may not have.
    struct Number(f64);

    impl Serialize for Number {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0.is_finite() {
                true => serializer.serialize_f64(self.0),
                false => Err(serde::ser::Error::custom("not a number")),
            }
        }
    }

    impl_serialize!(LampUpdate { lamp: "lamp" } optional { watts: "watts", kind: "type" });

    #[test]
    fn absent_fields_are_left_out_and_an_error_is_that_of_the_object() {
        let update = |kind, watts| LampUpdate {
            lamp: "desk".to_owned(),
            kind,
            watts,
        };
        let text = |kind: &str| Patch::Value(kind.to_owned());
        for (object, expected) in [
            (update(Patch::Absent, Patch::Absent), r#"{"lamp":"desk"}"#),
            (
                update(Patch::Null, Patch::Absent),
                r#"{"lamp":"desk","type":null}"#,
            ),
            (
                update(text("led"), Patch::Value(Number(4.5))),
                r#"{"lamp":"desk","watts":4.5,"type":"led"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&object).unwrap(), expected);
        }
        let object = update(text("led"), Patch::Value(Number(f64::NAN)));
        let error = serde_json::to_string(&object).unwrap_err();
        assert_eq!(error.to_string(), "not a number");
    }
}
