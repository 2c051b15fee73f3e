//! JSON Schemas of the types: the document's facts, as schemars presents them.
//!
//! The generator writes each schema as text, so that a type costs a table and no code of its own.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// A name with the type that belongs to it: a type by its own name, or that of a key or variant.
pub(crate) type Reference = (&'static str, fn(&mut SchemaGenerator) -> Schema);

/// Implements `JsonSchema` for a type, by its name and a schema.
macro_rules! json_schema {
    ($type:ty, $name:expr, |$generator:tt| $schema:expr $(, $inline:ident)?) => {
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!("katapult_gen::", $name).into()
            }

            $(fn inline_schema() -> bool {
                json_schema!(@$inline)
            })?

            fn json_schema($generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $schema
            }
        }
    };
    (@inline) => { true };
}

/// Implements `JsonSchema` for structs:
/// `json_schemas! { types::Lamp, "Lamp", [Colour], r#"{…}"#; }`.
macro_rules! json_schemas {
    ($($(#[$gate:meta])* $($path:ident)::+, $name:literal, [$($used:ident),*], $schema:literal;)*) => {
        $(
            $(#[$gate])*
            json_schema!(crate::$($path)::+, $name, |generator| {
                let references: &[$crate::values::json_schema::Reference] = &[
                    $((stringify!($used), schemars::SchemaGenerator::subschema_for::<crate::types::$used>),)*
                ];
                $crate::values::json_schema::resolve($schema, references, generator)
            });
        )*
    };
}

/// Returns the schema in a text, with each `{"$ref": "Lamp"}` replaced by a reference to that type.
pub(crate) fn resolve(
    text: &str,
    references: &[Reference],
    generator: &mut SchemaGenerator,
) -> Schema {
    let mut schema = serde_json::from_str(text).unwrap_or(Value::Bool(true));
    replace(&mut schema, references, generator);
    to_schema(schema)
}

fn replace(schema: &mut Value, references: &[Reference], generator: &mut SchemaGenerator) {
    match schema {
        Value::Object(fields) => {
            // A property may be called `$ref` too, but its value is an object.
            if let Some(Value::String(name)) = fields.get("$ref") {
                let found = references.iter().find(|(known, _)| known == name);
                let target = found.map(|(_, subschema)| subschema(generator).to_value());
                *schema = target.unwrap_or(Value::Bool(true));
                return;
            }
            for value in fields.values_mut() {
                replace(value, references, generator);
            }
        }
        Value::Array(items) => {
            for item in items {
                replace(item, references, generator);
            }
        }
        _ => {}
    }
}

fn to_schema(schema: Value) -> Schema {
    Schema::try_from(schema).unwrap_or_default()
}

/// Returns the schema of an enumeration, which is open: the known values, and any other text.
pub(crate) fn open_enumeration(known: &[&str]) -> Schema {
    // Generators of code and of forms read the first alternative as the choices.
    to_schema(json!({ "anyOf": [{ "type": "string", "enum": known }, { "type": "string" }] }))
}

/// Returns the schema of a lookup: an object with exactly one of the keys.
#[cfg(feature = "__lookup")]
pub(crate) fn lookup(keys: &[Reference], generator: &mut SchemaGenerator) -> Schema {
    let properties = keys
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value(generator).to_value()));
    to_schema(json!({
        "type": "object",
        "properties": properties.collect::<Map<_, _>>(),
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    }))
}

/// Returns the schema of a tagged union, which is open: a value of a known type, or one of any other.
#[cfg(feature = "__tagged-union")]
pub(crate) fn tagged_union(variants: &[Reference], generator: &mut SchemaGenerator) -> Schema {
    let tags: Vec<&str> = variants.iter().map(|(tag, _)| *tag).collect();
    let mut choices: Vec<Value> = variants
        .iter()
        .map(|(tag, value)| {
            json!({
                "type": "object",
                "properties": { "type": { "const": tag }, "value": value(generator) },
                "required": ["type", "value"],
            })
        })
        .collect();
    choices.push(json!({
        "type": "object",
        "properties": { "type": { "type": "string" } },
        "not": { "properties": { "type": { "enum": tags } }, "required": ["type", "value"] },
    }));
    to_schema(json!({ "anyOf": choices }))
}

json_schema!(
    crate::Timestamp,
    "Timestamp",
    |_| to_schema(json!({
        "type": "integer",
        "format": "int64",
        "description": "Seconds since the Unix epoch.",
    })),
    inline
);
json_schema!(
    crate::Secret,
    "Secret",
    |_| to_schema(json!({ "type": "string", "format": "password" })),
    inline
);

/// A field that is absent is left out by whoever writes the object, so this is the schema of the
/// other two states.
impl<T: JsonSchema> JsonSchema for crate::Patch<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        Option::<T>::schema_id()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}
