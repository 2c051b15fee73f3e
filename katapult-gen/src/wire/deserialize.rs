//! Deserialization of response objects: one visitor for all types.
//!
//! serde's derive generates a visitor per type, which was half of the compile time and a third of
//! the memory. Here a type has a [`FieldTable`] alone, and one generic visitor reads any of them.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::ids::Place;

/// A value for a field that is not read yet.
pub(crate) trait Placeholder {
    /// Returns the placeholder.
    fn placeholder() -> Self;

    /// Returns `true` if serialization omits the value of an optional field.
    fn is_placeholder(&self) -> bool {
        false
    }
}

impl<T> Placeholder for Option<T> {
    fn placeholder() -> Self {
        None
    }

    fn is_placeholder(&self) -> bool {
        self.is_none()
    }
}

impl<T: Placeholder> Placeholder for Box<T> {
    fn placeholder() -> Self {
        Box::new(T::placeholder())
    }

    fn is_placeholder(&self) -> bool {
        (**self).is_placeholder()
    }
}

impl<T> Placeholder for crate::Patch<T> {
    fn placeholder() -> Self {
        Self::Absent
    }

    fn is_placeholder(&self) -> bool {
        self.is_absent()
    }
}

macro_rules! collection_placeholders {
    ($([$($parameter:ident),*] $collection:ty,)*) => {
        $(impl<$($parameter),*> Placeholder for $collection {
            fn placeholder() -> Self {
                Self::new()
            }

            fn is_placeholder(&self) -> bool {
                self.is_empty()
            }
        })*
    };
}

collection_placeholders! {
    [] String,
    [T] Vec<T>,
    [K, V] HashMap<K, V>,
    [] serde_json::Map<String, serde_json::Value>,
}

macro_rules! value_placeholders {
    ($($of:ty = $value:expr,)*) => {
        $(impl Placeholder for $of {
            fn placeholder() -> Self {
                $value
            }
        })*
    };
}

value_placeholders! {
    bool = false,
    i32 = 0,
    i64 = 0,
    u8 = 0,
    u16 = 0,
    u32 = 0,
    u64 = 0,
    f32 = 0.0,
    f64 = 0.0,
    serde_json::Value = Self::Null,
    crate::Secret = Self::from(String::new()),
    crate::Timestamp = Self::from_secs(0),
}

/// The names of a response object.
pub(crate) struct Names {
    /// The struct's name, for errors.
    pub(crate) object: &'static str,
    /// The names of the fields in JSON, the required ones first, and then further names of fields. At most 64.
    pub(crate) fields: &'static [&'static str],
    /// The number of required fields.
    pub(crate) required: usize,
}

/// The fields of a response object; implemented by `impl_deserialize!`.
pub(crate) trait FieldTable: Placeholder {
    /// The names of the struct and its fields.
    // One constant, because the compiler checks and evaluates each by itself.
    const NAMES: &'static Names;

    /// Sets the required field, which was not read, from another field that has the same object, or
    /// leaves the placeholder there if a field is present that the API returns instead.
    /// Returns `false` if there is none. Default: `false`.
    fn fill_missing(&mut self) -> bool {
        false
    }

    /// Returns the index of the field that a name belongs to, from the index of the name. Default: the same.
    #[inline]
    fn field_of(name: usize) -> usize {
        name
    }

    /// Reads the value of the field at an index of [`Names::fields`].
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        index: usize,
        map: &mut A,
    ) -> Result<(), A::Error>;
}

/// Deserializes an object by its field table.
pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FieldTable,
    D: Deserializer<'de>,
{
    let names = T::NAMES;
    deserializer.deserialize_struct(names.object, names.fields, ObjectVisitor::new())
}

/// Reads the next value of a map into a field.
pub(crate) fn read_value<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    field: &mut T,
    map: &mut A,
) -> Result<(), A::Error> {
    // In one function per type of value, not per field, which is most of what is saved.
    *field = map.next_value()?;
    Ok(())
}

/// Reads the next value of a map into a field; `null` is the same as its absence.
#[allow(dead_code)] // some features have no such field
pub(crate) fn read_or_null<'de, T: Deserialize<'de> + Default, A: MapAccess<'de>>(
    field: &mut T,
    map: &mut A,
) -> Result<(), A::Error> {
    *field = map.next_value::<Option<T>>()?.unwrap_or_default();
    Ok(())
}

