//! The JSON form, as it is shared between tools. YAML and the like work through serde.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::error::{ParseError, shorten};
use crate::json_path::path_at;
use crate::model::{BuildSpec, said};
use crate::utf8;

/// How much of the parser's words is shown.
const WORDS: usize = 300;
/// How much of a path is shown, which is made of the file's own words.
const PATH: usize = 120;

impl BuildSpec {
    /// Reads the JSON form. Of a reference with an id and another field, the id wins.
    ///
    /// # Errors
    ///
    /// If it is longer than [`MAX_BYTES`](crate::MAX_BYTES), not UTF-8, not JSON, or holds a field that the form doesn't have.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let json = utf8(json.as_ref())?;
        let spec: Result<Object<Self>, _> = serde_json::from_str(json);
        spec.map(|Object(spec)| spec).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let words = error.to_string();
            let end = format!(" at line {line} column {column}");
            let words = words.strip_suffix(&end).unwrap_or(&words);
            let before: usize = json
                .split_inclusive('\n')
                .take(line.saturating_sub(1))
                .map(str::len)
                .sum();
            let path = path_at(json, before + column);
            ParseError::new(shorten(words, WORDS))
                .at(line, column.max(1))
                .within(shorten(&path, PATH))
        })
    }

    /// Writes the JSON form on one line. Nothing is checked.
    pub fn to_json(&self) -> String {
        let value = serde_json::to_string(self);
        value.unwrap_or_default() // The keys are text and the target is memory: it can't fail.
    }

    /// Writes the JSON form, indented by two spaces. Nothing is checked.
    pub fn to_json_indented(&self) -> String {
        let value = serde_json::to_string_pretty(self);
        value.unwrap_or_default() // As above.
    }
}

/// `null` says nothing.
pub(super) fn nothing<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An object, or `null` for nothing.
pub(super) fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(optional_object(deserializer)?.unwrap_or_default())
}

/// An object, or `null` for nothing.
pub(super) fn optional_object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let object = Option::<Object<T>>::deserialize(deserializer)?;
    Ok(object.map(|Object(value)| value))
}

/// Objects, or `null` for nothing.
pub(super) fn objects<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let objects: Vec<Object<T>> = nothing(deserializer)?;
    Ok(objects.into_iter().map(|Object(value)| value).collect())
}

/// What is written as an object. Derived code would take a list of the fields' values too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// `null` and empty text say nothing.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(said))
}
