//! Rendering of objects by the schemas of the document: the fields of the projection, `null` for a value
//! that is not set, other objects by their own projections.

use serde_json::{Map, Value, json};

use crate::response::history::ResponseHistory;
use crate::spec::schema::{Kind, Node, Schema, Schemas};
use crate::world::computed_fields::computed_field;
use crate::world::{Object, World};

/// The depth at which nested projections are cut off: the schemas refer to each other in circles.
const MAX_DEPTH: usize = 10;

/// A renderer of objects and values.
#[derive(Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub(crate) schemas: &'a Schemas,
    pub(crate) history: &'a ResponseHistory,
    pub(crate) world: &'a World,
}

impl Renderer<'_> {
    /// Renders a value by the schema at `node`. An id is rendered as the object.
    pub(crate) fn value(&self, node: Node, stored: Option<&Value>) -> Value {
        self.value_at(node, stored, None, 0)
    }

    /// Renders an object by its projection.
    pub(crate) fn object(&self, node: Node, object: &Object) -> Value {
        self.project(
            self.schemas.get(node),
            Some(object),
            &object.fields,
            None,
            0,
        )
    }

    fn value_at(
        &self,
        node: Node,
        stored: Option<&Value>,
        parent: Option<&str>,
        depth: usize,
    ) -> Value {
        let schema = self.schemas.get(node);
        let stored = stored.filter(|value| !value.is_null());
        // Projections that contain each other end here.
        if node.nullable && (stored.is_none() || depth > MAX_DEPTH) {
            return Value::Null;
        }
        if !schema.polymorph.is_empty() {
            return self.polymorph(schema, stored, depth);
        }
        match schema.kind {
            Kind::Object => self.object_value(schema, node.nullable, stored, parent, depth),
            Kind::Array => match (schema.items, stored) {
                (Some(node), Some(Value::Array(items))) => items
                    .iter()
                    .map(|item| self.value_at(node, Some(item), parent, depth + 1))
                    .collect(),
                _ => json!([]),
            },
            _ => scalar(schema, stored),
        }
    }

    fn object_value(
        &self,
        schema: &Schema,
        nullable: bool,
        stored: Option<&Value>,
        parent: Option<&str>,
        depth: usize,
    ) -> Value {
        if depth > MAX_DEPTH {
            return json!({});
        }
        let fields = match stored {
            Some(Value::String(id)) => match self.world.get(id) {
                Some(object) => {
                    return self.project(schema, Some(object), &object.fields, parent, depth);
                }
                // The object was removed.
                None if nullable => return Value::Null,
                None => &Map::new(),
            },
            Some(Value::Object(fields)) => fields,
            _ => &Map::new(),
        };
        // A free-form object, such as attributes.
        if schema.properties.is_empty() {
            return Value::Object(fields.clone());
        }
        self.project(schema, None, fields, parent, depth)
    }

    fn project(
        &self,
        schema: &Schema,
        object: Option<&Object>,
        fields: &Map<String, Value>,
        parent: Option<&str>,
        depth: usize,
    ) -> Value {
        let name = schema.name.as_deref();
        let fields_now = schema
            .properties
            .iter()
            .filter(|(field, _)| self.history.has_field(name, parent, field));
        let rendered = fields_now.map(|(field, node)| {
            let computed = object.and_then(|object| computed_field(self.world, object, field));
            let stored = computed.as_ref().or_else(|| fields.get(field));
            (field.clone(), self.value_at(*node, stored, name, depth + 1))
        });
        Value::Object(rendered.collect())
    }

    fn polymorph(&self, schema: &Schema, stored: Option<&Value>, depth: usize) -> Value {
        let object = stored
            .and_then(Value::as_str)
            .and_then(|id| self.world.get(id));
        let variant =
            object.and_then(|object| Some((object, *schema.polymorph.get(&object.kind)?)));
        match (variant, schema.polymorph.iter().next()) {
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
            // A variant is required even when nothing is stored.
            (None, Some((kind, node))) => {
                json!({"type": kind, "value": self.value_at(*node, None, schema.name.as_deref(), depth + 1)})
            }
            (None, None) => Value::Null,
        }
    }
}

/// Returns the stored value if it has the schema's type, otherwise the emptiest value of that type.
fn scalar(schema: &Schema, stored: Option<&Value>) -> Value {
    let first = || schema.values.first().cloned();
    match (schema.kind, stored) {
        (Kind::String, Some(Value::String(text))) => json!(text),
        // The initial state may have a number where the document has a string.
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