/// Reads any object by its field table.
pub(crate) struct ObjectVisitor<T> {
    /// The place of an object that must have an id.
    with_id: Option<Place>,
    of: PhantomData<T>,
}

impl<T> ObjectVisitor<T> {
    fn new() -> Self {
        Self {
            with_id: None,
            of: PhantomData,
        }
    }

    /// Returns the visitor of an object at a place of a response where it must have an id.
    pub(crate) fn with_id(place: Place) -> Self {
        Self {
            with_id: Some(place),
            of: PhantomData,
        }
    }
}

impl<'de, T: FieldTable> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", T::NAMES.object)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut object = T::placeholder();
        // One bit per field: whether it was read.
        let mut read = 0_u64;
        while let Some(field) = map.next_key_seed(FieldName(T::NAMES.fields))? {
            let Some((index, name)) = field else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let index = T::field_of(index);
            let bit = 1 << index;
            if read & bit != 0 {
                return Err(A::Error::duplicate_field(name));
            }
            read |= bit;
            object.read_field(index, &mut map)?;
        }
        // The required fields have the lowest bits, so the first clear one is the first missing.
        let missing = read.trailing_ones() as usize;
        let Names {
            fields, required, ..
        } = T::NAMES;
        if let Some(name) = fields.iter().take(*required).nth(missing) {
            if !object.fill_missing() {
                return Err(A::Error::missing_field(name));
            }
        }
        if let Some(place) = self.with_id {
            let id = fields.iter().position(|field| *field == "id");
            if id.is_none_or(|id| read & (1 << id) == 0) {
                return Err(A::Error::custom(format_args!(
                    "{place}: missing field `id`"
                )));
            }
        }
        Ok(object)
    }
}

/// Reads a field's name as its index and name; `None` for a field that this SDK does not know.
pub(crate) struct FieldName(pub(crate) &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Option<(usize, &'static str)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Option<(usize, &'static str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        // A linear search: most names differ in length, which is compared first.
        let mut fields = self.0.iter().copied().enumerate();
        Ok(fields.find(|(_, field)| *field == key))
    }
}

/// Implements deserialization of a response object:
/// `impl_deserialize!(Lamp, 1 { 0 watts: "watts" } optional { 1 kind: "type" } or_null { 2 id: "id" });`.
///
/// The number after the name is that of the required fields, which would take time to count in each of 300 types.
/// The fields under `with_id` and `one_or_many` are required too. The objects in the fields under `with_id` and
/// `optional_with_id` must have ids. A field under `one_or_many` has a second name, and the function of the module
/// [`one_or_many`](super::one_or_many) that reads it. A field under `or_null` is read from `null` like from its absence.
///
/// `else { field = other }` reads the only required field from an optional one if it is absent. `instead { other }` lets
/// it be absent if the optional field is present.
macro_rules! impl_deserialize {
    (
        $name:ident, $required_count:literal { $($r:literal $required:ident: $required_key:literal),* $(,)? }
        $(with_id { $($w:literal $with_id:ident: $with_id_key:literal),* $(,)? })?
        $(one_or_many {
            $($m:literal | $also:literal $many:ident: $many_key:literal | $also_key:literal $reader:ident),* $(,)?
        })?
        $(optional_with_id { $($p:literal $perhaps:ident: $perhaps_key:literal),* $(,)? })?
        $(optional { $($o:literal $optional:ident: $optional_key:literal),* $(,)? })?
        $(or_null { $($n:literal $null:ident: $null_key:literal),* $(,)? })?
        $(else { $missing:ident = $twin:ident })?
        $(instead { $($instead:ident),* $(,)? })?
    ) => {
        placeholder!($name {
            $($required,)* $($($with_id,)*)? $($($many,)*)? $($($perhaps,)*)? $($($optional,)*)? $($($null,)*)?
        });

        impl $crate::wire::deserialize::FieldTable for $name {
            const NAMES: &'static $crate::wire::deserialize::Names = &$crate::wire::deserialize::Names {
                object: stringify!($name),
                fields: &[
                    $($required_key,)* $($($with_id_key,)*)? $($($many_key,)*)? $($($perhaps_key,)*)?
                    $($($optional_key,)*)? $($($null_key,)*)? $($($also_key,)*)?
                ],
                required: $required_count,
            };

            $(#[inline] fn fill_missing(&mut self) -> bool {
                let Some(twin) = &self.$twin else { return false };
                self.$missing = twin.clone();
                true
            })?

            $(#[inline] fn fill_missing(&mut self) -> bool {
                false $(|| self.$instead.is_some())*
            })?

            $(#[inline] fn field_of(name: usize) -> usize {
                match name {
                    $($also => $m,)*
                    field => field,
                }
            })?

            fn read_field<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                index: usize,
                #[allow(unused_variables)] map: &mut A,
            ) -> Result<(), A::Error> {
                match index {
                    $($r => $crate::wire::deserialize::read_value(&mut self.$required, map),)*
                    $($($w => $crate::wire::ids::read_with_id(&mut self.$with_id, $with_id_key, map),)*)?
                    $($($m => $crate::wire::one_or_many::$reader(&mut self.$many, $many_key, map),)*)?
                    $($($p => $crate::wire::ids::read_with_id(&mut self.$perhaps, $perhaps_key, map),)*)?
                    $($($o => $crate::wire::deserialize::read_value(&mut self.$optional, map),)*)?
                    $($($n => $crate::wire::deserialize::read_or_null(&mut self.$null, map),)*)?
                    _ => Ok(()),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::deserialize::deserialize(deserializer)
            }
        }

        #[cfg(feature = "serde")]
        impl_serialize!($name { $($required: $required_key,)* $($($with_id: $with_id_key,)*)? $($($many: $many_key,)*)? } optional {
            $($($perhaps: $perhaps_key,)*)?
            $($($optional: $optional_key,)*)?
            $($($null: $null_key,)*)?
        });
    };
}

