//! From an object to what a reply shows of it: the fields of the projection that the document names
//! there, `null` where a value is not set, other objects by their own projections.

use katapult_openapi::{Schema, SchemaType};
use serde_json::{Map, Value, json};

use crate::derive;
use crate::shape::Shapes;
use crate::world::{Object, World};

/// How deep projections nest before they are taken for a loop.
const MAX_DEPTH: usize = 10;

/// What is needed to show things.
#[derive(Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub(crate) shapes: &'a Shapes,
    pub(crate) world: &'a World,
}

impl Renderer<'_> {
    /// A value, as the schema has it. The text of an object's id stands for the object.
    pub(crate) fn value(&self, schema: Schema<'_>, stored: Option<&Value>) -> Value {
        self.at(schema, stored, None, 0)
    }

    /// One object by its projection.
    pub(crate) fn object(&self, schema: Schema<'_>, object: &Object) -> Value {
        self.project(schema, Some(object), &object.fields, None, 0)
    }

    fn at(
        &self,
        schema: Schema<'_>,
        stored: Option<&Value>,
        within: Option<&str>,
        depth: usize,
    ) -> Value {
        let stored = stored.filter(|value| !value.is_null());
        if schema.nullable() && (stored.is_none() || depth > MAX_DEPTH) {
            return Value::Null;
        }
        if schema.is_tagged_union() {
            return self.polymorph(schema, stored, depth);
        }
        match schema.schema_type() {
            Some(SchemaType::Object) => self.inner(schema, stored, within, depth),
            Some(SchemaType::Array) => match (schema.items(), stored) {
                (Some(schema), Some(Value::Array(items))) => items
                    .iter()
                    .map(|item| self.at(schema, Some(item), within, depth + 1))
                    .collect(),
                _ => json!([]),
            },
            _ => scalar(schema, stored),
        }
    }

    fn inner(
        &self,
        schema: Schema<'_>,
        stored: Option<&Value>,
        within: Option<&str>,
        depth: usize,
    ) -> Value {
        if depth > MAX_DEPTH {
            return json!({});
        }
        let fields = match stored {
            Some(Value::String(id)) => match self.world.get(id) {
                Some(object) => {
                    return self.project(schema, Some(object), &object.fields, within, depth);
                }
                None if schema.nullable() => return Value::Null,
                None => &Map::new(),
            },
            Some(Value::Object(fields)) => fields,
            _ => &Map::new(),
        };
        if !schema.has_properties() {
            return Value::Object(fields.clone());
        }
        self.project(schema, None, fields, within, depth)
    }

    fn project(
        &self,
        schema: Schema<'_>,
        object: Option<&Object>,
        fields: &Map<String, Value>,
        within: Option<&str>,
        depth: usize,
    ) -> Value {
        let name = schema.name();
        let shown = schema
            .properties()
            .filter(|(field, _)| self.shapes.has(name, within, field));
        let shown = shown.map(|(field, schema)| {
            let derived = object.and_then(|object| derive::field(self.world, object, field));
            let stored = derived.as_ref().or_else(|| fields.get(field));
            (field.to_owned(), self.at(schema, stored, name, depth + 1))
        });
        Value::Object(shown.collect())
    }

    fn polymorph(&self, schema: Schema<'_>, stored: Option<&Value>, depth: usize) -> Value {
        let object = stored
            .and_then(Value::as_str)
            .and_then(|id| self.world.get(id));
        let shown = object.and_then(|object| Some((object, schema.variant(&object.kind)?)));
        match (shown, schema.variants().next()) {
            (Some((object, variant)), _) => {
                let value = self.project(
                    variant,
                    Some(object),
                    &object.fields,
                    schema.name(),
                    depth + 1,
                );
                json!({"type": object.kind, "value": value})
            }
            (None, Some((kind, variant))) => {
                json!({"type": kind, "value": self.at(variant, None, schema.name(), depth + 1)})
            }
            (None, None) => Value::Null,
        }
    }
}

/// A value of the schema's type: the stored one if it is, else the type's emptiest.
fn scalar(schema: Schema<'_>, stored: Option<&Value>) -> Value {
    let first = || schema.enum_values().first().cloned();
    match (schema.schema_type(), stored) {
        (Some(SchemaType::String), Some(Value::String(text))) => json!(text),
        (Some(SchemaType::String), Some(Value::Number(number))) => json!(number.to_string()),
        (Some(SchemaType::String), _) => first().unwrap_or_else(|| json!("")),
        (Some(SchemaType::Integer), Some(Value::Number(number))) if !number.is_f64() => {
            json!(number)
        }
        (Some(SchemaType::Number), Some(Value::Number(number))) => json!(number),
        (Some(SchemaType::Integer | SchemaType::Number), _) => first().unwrap_or_else(|| json!(0)),
        (Some(SchemaType::Boolean), Some(Value::Bool(value))) => json!(value),
        (Some(SchemaType::Boolean), _) => json!(false),
        (_, Some(value)) => value.clone(),
        (_, None) => Value::Null,
    }
}
