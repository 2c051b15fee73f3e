//! The canonical documents with one schema per type: what the generator and the comparison of
//! documents read.

pub(crate) mod boxed_fields;
pub(crate) mod descriptions;
mod merge_schemas;
mod returned;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use katapult_openapi::{Api, Schema, SchemaType};
use serde_json::{Map, Value};

use crate::naming::case::{is_pascal, is_snake, pascal};
use crate::naming::reserved::is_taken_type;
use crate::util::fs as files;
use descriptions::Descriptions;
pub(crate) use merge_schemas::NULLABLE_ID;
use merge_schemas::merge_schemas;
use returned::{Returned, fields_with_id};

/// Both canonical documents: operations by id, and the schemas of both, one per type.
#[derive(Default)]
pub(crate) struct Document {
    /// The version that the core document states.
    pub(crate) version: Option<String>,
    pub(crate) operations: BTreeMap<String, Operation>,
    /// One schema per type, with the fields of all components of that type.
    pub(crate) types: BTreeMap<String, Value>,
    /// The fields that are boxed, as `Type.field`, by their pins.
    boxed: BTreeSet<String>,
    /// Error codes, with the type of their details.
    pub(crate) codes: BTreeMap<String, Option<String>>,
    /// The fields of each type that operations return.
    pub(crate) returned: Returned,
    /// Words of our own for the documentation; none for documents that were not read from a folder.
    pub(crate) descriptions: Descriptions,
}

pub(crate) struct Operation {
    /// The operation in its document.
    pub(crate) spec: katapult_openapi::Operation,
    pub(crate) query: BTreeMap<String, Param>,
    pub(crate) body: Option<Value>,
    /// The response's schema; `None` when it is text.
    ///
    /// Only its subject is required, and the position of a list: the API leaves out other fields.
    pub(crate) response: Option<Value>,
    /// The fields of the response whose objects, or lists of objects, have an id in this response.
    /// The types are merged from all places, so they do not have this information.
    pub(crate) fields_with_id: Vec<String>,
}

impl Operation {
    /// Returns the field of the response that every success has: the trash object of a deletion, or
    /// the object that the operation is about. `None` if the response as a whole is the object.
    pub(crate) fn subject(&self) -> Option<&str> {
        subject(&self.spec)
    }

    /// Returns the body if the operation has no query: it is then the value of the operation, and a field of it
    /// otherwise.
    pub(crate) fn body_alone(&self) -> Option<&Value> {
        self.body.as_ref().filter(|_| self.query.is_empty())
    }

    /// Returns `true` if the query or the body has a field of this name.
    pub(crate) fn has_argument(&self, name: &str) -> bool {
        let body = self.body.as_ref();
        self.query.contains_key(name)
            || body.is_some_and(|body| body["properties"].get(name).is_some())
    }

    /// Returns `true` if the response has a field of this name at its top.
    pub(crate) fn has_response_field(&self, name: &str) -> bool {
        let response = self.response.as_ref();
        response.is_some_and(|response| response["properties"].get(name).is_some())
    }
}

pub(crate) struct Param {
    pub(crate) required: bool,
    pub(crate) schema: Value,
}

/// Returns the command that writes a canonical document.
fn vendor_command(folder: &Path) -> String {
    let folder = folder.display();
    format!("run `cargo xtask vendor --core FILE --public FILE --openapi {folder}`")
}

/// Reads the canonical documents in a folder.
pub(crate) fn load(folder: &Path) -> Result<Document> {
    let mut document = Document {
        descriptions: Descriptions::load(folder)?,
        ..Document::default()
    };
    for api in Api::ALL {
        let path = folder.join(format!("katapult-{api}.json"));
        let read = katapult_openapi::Document::parse(api, &files::read(&path)?);
        let is_json = read.as_ref().err().is_none_or(|error| error.is_syntax());
        let added = read
            .map_err(anyhow::Error::from)
            .and_then(|read| document.add(&read));
        added.with_context(|| {
            let fault = if is_json {
                "not a canonical document"
            } else {
                "not JSON"
            };
            format!("{} is {fault}: {}", path.display(), vendor_command(folder))
        })?;
    }
    Ok(document)
}

/// Reads the canonical documents, core and public, before they are written.
pub(crate) fn unite(documents: &[Value; 2]) -> Result<Document> {
    let mut document = Document::default();
    for (api, canonical) in Api::ALL.into_iter().zip(documents) {
        document.add(&katapult_openapi::Document::from_json(
            api,
            canonical.clone(),
        )?)?;
    }
    Ok(document)
}

impl Document {
    /// Returns the error codes that all operations of an API document, by HTTP status.
    pub(crate) fn common_error_codes(&self, api: Api) -> BTreeMap<u16, Vec<String>> {
        let mut operations = self
            .operations
            .values()
            .filter(|operation| operation.spec.api == api)
            .map(|operation| &operation.spec.error_codes);
        let mut common = operations.next().cloned().unwrap_or_default();
        for codes in operations {
            for (status, common) in &mut common {
                let codes = codes.get(status);
                common.retain(|code| codes.is_some_and(|codes| codes.contains(code)));
            }
        }
        common.retain(|_, codes| !codes.is_empty());
        common
    }

