//! The canonical documents, read for generation.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use crate::generate::prepare::is_ours;
use crate::naming::case::{is_pascal, is_snake, pascal};
use crate::naming::reserved::is_taken_type;
use crate::util::fs as files;

/// Both canonical documents as one: operations by name, and the schemas of both, one of each type.
#[derive(Default)]
pub(crate) struct Document {
    pub(crate) operations: BTreeMap<String, Operation>,
    /// One schema a type: the fields of all components of that type.
    pub(crate) types: BTreeMap<String, Value>,
    /// Codes of errors, with the type of what they bring with them.
    pub(crate) codes: BTreeMap<String, Option<String>>,
}

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];

pub(crate) struct Operation {
    pub(crate) api: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) facts: Value,
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

impl Operation {
    /// A fact that is text, or nothing.
    pub(crate) fn fact(&self, name: &str) -> &str {
        self.facts[name].as_str().unwrap_or("")
    }
}

/// The way out where a document is not what `vendor` writes.
fn vendor(folder: &Path) -> String {
    let folder = folder.display();
    format!("run `cargo xtask vendor --core FILE --public FILE --openapi {folder}`")
}

pub(crate) fn load(folder: &Path) -> Result<Document> {
    let mut document = Document::default();
    for api in ["core", "public"] {
        let path = folder.join(format!("katapult-{api}.json"));
        let value: Value = serde_json::from_str(&files::read(&path)?)
            .with_context(|| format!("{} is not JSON: {}", path.display(), vendor(folder)))?;
        document.add(api, &value).with_context(|| {
            format!(
                "{} is not a canonical document: {}",
                path.display(),
                vendor(folder)
            )
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
        let name = pascal(operation.fact("action"));
        let is_type = |name: &str| self.types.contains_key(name);
        if is_type(&name)
            || is_type(&format!("{name}Response"))
            || is_type(&format!("{name}Body"))
            || is_taken_type(&name)
            || name == self.handle(operation.fact("resource"))
        {
            format!("{name}Operation")
        } else {
            name
        }
    }

    /// Adds one API's document.
    pub(crate) fn add(&mut self, api: &'static str, value: &Value) -> Result<()> {
        let no_schemas = Map::new();
        let components = value["components"]["schemas"]
            .as_object()
            .unwrap_or(&no_schemas);
        let types: BTreeMap<&str, &str> = components
            .iter()
            .map(|(name, schema)| {
                (
                    name.as_str(),
                    schema["x-katapult-type"].as_str().unwrap_or(name),
                )
            })
            .collect();
        for (name, schema) in components {
            if name == "ErrorEnvelope" {
                continue;
            }
            let type_name = types.get(name.as_str()).copied().unwrap_or(name);
            if !is_pascal(type_name) || is_taken_type(type_name) {
                bail!("schema {name}: no type can be called {type_name}");
            }
            check_schema(schema, &types).with_context(|| format!("schema {name}"))?;
            if schema["type"] != "object" && !is_ours(schema) {
                bail!("schema {name} is no object, lookup, enumeration or polymorph");
            }
            let schema = with_types(schema, &types);
            match self.types.get_mut(type_name) {
                Some(known) => unite(known, &schema),
                None => {
                    self.types.insert(type_name.to_owned(), schema);
                }
            }
        }
        if let Some(codes) = value["x-katapult-error-codes"].as_object() {
            for (code, facts) in codes {
                let detail = facts["detail"]["$ref"]
                    .as_str()
                    .map(component_of)
                    .map(str::to_owned);
                let known = self.codes.entry(code.clone()).or_default();
                *known = known.take().or(detail);
            }
        }
        for (path, item) in value["paths"].as_object().context("no paths")? {
            for (method, operation) in item.as_object().context("a path is no object")? {
                let id = operation["operationId"]
                    .as_str()
                    .context("an operation has no id")?;
                let mut query = BTreeMap::new();
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    check_schema(&parameter["schema"], &types)
                        .with_context(|| format!("operation {id}: a parameter"))?;
                    query.insert(
                        parameter["name"]
                            .as_str()
                            .context("a parameter has no name")?
                            .to_owned(),
                        Param {
                            required: parameter["required"].as_bool().unwrap_or(false),
                            schema: with_types(&parameter["schema"], &types),
                        },
                    );
                }
                let body = &operation["requestBody"]["content"]["application/json"]["schema"];
                let success = operation["responses"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .find(|(status, _)| status.starts_with('2'))
                    .map(|(_, response)| &response["content"]["application/json"]["schema"]);
                for schema in [Some(body), success].into_iter().flatten() {
                    if !schema.is_null() {
                        check_schema(schema, &types).with_context(|| format!("operation {id}"))?;
                    }
                }
                let read = Operation {
                    api,
                    method: method.to_uppercase(),
                    path: path.clone(),
                    facts: operation["x-katapult"].clone(),
                    query,
                    body: (!body.is_null()).then(|| with_types(body, &types)),
                    response: success
                        .filter(|schema| !schema.is_null())
                        .map(|schema| with_types(schema, &types)),
                    identified: identified(success.unwrap_or(&Value::Null), components),
                };
                for fact in ["resource", "action"] {
                    if !is_snake(read.fact(fact)) {
                        bail!("operation {id} has no x-katapult.{fact} that can be a name");
                    }
                }
                if self.operations.insert(id.to_owned(), read).is_some() {
                    bail!("operation {id} is there twice");
                }
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

/// Refuses a schema that the vendor would not have written.
fn check_schema(schema: &Value, types: &BTreeMap<&str, &str>) -> Result<()> {
    let fields = schema
        .as_object()
        .with_context(|| format!("{schema} is no schema"))?;
    for (key, value) in fields {
        let inner: Vec<&Value> = match (key.as_str(), value) {
            ("$ref", Value::String(reference)) if types.contains_key(component_of(reference)) => {
                continue;
            }
            ("type", Value::String(name)) if TYPES.contains(&name.as_str()) => continue,
            ("$ref" | "type", _) => bail!("`{key}` is {value}, which is not known"),
            ("items", value) => vec![value],
            ("properties", Value::Object(fields)) => fields.values().collect(),
            ("allOf" | "oneOf", Value::Array(parts)) => parts.iter().collect(),
            ("properties" | "allOf" | "oneOf", _) => bail!("`{key}` is {value}"),
            _ => continue,
        };
        inner
            .into_iter()
            .try_for_each(|inner| check_schema(inner, types))
            .with_context(|| format!("in `{key}`"))?;
    }
    Ok(())
}

/// The fields at the top of a response whose objects have an id in the document.
fn identified(response: &Value, components: &Map<String, Value>) -> Vec<String> {
    let has_id = |field: &Value| {
        let mut schema = field;
        for _ in 0..8 {
            schema = if let Some(reference) = schema["$ref"].as_str() {
                components
                    .get(component_of(reference))
                    .unwrap_or(&Value::Null)
            } else if schema["allOf"].is_array() {
                &schema["allOf"][0]
            } else if schema["type"] == "array" {
                &schema["items"]
            } else {
                break;
            };
        }
        let id = &schema["properties"]["id"];
        id.is_object() && id["nullable"] != true
    };
    response["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, field)| has_id(field))
        .map(|(name, _)| name.clone())
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
