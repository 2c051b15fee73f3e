//! The initial state of the world, from JSON.

use std::fmt;

use serde_json::Value;

use crate::world::World;

/// The default initial state.
pub(crate) const DEFAULT: &str = include_str!("../../data/world.json");

/// An object that cannot be added to the world, or that does not exist.
#[derive(Debug)]
pub struct WorldError(String);

impl WorldError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the world: {}", self.0)
    }
}

impl std::error::Error for WorldError {}

/// Inserts the objects of an initial state.
pub(crate) fn load(world: &mut World, json: &str) -> Result<(), WorldError> {
    insert_all(world, json).map_err(|WorldError(message)| {
        let format = "expected a JSON object with \"objects\", each with its \"type\"";
        WorldError(format!("{message}; {format}"))
    })
}

fn insert_all(world: &mut World, json: &str) -> Result<(), WorldError> {
    let root: Value = serde_json::from_str(json).map_err(|error| WorldError(error.to_string()))?;
    let objects = root
        .get("objects")
        .and_then(Value::as_array)
        .ok_or_else(|| WorldError::new("\"objects\" is missing or not an array"))?;
    for (index, object) in objects.iter().enumerate() {
        insert_one(world, object)
            .map_err(|error| WorldError(format!("objects[{index}]: {}", error.0)))?;
    }
    Ok(())
}

fn insert_one(world: &mut World, object: &Value) -> Result<String, WorldError> {
    let mut fields = object.clone();
    let object = fields
        .as_object_mut()
        .ok_or_else(|| WorldError::new("not an object"))?;
    let Some(Value::String(kind)) = object.remove("type") else {
        return Err(WorldError::new("\"type\" is missing or not a string"));
    };
    // An object with a field `type` of its own has all of them in `fields`.
    let fields = object.remove("fields").unwrap_or(fields);
    insert(world, &kind, &fields)
}

/// Inserts an object of a type and returns its id.
pub(crate) fn insert(world: &mut World, kind: &str, fields: &Value) -> Result<String, WorldError> {
    let mut fields = fields
        .as_object()
        .cloned()
        .ok_or_else(|| WorldError::new("the fields are not an object"))?;
    match fields.remove("id") {
        Some(Value::String(id)) => {
            fields
                .entry("created_at")
                .or_insert(world.now_secs().into());
            world.insert(kind, &id, fields);
            Ok(id)
        }
        None => Ok(world.create(kind, fields)),
        Some(_) => Err(WorldError::new("the id is not a string")),
    }
}
