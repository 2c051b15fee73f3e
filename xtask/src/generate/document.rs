//! The canonical documents as types for generation: the projections of each type united.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use katapult_openapi::{Api, Schema, SchemaType};
use serde_json::{Map, Value};

use crate::files;
use crate::text::{is_pascal, is_snake, is_taken_type, pascal};

/// Both canonical documents as one: operations by name, and the schemas of both, one of each type.
#[derive(Default)]
pub(crate) struct Document {
    pub(crate) operations: BTreeMap<String, Operation>,
    /// One schema a type: the fields of all components of that type.
    pub(crate) types: BTreeMap<String, Value>,
    /// Codes of errors, with the type of what they bring with them.
    pub(crate) codes: BTreeMap<String, Option<String>>,
}

pub(crate) struct Operation {
    /// The operation as its document has it.
    pub(crate) spec: katapult_openapi::Operation,
    pub(crate) query: BTreeMap<String, Param>,
    pub(crate) body: Option<Value>,
    /// The response's schema; `None` when it is text.
    pub(crate) response: Option<Value>,
    /// The fields of the response that hold objects, or lists of them, to which the document gives an id
    /// in this very place. A type unites all its places, so it no longer tells.
    pub(crate) identified: Vec<String>,
}

pub(crate) struct Param {
    pub(crate) required: bool,
    pub(crate) schema: Value,
}

/// The way out where a document is not what `vendor` writes.
fn vendor(folder: &Path) -> String {
    let folder = folder.display();
    format!("run `cargo xtask vendor --core FILE --public FILE --openapi {folder}`")
}

pub(crate) fn load(folder: &Path) -> Result<Document> {
    let mut document = Document::default();
    for api in Api::ALL {
        let path = folder.join(format!("katapult-{api}.json"));
        let read = katapult_openapi::Document::parse(api, &files::read(&path)?);
        let is_json = read.as_ref().err().is_none_or(|error| error.is_json());
        let added = read
            .map_err(anyhow::Error::from)
            .and_then(|read| document.add(&read));
        added.with_context(|| {
            let fault = if is_json {
                "not a canonical document"
            } else {
                "not JSON"
            };
            format!("{} is {fault}: {}", path.display(), vendor(folder))
        })?;
    }
    Ok(document)
}

impl Document {
    /// The name of a resource's handle: its own, unless something else is called so.
    pub(crate) fn handle(&self, resource: &str) -> String {
        let name = pascal(resource);
        if self.types.contains_key(&name) || is_taken_type(&name) {
            format!("{name}Resource")
        } else {
            name
        }
    }

    /// The name of an operation's own type: its action's, unless something else is called so.
    pub(crate) fn operation_type(&self, operation: &Operation) -> String {
        let name = pascal(&operation.spec.action);
        let is_type = |name: &str| self.types.contains_key(name);
        if is_type(&name)
            || is_type(&format!("{name}Response"))
            || is_type(&format!("{name}Body"))
            || is_taken_type(&name)
            || name == self.handle(&operation.spec.resource)
        {
            format!("{name}Operation")
        } else {
            name
        }
    }

    /// Adds one API's document.
    pub(crate) fn add(&mut self, document: &katapult_openapi::Document) -> Result<()> {
        let types: BTreeMap<&str, &str> = document
            .schemas()
            .filter_map(|schema| {
                let name = schema.name()?;
                Some((name, schema.type_name().unwrap_or(name)))
            })
            .collect();
        for schema in document.schemas() {
            let name = schema.name().unwrap_or_default();
            if name == "ErrorEnvelope" {
                continue;
            }
            let type_name = types.get(name).copied().unwrap_or(name);
            if !is_pascal(type_name) || is_taken_type(type_name) {
                bail!("schema {name}: no type can be called {type_name}");
            }
            if schema.schema_type() != Some(SchemaType::Object) && !is_ours(schema.json()) {
                bail!("schema {name} is no object, lookup, enumeration or polymorph");
            }
            let schema = with_types(schema.json(), &types);
            match self.types.get_mut(type_name) {
                Some(known) => unite(known, &schema),
                None => {
                    self.types.insert(type_name.to_owned(), schema);
                }
            }
        }
        for error in document.error_codes() {
            let detail = error.detail().and_then(Schema::name).map(str::to_owned);
            let known = self.codes.entry(error.code().to_owned()).or_default();
            *known = known.take().or(detail);
        }
        for operation in document.operations() {
            let id = &operation.id;
            for (part, name) in [
                ("resource", &operation.resource),
                ("action", &operation.action),
            ] {
                if !is_snake(name) {
                    bail!("operation {id} has no x-katapult.{part} that can be a name");
                }
            }
            let named = |schema: Schema<'_>| with_types(schema.json(), &types);
            let query = operation.parameters.iter().filter_map(|parameter| {
                let schema = named(operation.parameter(&parameter.name)?);
                let required = parameter.required;
                Some((parameter.name.clone(), Param { required, schema }))
            });
            let read = Operation {
                query: query.collect(),
                body: operation.request_body().map(named),
                response: operation.response().map(named),
                identified: operation.response().map(identified).unwrap_or_default(),
                spec: operation.clone(),
            };
            if self.operations.insert(id.clone(), read).is_some() {
                bail!("operation {id} is there twice");
            }
        }
        Ok(())
    }

