//! Objects of responses: how any of them is read, written once.
//!
//! serde's derive writes a visitor of its own for each type, and that was most of what there was to compile: half of the
//! time and a third of the memory. Here a type tells only what its fields are, and one visitor serves all.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

/// What a field holds before it is read.
pub(crate) trait Empty {
    /// That value.
    fn empty() -> Self;

    /// Whether a field that need not be there is left out when it is written.
    #[cfg_attr(not(feature = "round-trip"), allow(dead_code))]
    fn is_empty(&self) -> bool {
        false
    }
}

impl<T> Empty for Option<T> {
    fn empty() -> Self {
        None
    }

    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

impl<T> Empty for Vec<T> {
    fn empty() -> Self {
        Vec::new()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl Empty for String {
    fn empty() -> Self {
        String::new()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Empty> Empty for Box<T> {
    fn empty() -> Self {
        Box::new(T::empty())
    }

    fn is_empty(&self) -> bool {
        (**self).is_empty()
    }
}

impl<T> Empty for crate::Patch<T> {
    fn empty() -> Self {
        Self::Absent
    }

    fn is_empty(&self) -> bool {
        self.is_absent()
    }
}

impl<K, V> Empty for HashMap<K, V> {
    fn empty() -> Self {
        HashMap::new()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl Empty for serde_json::Value {
    fn empty() -> Self {
        Self::Null
    }
}

impl Empty for serde_json::Map<String, serde_json::Value> {
    fn empty() -> Self {
        Self::new()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl Empty for crate::Timestamp {
    fn empty() -> Self {
        Self::from_secs(0)
    }
}

macro_rules! empty_values {
    ($($of:ty = $value:expr,)*) => {
        $(impl Empty for $of {
            fn empty() -> Self {
                $value
            }
        })*
    };
}

empty_values! { bool = false, i32 = 0, i64 = 0, u8 = 0, u16 = 0, u32 = 0, u64 = 0, f32 = 0.0, f64 = 0.0, }

/// An object of a response, as the macro `object` makes it of a struct.
pub(crate) trait Object: Empty {
    /// The struct's name, for errors.
    const NAME: &'static str;
    /// The names of the fields, as the API writes them.
    const FIELDS: &'static [&'static str];
    /// The fields that must be there, a bit each.
    const REQUIRED: u64;

    /// Which field has this name; [`OTHER`] when none has.
    fn index(key: &str) -> usize;

    /// Reads the value of one field.
    fn read<'de, A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<(), A::Error>;
}

/// The index of what is no field.
pub(crate) const OTHER: usize = usize::MAX;

/// Reads an object: what its `Deserialize` calls.
#[cfg_attr(not(feature = "full"), allow(dead_code))]
pub(crate) fn read<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_struct(T::NAME, T::FIELDS, Fields(PhantomData))
}

/// Reads a field's value into its place.
#[cfg_attr(not(feature = "full"), allow(dead_code))]
pub(crate) fn fill<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    place: &mut T,
    map: &mut A,
) -> Result<(), A::Error> {
    *place = map.next_value()?;
    Ok(())
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut object = T::empty();
        let mut seen = 0_u64;
        while let Some(index) = map.next_key_seed(Key(T::index))? {
            let Some(name) = T::FIELDS.get(index) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let bit = 1 << index;
            if seen & bit != 0 {
                return Err(A::Error::duplicate_field(name));
            }
            seen |= bit;
            object.read(index, &mut map)?;
        }
        let missing = T::REQUIRED & !seen;
        match T::FIELDS.get(missing.trailing_zeros() as usize) {
            Some(name) if missing != 0 => Err(A::Error::missing_field(name)),
            _ => Ok(object),
        }
    }
}

/// A field's name, read as its index.
struct Key(fn(&str) -> usize);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E>(self, key: &str) -> Result<usize, E> {
        Ok((self.0)(key))
    }
}

/// Makes a struct an object of a response: `object!(Lamp [0 => id: "id", 1 => kind: "type"] requires [0]);`.
#[allow(unused_macros)]
macro_rules! object {
    ($name:ident [$($index:literal => $field:ident: $key:literal),* $(,)?] requires [$($required:literal),*]) => {
        empty!($name [$($field),*]);

        impl $crate::object::Object for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [&'static str] = &[$($key),*];
            const REQUIRED: u64 = 0 $(| 1 << $required)*;

            #[inline]
            fn index(key: &str) -> usize {
                match key {
                    $($key => $index,)*
                    _ => $crate::object::OTHER,
                }
            }

            fn read<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                index: usize,
                #[allow(unused_variables)] map: &mut A,
            ) -> Result<(), A::Error> {
                match index {
                    $($index => $crate::object::fill(&mut self.$field, map),)*
                    _ => Ok(()),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::object::read(deserializer)
            }
        }

        #[cfg(feature = "round-trip")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[allow(unused_imports)]
                use serde::ser::SerializeMap as _;
                #[allow(unused_mut)]
                let mut map = serializer.serialize_map(None)?;
                let required = 0_u64 $(| 1 << $required)*;
                let _ = required;
                $(
                    if required & (1 << $index) != 0 || !$crate::object::Empty::is_empty(&self.$field) {
                        map.serialize_entry($key, &self.$field)?;
                    }
                )*
                map.end()
            }
        }
    };
}

/// Tells what a struct is before it is read.
#[allow(unused_macros)]
macro_rules! empty {
    ($name:ident [$($field:ident),* $(,)?]) => {
        impl $crate::object::Empty for $name {
            #[inline]
            fn empty() -> Self {
                Self { $($field: $crate::object::Empty::empty(),)* }
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

    object!(Lamp [0 => id: "id", 1 => kind: "type", 2 => watts: "watts"] requires [2]);

    fn read(text: &str) -> Result<Lamp, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn fields_are_read_in_any_order_and_unknown_ones_ignored() {
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
    fn what_does_not_fit_is_told_as_serde_tells_it() {
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

    #[cfg(feature = "round-trip")]
    #[test]
    fn what_was_not_there_is_not_written() {
        let lamp = read(r#"{"watts": 0}"#).unwrap();
        assert_eq!(serde_json::to_string(&lamp).unwrap(), r#"{"watts":0}"#);
    }
}
