//! Rendering of objects by the schemas of the document: the fields of the projection, `null` for a value
//! that is not set, other objects by their own projections.

use katapult_openapi::{Schema, SchemaType};
use serde_json::{Map, Value, json};

use crate::response::history::{Place, ResponseHistory};
use crate::world::computed_fields::computed_field;
use crate::world::{Object, World};

/// The depth at which nested projections are cut off: the schemas refer to each other in circles.
const MAX_DEPTH: usize = 10;

/// A renderer of objects and values.
#[derive(Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub(crate) history: &'a ResponseHistory,
    /// The id of the operation that returns the response.
    pub(crate) operation: &'a str,
    pub(crate) world: &'a World,
}

impl Renderer<'_> {
    /// Renders a value by its schema. An id is rendered as the object.
    pub(crate) fn value(&self, schema: Schema<'_>, stored: Option<&Value>) -> Value {
        self.value_at(schema, stored, None, 0)
    }

    /// Renders an object by its projection.
    pub(crate) fn object(&self, schema: Schema<'_>, object: &Object) -> Value {
        self.project(schema, Some(object), &object.fields, None, 0)
    }

    fn value_at(
        &self,
        schema: Schema<'_>,
        stored: Option<&Value>,
        parent: Option<&str>,
        depth: usize,
    ) -> Value {
        let stored = stored.filter(|value| !value.is_null());
        // Projections that contain each other end here.
        if schema.is_nullable() && (stored.is_none() || depth > MAX_DEPTH) {
            return Value::Null;
        }
        if schema.is_tagged_union() {
            return self.tagged_union(schema, stored, depth);
        }
        match schema.schema_type() {
            Some(SchemaType::Object) => self.object_value(schema, stored, parent, depth),
            Some(SchemaType::Array) => match (schema.items(), stored) {
                (Some(schema), Some(Value::Array(items))) => items
                    .iter()
                    .map(|item| self.value_at(schema, Some(item), parent, depth + 1))
                    .collect(),
                _ => json!([]),
            },
            _ => scalar(schema, stored),
        }
    }

    fn object_value(
        &self,
        schema: Schema<'_>,
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
                None if schema.is_nullable() => return Value::Null,
                None => &Map::new(),
            },
            Some(Value::Object(fields)) => fields,
            _ => &Map::new(),
        };
        // A free-form object, such as attributes.
        if !schema.has_properties() {
            return Value::Object(fields.clone());
        }
        self.project(schema, None, fields, parent, depth)
    }

    fn project(
        &self,
        schema: Schema<'_>,
        object: Option<&Object>,
        fields: &Map<String, Value>,
        parent: Option<&str>,
        depth: usize,
    ) -> Value {
        let name = schema.name();
        let place = Place {
            operation: self.operation,
            parent,
        };
        let properties = schema
            .properties()
            .filter(|(field, _)| self.history.has_field(name, place, field));
        let rendered = properties.map(|(field, schema)| {
            let computed = object.and_then(|object| computed_field(self.world, object, field));
            let stored = computed.as_ref().or_else(|| fields.get(field));
            let value = self.value_at(schema, stored, name, depth + 1);
            (field.to_owned(), value)
        });
        Value::Object(rendered.collect())
    }

    fn tagged_union(&self, schema: Schema<'_>, stored: Option<&Value>, depth: usize) -> Value {
        let object = stored
            .and_then(Value::as_str)
            .and_then(|id| self.world.get(id));
        let variant = object.and_then(|object| Some((object, schema.variant(&object.kind)?)));
        let (parent, depth) = (schema.name(), depth + 1);
        match (variant, schema.variants().next()) {
            (Some((object, variant)), _) => {
                let value = self.project(variant, Some(object), &object.fields, parent, depth);
                json!({"type": object.kind, "value": value})
            }
            // A variant is required even when nothing is stored.
            (None, Some((kind, variant))) => {
                json!({"type": kind, "value": self.value_at(variant, None, parent, depth)})
            }
            (None, None) => Value::Null,
        }
    }
}

/// Returns the stored value if it has the schema's type, otherwise the emptiest value of that type.
fn scalar(schema: Schema<'_>, stored: Option<&Value>) -> Value {
    use SchemaType::{Boolean, Integer, Number, String};

    let first = || schema.enum_values().first().cloned();
    match (schema.schema_type(), stored) {
        (Some(String), Some(Value::String(text))) => json!(text),
        // The initial state may have a number where the document has a string.
        (Some(String), Some(Value::Number(number))) => json!(number.to_string()),
        (Some(String), _) => first().unwrap_or_else(|| json!("")),
        (Some(Integer), Some(Value::Number(number))) if !number.is_f64() => json!(number),
        (Some(Number), Some(Value::Number(number))) => json!(number),
        (Some(Integer | Number), _) => first().unwrap_or_else(|| json!(0)),
        (Some(Boolean), Some(Value::Bool(value))) => json!(value),
        (Some(Boolean), _) => json!(false),
        (_, Some(value)) => value.clone(),
        (_, None) => Value::Null,
    }
}
