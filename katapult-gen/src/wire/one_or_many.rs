//! Lists of which the document does not say whether they are lists.

use serde::de::{DeserializeOwned, Error as _, MapAccess};
use serde_json::Value;

use super::ids::WithId;
use super::place::Place;

/// Reads the next value of a map into a field with a list. An object in place of the list is a list of one item.
#[allow(dead_code)] // some features have no such list
pub(crate) fn read_many<'de, T: DeserializeOwned, A: MapAccess<'de>>(
    field: &mut Vec<T>,
    _name: &'static str,
    map: &mut A,
) -> Result<bool, A::Error> {
    *field = serde_json::from_value(list(map)?).map_err(A::Error::custom)?;
    Ok(true)
}

/// Like [`read_many`], of objects that must have an id. `name` is the field's, for errors.
#[allow(dead_code)] // some features have no such list
pub(crate) fn read_many_with_id<'de, T: for<'any> WithId<'any>, A: MapAccess<'de>>(
    field: &mut Vec<T>,
    name: &'static str,
    map: &mut A,
) -> Result<bool, A::Error> {
    let place = Place::field(name);
    *field = Vec::deserialize_with_id(list(map)?, place).map_err(A::Error::custom)?;
    Ok(true)
}

fn list<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Value, A::Error> {
    Ok(match map.next_value()? {
        one @ Value::Object(_) => Value::Array(vec![one]),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use crate::wire::lamp::Lamp;

    #[derive(Debug)]
    struct Page {
        page: u8,
        lamp: Vec<Lamp>,
        color: Vec<String>,
    }
    impl_deserialize!(Page, 3 { 0 page: "page" } one_or_many {
        1 lamp: "lamp" or 3: "lamps" read_many_with_id,
        2 color: "color" or 4: "colors" read_many,
    });

    fn read(text: &str) -> Result<Page, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn list_has_either_name_and_may_be_one_object() {
        for text in [
            r#"{"page":1,"lamp":[{"id":"a"}],"color":["red"]}"#,
            r#"{"lamps":{"id":"a"},"colors":["red"],"page":1}"#,
        ] {
            let page = read(text).unwrap();
            assert_eq!((page.page, page.lamp[0].id.as_str()), (1, "a"), "{text}");
            assert_eq!(page.color, ["red"], "{text}");
        }
        for (text, expected) in [
            (r#"{"page":1,"lamp":[]}"#, "missing field `color`"),
            (r#"{"lamp":[],"lamps":[]}"#, "duplicate field `lamps`"),
            (
                r#"{"lamps":[{"id":"a"},{}]}"#,
                "lamp[1]: missing field `id`",
            ),
            (
                r#"{"lamp":1}"#,
                "invalid type: integer `1`, expected a sequence",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
