//! Deserialization of the objects that a response is about, which must have an id.
//!
//! A type unites all its projections, some of which have no `id`, so its field is an empty string
//! if absent. Where the document gives an id, an absent one is an error like any absent field.

#![allow(dead_code)] // some features have no such response

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::object_visitor::{FieldTable, ObjectVisitor};
use super::place::Place;

/// Reads the next value of a map into a field: an object with an id, or a list of them. `name` is the field's, for
/// errors.
pub(crate) fn read_with_id<'de, T: WithId<'de>, A: MapAccess<'de>>(
    field: &mut T,
    name: &'static str,
    map: &mut A,
) -> Result<bool, A::Error> {
    *field = map.next_value_seed(with_id(PhantomData, name))?;
    Ok(true)
}

/// Returns the seed that reads a field with a check for ids. `name` is the field's, for errors.
pub(crate) fn with_id<T>(_: PhantomData<T>, name: &'static str) -> Seed<T> {
    Seed::at(Place::field(name))
}

/// A value that is read with a check for ids: an object, or a list of objects.
pub(crate) trait WithId<'de>: Sized {
    /// Deserializes the value. An object without an id is an error with its place.
    fn deserialize_with_id<D: Deserializer<'de>>(
        deserializer: D,
        place: Place,
    ) -> Result<Self, D::Error>;
}

impl<'de, T: FieldTable> WithId<'de> for T {
    fn deserialize_with_id<D: Deserializer<'de>>(
        deserializer: D,
        place: Place,
    ) -> Result<Self, D::Error> {
        let visitor = ObjectVisitor::with_id(place);
        deserializer.deserialize_struct(T::NAMES.object, T::NAMES.fields, visitor)
    }
}

impl<'de, T: WithId<'de>> WithId<'de> for Option<T> {
    fn deserialize_with_id<D: Deserializer<'de>>(
        deserializer: D,
        place: Place,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_option(OptionVisitor(Seed::at(place)))
    }
}

impl<'de, T: WithId<'de>> WithId<'de> for Vec<T> {
    fn deserialize_with_id<D: Deserializer<'de>>(
        deserializer: D,
        place: Place,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(Seed::at(place)))
    }
}

/// Reads a value with a check for ids.
pub(crate) struct Seed<T>(Place, PhantomData<T>);

impl<T> Seed<T> {
    fn at(place: Place) -> Self {
        Self(place, PhantomData)
    }
}

impl<'de, T: WithId<'de>> DeserializeSeed<'de> for Seed<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::deserialize_with_id(deserializer, self.0)
    }
}

struct OptionVisitor<T>(Seed<T>);

impl<'de, T: WithId<'de>> Visitor<'de> for OptionVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with an id")
    }

    fn visit_none<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}

struct ListVisitor<T>(Seed<T>);

impl<'de, T: WithId<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let Seed(place, _) = self.0;
        let mut items = Vec::new();
        loop {
            let seed = Seed::at(place.item(items.len()));
            match list.next_element_seed(seed)? {
                Some(item) => items.push(item),
                None => return Ok(items),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::wire::lamp::Lamp;

    #[derive(Debug)]
    struct Page {
        lamp: Lamp,
        lamps: Vec<Lamp>,
        spare: Option<Lamp>,
        spares: Option<Vec<Lamp>>,
    }
    impl_deserialize!(
        Page, 2 {}
        with_id { 0 lamp: "lamp", 1 lamps: "lamps" }
        optional_with_id { 2 spare: "spare", 3 spares: "spares" }
    );

    fn read(text: &str) -> Result<Page, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn objects_with_ids_are_read_and_one_without_is_an_error_with_its_place() {
        let page = read(
            r#"{"lamp":{"id":"a"},"lamps":[{"id":"b"}],"spare":{"id":"c"},"spares":[{"id":"d"}]}"#,
        )
        .unwrap();
        assert_eq!(
            (page.lamp.id.as_str(), page.lamps[0].id.as_str()),
            ("a", "b")
        );
        assert_eq!(page.spare.unwrap().id, "c");
        assert_eq!(page.spares.unwrap()[0].id, "d");
        let page = read(r#"{"lamp":{"id":"a"},"lamps":[],"spare":null}"#).unwrap();
        assert_eq!((page.spare, page.spares), (None, None));

        for (text, expected) in [
            // An id that is empty is the same as none.
            (
                r#"{"lamp":{"id":""}"#,
                "lamp: missing field `id` at line 1 column 17",
            ),
            (
                r#"{"lamp":{}"#,
                "lamp: missing field `id` at line 1 column 10",
            ),
            (
                r#"{"lamps":[{"id":"a"},{"kind":"led"}]"#,
                "lamps[1]: missing field `id` at line 1 column 35",
            ),
            (
                r#"{"spare":{}"#,
                "spare: missing field `id` at line 1 column 11",
            ),
            (
                r#"{"spares":[{}]"#,
                "spares[0]: missing field `id` at line 1 column 13",
            ),
            (
                r#"{"lamps":{}"#,
                "invalid type: map, expected a sequence at line 1 column 9",
            ),
            (
                r#"{"spare":1"#,
                "invalid type: integer `1`, expected struct Lamp at line 1 column 10",
            ),
            (
                r#"{"lamp":{"id":"a"}}"#,
                "missing field `lamps` at line 1 column 19",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), expected, "{text}");
        }
    }
}