    /// The types that a schema leads to, itself and through others.
    pub(crate) fn reachable(&self, schema: &Value, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(fields) => {
                for (key, value) in fields {
                    match (key.as_str(), value.as_str()) {
                        ("$ref", Some(reference)) => {
                            let name = component_of(reference);
                            if found.insert(name.to_owned())
                                && let Some(schema) = self.types.get(name)
                            {
                                self.reachable(schema, found);
                            }
                        }
                        _ => self.reachable(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.reachable(item, found)),
            _ => {}
        }
    }
}

pub(crate) fn component_of(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// The types that are ours and not progenitor's: lookups, enumerations and polymorphs.
pub(crate) fn is_ours(schema: &Value) -> bool {
    let schema = Schema::new(schema, schema);
    schema.is_lookup() || schema.is_tagged_union() || schema.is_enum()
}

/// The fields at the top of a response whose objects have an id in the document.
fn identified(response: Schema<'_>) -> Vec<String> {
    let has_id = |field: Schema<'_>| {
        let mut object = field;
        while let Some(items) = object.items() {
            object = items;
        }
        object.property("id").is_some_and(|id| !id.nullable())
    };
    response
        .properties()
        .filter(|(_, field)| has_id(*field))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The schema with every reference to a component led to its type.
fn with_types(schema: &Value, types: &BTreeMap<&str, &str>) -> Value {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let value = match (key.as_str(), value.as_str()) {
                    ("$ref", Some(reference)) => {
                        let component = component_of(reference);
                        let name = types.get(component).copied().unwrap_or(component);
                        Value::String(format!("#/components/schemas/{name}"))
                    }
                    _ => with_types(value, types),
                };
                (key.clone(), value)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(|item| with_types(item, types)).collect(),
        other => other.clone(),
    }
}

/// Adds what another component of the same type knows. A field is required where all require it, and
/// has no type of its own where two disagree.
fn unite(known: &mut Value, other: &Value) {
    let union = |key: &str| -> Vec<Value> {
        let mut all: Vec<Value> = [&*known, other]
            .iter()
            .filter_map(|schema| schema[key].as_array())
            .flatten()
            .cloned()
            .collect();
        all.sort_by_key(ToString::to_string);
        all.dedup();
        all
    };
    if known.get("enum").is_some() {
        known["enum"] = union("enum").into();
        return;
    }
    if known.get("x-katapult-lookup").is_some() {
        let keys = union("x-katapult-lookup");
        known["oneOf"] = union("oneOf").into();
        known["x-katapult-lookup"] = keys.into();
        return;
    }
    let mut required = known["required"].as_array().cloned().unwrap_or_default();
    required.retain(|name| {
        other["required"]
            .as_array()
            .is_some_and(|names| names.contains(name))
    });
    let empty = Map::new();
    let others = other["properties"].as_object().unwrap_or(&empty);
    if let Some(fields) = known["properties"].as_object_mut() {
        for (name, field) in others {
            match fields.get(name) {
                None => {
                    fields.insert(name.clone(), field.clone());
                }
                Some(mine) if says_nothing(mine) => {
                    fields.insert(name.clone(), field.clone());
                }
                Some(mine) if says_nothing(field) || bare(mine) == bare(field) => {
                    let nullable = is_nullable(mine) || is_nullable(field);
                    if nullable && !is_nullable(mine) {
                        fields.insert(
                            name.clone(),
                            if is_nullable(field) {
                                field.clone()
                            } else {
                                mine.clone()
                            },
                        );
                    }
                }
                Some(_) => {
                    fields.insert(name.clone(), Value::Object(Map::new()));
                }
            }
        }
    }
    if required.is_empty() {
        known
            .as_object_mut()
            .map(|schema| schema.remove("required"));
    } else {
        known["required"] = required.into();
    }
}

fn says_nothing(schema: &Value) -> bool {
    schema
        .as_object()
        .is_some_and(|fields| fields.keys().all(|key| key == "nullable"))
}

fn is_nullable(schema: &Value) -> bool {
    schema["nullable"].as_bool().unwrap_or(false)
}

/// The schema without whether it can be null.
fn bare(schema: &Value) -> Value {
    let mut bare = schema.clone();
    if let Some(fields) = bare.as_object_mut() {
        fields.remove("nullable");
        if fields.len() == 1
            && let Some([inner]) = fields
                .get("allOf")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
        {
            return inner.clone();
        }
    }
    bare
}