/// Implements [`Placeholder`] for a struct, with a placeholder in each field, and `Default` for tests.
macro_rules! placeholder {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::wire::deserialize::Placeholder for $name {
            #[inline]
            fn placeholder() -> Self {
                Self { $($field: $crate::wire::deserialize::Placeholder::placeholder(),)* }
            }
        }

        #[cfg(feature = "test-util")]
        impl Default for $name {
            fn default() -> Self {
                $crate::wire::deserialize::Placeholder::placeholder()
            }
        }
    };
}

#[cfg(test)]
mod tests {
    #[derive(Debug)]
    struct Lamp {
        id: String,
        kind: Option<String>,
        watts: i64,
    }

    impl_deserialize!(Lamp, 1 { 0 watts: "watts" } optional { 1 id: "id", 2 kind: "type" });

    fn read(text: &str) -> Result<Lamp, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn fields_in_any_order_are_read_and_unknown_ones_ignored() {
        let lamp = read(r#"{"more": {"a": [1]}, "watts": 40, "type": "LED"}"#).unwrap();
        assert_eq!(
            (lamp.id.as_str(), lamp.kind.as_deref(), lamp.watts),
            ("", Some("LED"), 40)
        );
        assert_eq!(
            read(r#"{"watts": 1, "type": null, "id": "x"}"#)
                .unwrap()
                .kind,
            None
        );
    }

    #[test]
    fn invalid_objects_give_the_errors_of_serde() {
        for (text, expected) in [
            ("{}", "missing field `watts`"),
            (r#"{"watts": 1, "watts": 2}"#, "duplicate field `watts`"),
            (
                r#"{"watts": "x"}"#,
                "invalid type: string \"x\", expected i64",
            ),
            (
                r#""lamp""#,
                "invalid type: string \"lamp\", expected struct Lamp",
            ),
            ("[]", "invalid type: sequence, expected struct Lamp"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn required_field_can_be_absent_beside_what_is_there_instead() {
        #[derive(Debug)]
        struct Deleted {
            lamp: String,
            task: Option<String>,
        }
        impl_deserialize!(Deleted, 1 { 0 lamp: "lamp" } optional { 1 task: "task" } instead { task });

        let read = |text: &str| serde_json::from_str::<Deleted>(text);
        let deleted = read(r#"{"task": "x"}"#).unwrap();
        assert_eq!(
            (deleted.lamp.as_str(), deleted.task.as_deref()),
            ("", Some("x"))
        );
        for text in ["{}", r#"{"task": null}"#] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with("missing field `lamp`"), "{error}");
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn absent_fields_are_not_written() {
        let lamp = read(r#"{"watts": 0}"#).unwrap();
        assert_eq!(serde_json::to_string(&lamp).unwrap(), r#"{"watts":0}"#);
    }
}
