//! The world that the sandbox begins with, from a file.

use std::fmt;

use serde_json::Value;

use crate::world::World;

/// The world when no other is given.
pub(crate) const WORLD: &str = include_str!("../data/world.json");

/// Why a world could not be read.
#[derive(Debug)]
pub struct WorldError(pub(crate) String);

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the world: {}", self.0)
    }
}

impl std::error::Error for WorldError {}

/// Puts the objects of a text into a world.
pub(crate) fn fill(world: &mut World, text: &str) -> Result<(), WorldError> {
    read(world, text).map_err(|WorldError(why)| {
        let form = "it is a JSON object with \"objects\", each with its \"type\"";
        WorldError(format!("{why}; {form}"))
    })
}

fn read(world: &mut World, text: &str) -> Result<(), WorldError> {
    let root: Value = serde_json::from_str(text).map_err(|error| WorldError(error.to_string()))?;
    let objects = root
        .get("objects")
        .and_then(Value::as_array)
        .ok_or_else(|| WorldError("it has no objects".into()))?;
    for (index, object) in objects.iter().enumerate() {
        one(world, object).map_err(|error| WorldError(format!("objects[{index}]: {}", error.0)))?;
    }
    Ok(())
}

fn one(world: &mut World, object: &Value) -> Result<String, WorldError> {
    let mut fields = object.clone();
    let object = fields
        .as_object_mut()
        .ok_or_else(|| WorldError("it is no object".into()))?;
    let Some(Value::String(kind)) = object.remove("type") else {
        return Err(WorldError("it has no type".into()));
    };
    // An object that has a field `type` itself.
    let fields = object.remove("fields").unwrap_or(fields);
    put(world, &kind, &fields)
}

/// Puts an object of a type into a world; gives its id.
pub(crate) fn put(world: &mut World, kind: &str, fields: &Value) -> Result<String, WorldError> {
    let wrong = |why: &str| WorldError(why.to_owned());
    let mut fields = fields
        .as_object()
        .cloned()
        .ok_or_else(|| wrong("its fields are no object"))?;
    match fields.remove("id") {
        Some(Value::String(id)) => {
            fields.entry("created_at").or_insert(world.seconds().into());
            world.insert(kind, &id, fields);
            Ok(id)
        }
        None => Ok(world.create(kind, fields)),
        Some(_) => Err(wrong("its id is no text")),
    }
}
