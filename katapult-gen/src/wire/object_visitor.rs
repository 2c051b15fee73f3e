//! The visitor that reads any response object by its [`FieldTable`].

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::place::Place;
use super::placeholder::Placeholder;

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

    /// Reads the value of the field at an index of [`Names::fields`]. Returns `false` if the value is the same as none.
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        index: usize,
        map: &mut A,
    ) -> Result<bool, A::Error>;
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

/// Reads the next value of a map into a field. Returns `false` if the value is the same as none.
pub(crate) fn read_value<'de, T: Deserialize<'de> + Placeholder, A: MapAccess<'de>>(
    field: &mut T,
    map: &mut A,
) -> Result<bool, A::Error> {
    // In one function per type of value, not per field, which is most of what is saved.
    *field = map.next_value()?;
    Ok(!field.is_placeholder())
}

/// Reads the next value of a map into a field; `null` is the same as its absence.
#[allow(dead_code)] // some features have no such field
pub(crate) fn read_or_null<'de, T: Deserialize<'de> + Default, A: MapAccess<'de>>(
    field: &mut T,
    map: &mut A,
) -> Result<bool, A::Error> {
    let value = map.next_value::<Option<T>>()?;
    let given = value.is_some();
    *field = value.unwrap_or_default();
    Ok(given)
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
        let mut has_id = self.with_id.is_none();
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
            has_id |= object.read_field(index, &mut map)? && name == "id";
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
        match self.with_id {
            Some(place) if !has_id => Err(A::Error::custom(format_args!(
                "{place}: missing field `id`"
            ))),
            _ => Ok(object),
        }
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