    /// Removes the fields whose type has an id that is null elsewhere: the type is shared, so its id is optional.
    fn forget_nullable_ids(&mut self) {
        let types = &self.types;
        for operation in self.operations.values_mut() {
            let Some(response) = &operation.response else {
                continue;
            };
            operation.fields_with_id.retain(|field| {
                let id = named_type(&response["properties"][field.as_str()])
                    .and_then(|name| types.get(name))
                    .map(|schema| &schema["properties"]["id"]);
                id.is_none_or(|id| id["type"] == "string" && id["nullable"] != true)
            });
        }
    }

    /// Returns the names of all resources.
    pub(crate) fn resources(&self) -> BTreeSet<&str> {
        let operations = self.operations.values();
        operations
            .map(|operation| operation.spec.resource.as_str())
            .collect()
    }

    /// Returns the name of a resource's handle: the resource's, unless a type has it.
    pub(crate) fn handle(&self, resource: &str) -> String {
        let name = pascal(resource);
        if self.types.contains_key(&name) || is_taken_type(&name) {
            format!("{name}Resource")
        } else {
            name
        }
    }

    /// Returns the name of an operation's type: the action's, unless another type has it.
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

    /// Returns the fields that are boxed, as `Type.field`: the pinned ones, and those of circles without a pin.
    pub(crate) fn boxed_fields(&self) -> BTreeSet<String> {
        let mut fields = BTreeSet::new();
        for (owner, schema) in &self.types {
            for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                let nested = referred(field)
                    .filter(|name| self.types.get(*name).is_some_and(|ty| !is_custom(ty)));
                if let Some(nested) = nested {
                    let types = (owner.clone(), nested.to_owned());
                    fields.insert((format!("{owner}.{name}"), types));
                }
            }
        }
        boxed_fields::boxed_fields(&fields, &self.boxed, &BTreeSet::new())
    }

    /// Adds the document of one API.
    pub(crate) fn add(&mut self, document: &katapult_openapi::Document) -> Result<()> {
        // The core document is added first.
        let version = self.version.take();
        self.version = version.or_else(|| document.version().map(str::to_owned));
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
            if schema.schema_type() != Some(SchemaType::Object) && !is_custom(schema.json()) {
                bail!("schema {name} is not an object, lookup, enumeration or tagged union");
            }
            let schema = with_types(schema.json(), &types);
            match self.types.get_mut(type_name) {
                Some(known) => merge_schemas(known, &schema),
                None => {
                    self.types.insert(type_name.to_owned(), schema);
                }
            }
        }
        let boxed = document.json()[boxed_fields::BOXED].as_array();
        let boxed = boxed.into_iter().flatten().filter_map(Value::as_str);
        self.boxed.extend(boxed.map(str::to_owned));
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
                    bail!("operation {id} has no x-katapult.{part} that is a valid name");
                }
            }
            let named = |schema: Schema<'_>| with_types(schema.json(), &types);
            let query = operation.parameters.iter().filter_map(|parameter| {
                let schema = named(operation.parameter(&parameter.name)?);
                let required = parameter.required;
                Some((parameter.name.clone(), Param { required, schema }))
            });
            self.returned.add(operation);
            let response = operation.response().map(named);
            let read = Operation {
                query: query.collect(),
                body: operation.request_body().map(named),
                response: response.map(|response| without_side_fields(response, operation)),
                fields_with_id: operation.response().map(fields_with_id).unwrap_or_default(),
                spec: operation.clone(),
            };
            if self.operations.insert(id.clone(), read).is_some() {
                bail!("operation {id} is defined twice");
            }
        }
        self.forget_nullable_ids();
        Ok(())
    }

    /// Adds the types that a schema refers to, directly and through others.
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

/// Returns the last segment of a reference: the component's name.
pub(crate) fn component_of(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// The keywords with the schema of the values of a list, and of a map.
pub(crate) const VALUES: [&str; 2] = ["items", "additionalProperties"];

/// Returns the component that a schema refers to, directly or as one that can be null. `None` for a list of them.
pub(crate) fn referred(schema: &Value) -> Option<&str> {
    let direct = schema["$ref"].as_str();
    // An `allOf` around the reference only makes it nullable.
    let reference = direct.or_else(|| schema["allOf"][0]["$ref"].as_str());
    reference.map(component_of)
}

/// Returns the type that a schema refers to, directly, as one that can be null, or as the items of a list.
fn named_type(schema: &Value) -> Option<&str> {
    let mut at = schema;
    loop {
        if let Some(reference) = at["$ref"].as_str() {
            return Some(component_of(reference));
        }
        at = match at.get("allOf") {
            Some(parts) => parts.get(0)?,
            None => at.get("items")?,
        };
    }
}

fn subject(operation: &katapult_openapi::Operation) -> Option<&str> {
    operation.trash.as_deref().or(operation.subject.as_deref())
}

/// Returns the schema of a response in which the side fields are optional: those beside the subject.
fn without_side_fields(mut schema: Value, operation: &katapult_openapi::Operation) -> Value {
    let Some(subject) = subject(operation) else {
        return schema;
    };
    // Without its position in the list, nobody knows whether a page is the last.
    let pagination = operation.list.as_ref().map(|list| list.pagination.as_str());
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| name == subject || pagination.is_some_and(|field| name == field));
    }
    schema
}

/// Returns `true` if katapult-gen's macros define the type, and not progenitor.
pub(crate) fn is_custom(schema: &Value) -> bool {
    let schema = Schema::new(schema, schema);
    schema.is_lookup() || schema.is_tagged_union() || schema.is_enum()
}

/// Returns the schema with references to types in place of references to components.
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
