//! From an object to what a reply shows of it: the fields of the projection that the document names
//! there, `null` where a value is not set, other objects by their own projections.

use serde_json::{Map, Value, json};

use crate::derive;
use crate::schema::{Kind, Node, Schema, Schemas};
use crate::shape::Shapes;
use crate::world::{Object, World};

/// How deep projections nest before they are taken for a loop.
const MAX_DEPTH: usize = 10;

/// What is needed to show things.
#[derive(Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub(crate) schemas: &'a Schemas,
    pub(crate) shapes: &'a Shapes,
    pub(crate) world: &'a World,
}

impl Renderer<'_> {
    /// A value, as the schema at `node` wants it. The text of an object's id stands for the object.
    pub(crate) fn value(&self, node: Node, stored: Option<&Value>) -> Value {
        self.at(node, stored, None, 0)
    }

    /// One object by its projection.
    pub(crate) fn object(&self, node: Node, object: &Object) -> Value {
        self.project(
            self.schemas.get(node),
            Some(object),
            &object.fields,
            None,
            0,
        )
    }

    fn at(&self, node: Node, stored: Option<&Value>, within: Option<&str>, depth: usize) -> Value {
        let schema = self.schemas.get(node);
        let stored = stored.filter(|value| !value.is_null());
        if node.nullable && (stored.is_none() || depth > MAX_DEPTH) {
            return Value::Null;
        }
        if !schema.polymorph.is_empty() {
            return self.polymorph(schema, stored, depth);
        }
        match schema.kind {
            Kind::Object => self.inner(schema, node.nullable, stored, within, depth),
            Kind::Array => match (schema.items, stored) {
                (Some(node), Some(Value::Array(items))) => items
                    .iter()
                    .map(|item| self.at(node, Some(item), within, depth + 1))
                    .collect(),
                _ => json!([]),
            },
            _ => scalar(schema, stored),
        }
    }

    fn inner(
        &self,
        schema: &Schema,
        nullable: bool,
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
                None if nullable => return Value::Null,
                None => &Map::new(),
            },
            Some(Value::Object(fields)) => fields,
            _ => &Map::new(),
        };
        if schema.properties.is_empty() {
            return Value::Object(fields.clone());
        }
        self.project(schema, None, fields, within, depth)
    }

    fn project(
        &self,
        schema: &Schema,
        object: Option<&Object>,
        fields: &Map<String, Value>,
        within: Option<&str>,
        depth: usize,
    ) -> Value {
        let name = schema.name.as_deref();
        let shown = schema
            .properties
            .iter()
            .filter(|(field, _)| self.shapes.has(name, within, field));
        let shown = shown.map(|(field, node)| {
            let derived = object.and_then(|object| derive::field(self.world, object, field));
            let stored = derived.as_ref().or_else(|| fields.get(field));
            (field.clone(), self.at(*node, stored, name, depth + 1))
        });
        Value::Object(shown.collect())
    }

    fn polymorph(&self, schema: &Schema, stored: Option<&Value>, depth: usize) -> Value {
        let object = stored
            .and_then(Value::as_str)
            .and_then(|id| self.world.get(id));
        let shown = object.and_then(|object| Some((object, *schema.polymorph.get(&object.kind)?)));
        match (shown, schema.polymorph.iter().next()) {
            (Some((object, node)), _) => {
                let value = self.project(
                    self.schemas.get(node),
                    Some(object),
                    &object.fields,
                    schema.name.as_deref(),
                    depth + 1,
                );
                json!({"type": object.kind, "value": value})
            }
            (None, Some((kind, node))) => {
                json!({"type": kind, "value": self.at(*node, None, schema.name.as_deref(), depth + 1)})
            }
            (None, None) => Value::Null,
        }
    }
}

/// A value of the schema's type: the stored one if it is, else the type's emptiest.
fn scalar(schema: &Schema, stored: Option<&Value>) -> Value {
    let first = || schema.values.first().cloned();
    match (schema.kind, stored) {
        (Kind::String, Some(Value::String(text))) => json!(text),
        (Kind::String, Some(Value::Number(number))) => json!(number.to_string()),
        (Kind::String, _) => first().unwrap_or_else(|| json!("")),
        (Kind::Integer, Some(Value::Number(number))) if !number.is_f64() => json!(number),
        (Kind::Number, Some(Value::Number(number))) => json!(number),
        (Kind::Integer | Kind::Number, _) => first().unwrap_or_else(|| json!(0)),
        (Kind::Boolean, Some(Value::Bool(value))) => json!(value),
        (Kind::Boolean, _) => json!(false),
        (_, Some(value)) => value.clone(),
        (_, None) => Value::Null,
    }
}
