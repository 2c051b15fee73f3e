//! Writes the model as a canonical OpenAPI document.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use crate::naming::case::{capitalized, detail_type, is_snake};
use crate::vendor::classes::classes;
use crate::vendor::model::{Direction, Field, Model, Object, Operation, Shape};
use crate::vendor::roles::{list_items, required_of_type, subject};
use crate::vendor::upstream::{Scalar, Upstream};

/// Converts a model to a document. The same model gives the same bytes.
pub(crate) fn write(api: &str, upstream: &Upstream, model: &Model) -> Result<Value> {
    let components = Components::new(model);
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (name, operation) in &model.operations {
        paths.entry(operation.path.clone()).or_default().insert(
            operation.method.to_lowercase(),
            components.operation(name, operation),
        );
    }
    let mut schemas = components.schemas()?;
    let details = detail_names(model);
    for (code, entry) in &model.codes {
        if let Some(name) = details.get(code) {
            let name = name.clone();
            insert(&mut schemas, name, components.object(&entry.detail))?;
        }
    }
    insert(&mut schemas, "ErrorEnvelope".to_owned(), envelope())?;
    let codes: BTreeMap<&String, Value> = model
        .codes
        .iter()
        .map(|(code, entry)| {
            let mut facts = json!({ "statuses": entry.statuses });
            if let Some(name) = details.get(code) {
                facts["detail"] = reference(name);
            }
            (code, facts)
        })
        .collect();
    Ok(json!({
        "openapi": "3.0.3",
        "info": {
            "title": format!("Katapult {api} API"),
            "version": upstream.product_version.as_deref().unwrap_or(&upstream.version),
        },
        "servers": [{ "url": format!("https://api.katapult.io/{api}/v1") }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Error": {
                    "description": "A failure, in its envelope.",
                    "content": { "application/json": { "schema": reference("ErrorEnvelope") } },
                },
            },
        },
        "x-katapult-error-codes": codes,
    }))
}

/// Returns the type of each code's details. Codes that differ in punctuation or capitals alone are numbered.
fn detail_names(model: &Model) -> BTreeMap<&String, String> {
    let codes = model
        .codes
        .iter()
        .filter(|(_, entry)| !entry.detail.is_empty());
    let mut codes: Vec<&String> = codes.map(|(code, _)| code).collect();
    // A code in the API's own form keeps its name, whatever is added.
    codes.sort_by_key(|code| (!is_snake(code), *code));
    let mut taken = BTreeSet::new();
    let named = codes.into_iter().map(|code| {
        let name = detail_type(code);
        let mut free = name.clone();
        let mut number = 2;
        while !taken.insert(free.clone()) {
            free = format!("{name}{number}");
            number += 1;
        }
        (code, free)
    });
    named.collect()
}

/// Adds a schema, whose name no other schema may have.
fn insert(schemas: &mut BTreeMap<String, Value>, name: String, schema: Value) -> Result<()> {
    if schemas.contains_key(&name) {
        bail!("two schemas have the name {name}: pin another name for one of them in names.yaml");
    }
    schemas.insert(name, schema);
    Ok(())
}

fn envelope() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code"],
                "properties": {
                    "code": { "type": "string" },
                    "description": { "type": "string" },
                    "detail": { "type": "object" },
                },
            },
        },
    })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// A model, with the name of the component of each of its objects.
struct Components<'a> {
    model: &'a Model,
    names: Vec<String>,
}

impl<'a> Components<'a> {
    /// Names the components. Objects of one type with the same fields are one component; if the fields differ, each
    /// component is named after the first operation that uses it.
    fn new(model: &'a Model) -> Self {
        let classes = classes(model);
        let mut by_type: BTreeMap<(&str, Direction), BTreeMap<usize, &Object>> = BTreeMap::new();
        for (object, class) in model.objects.iter().zip(&classes) {
            by_type
                .entry((&object.type_name, object.direction))
                .or_default()
                .entry(*class)
                .or_insert(object);
        }
        let mut class_names: BTreeMap<usize, String> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for ((type_name, direction), members) in &by_type {
            let both = by_type.contains_key(&(*type_name, Direction::Response))
                && *direction == Direction::Request;
            for (class, object) in members {
                let mut name = match members.len() {
                    1 if !both => (*type_name).to_owned(),
                    _ => format!("{type_name}.{}", object.first_use),
                };
                // One operation can use a type with several sets of fields.
                let base = name.clone();
                let mut number = 2;
                while !taken.insert(name.clone()) {
                    name = format!("{base}.{number}");
                    number += 1;
                }
                class_names.insert(*class, name);
            }
        }
        let names = classes
            .iter()
            .map(|class| class_names.get(class).cloned().unwrap_or_default())
            .collect();
        Self { model, names }
    }

    /// Returns the schemas of all components that are used.
    fn schemas(&self) -> Result<BTreeMap<String, Value>> {
        let mut schemas = BTreeMap::new();
        let used = self.model.used_objects();
        for (id, (object, name)) in self.model.objects.iter().zip(&self.names).enumerate() {
            if schemas.contains_key(name) || !used.contains(&id) {
                continue;
            }
            let mut schema = self.object(&object.fields);
            schema["x-katapult-type"] = json!(object.type_name);
            schemas.insert(name.clone(), schema);
        }
        for (name, keys) in &self.model.lookups {
            let keyed: Vec<Value> = keys
                .iter()
                .map(|key| {
                    let (key, scalar) = key;
                    json!({
                        "type": "object",
                        "additionalProperties": false,
                        "required": [key],
                        "properties": { key.as_str(): self.value(&Shape::Scalar(*scalar), false) },
                    })
                })
                .collect();
            let keys: Vec<&String> = keys.keys().collect();
            let mut schema = json!({ "oneOf": keyed, "x-katapult-lookup": keys });
            if let Some(prefixes) = self.model.id_prefixes.get(name) {
                schema["x-katapult-id-prefixes"] = json!(prefixes);
            }
            insert(&mut schemas, name.clone(), schema)?;
        }
        for (name, values) in &self.model.enums {
            let schema = json!({ "type": "string", "enum": values });
            insert(&mut schemas, name.clone(), schema)?;
        }
        for (name, kinds) in &self.model.unions {
            let kinds: BTreeMap<&String, Value> = kinds
                .iter()
                .map(|(kind, id)| (kind, reference(&self.names[*id])))
                .collect();
            let values: Vec<&Value> = kinds.values().collect();
            let schema = json!({
                "type": "object",
                "required": ["type", "value"],
                "properties": {
                    "type": { "type": "string" },
                    "value": { "oneOf": values },
                },
                "x-katapult-polymorph": kinds,
            });
            insert(&mut schemas, name.clone(), schema)?;
        }
        Ok(schemas)
    }

    fn object(&self, fields: &BTreeMap<String, Field>) -> Value {
        let required: Vec<&String> = fields
            .iter()
            .filter_map(|(name, field)| field.required.then_some(name))
            .collect();
        let properties: BTreeMap<&String, Value> = fields
            .iter()
            .map(|(name, field)| (name, self.value(&field.value, field.nullable)))
            .collect();
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    fn value(&self, shape: &Shape, nullable: bool) -> Value {
        let mut value = match shape {
            Shape::Object(id) => reference(&self.names[*id]),
            Shape::Lookup(name) | Shape::Enum(name) | Shape::Union(name) => reference(name),
            Shape::Array(items) => json!({ "type": "array", "items": self.value(items, false) }),
            Shape::Map(values) => {
                json!({ "type": "object", "additionalProperties": self.value(values, false) })
            }
            Shape::Scalar(Scalar::String) => json!({ "type": "string" }),
            Shape::Scalar(Scalar::Secret) => json!({ "type": "string", "format": "password" }),
            Shape::Scalar(Scalar::Integer) => json!({ "type": "integer", "format": "int64" }),
            Shape::Scalar(Scalar::Number) => json!({ "type": "number", "format": "double" }),
            Shape::Scalar(Scalar::Boolean) => json!({ "type": "boolean" }),
            // Without a rule that distinguishes its schemas, a `oneOf` is any value to users.
            Shape::OneOf(_) | Shape::Any => json!({}),
        };
        if nullable {
            // OpenAPI 3.0 ignores what is next to a `$ref`, so the reference goes into an `allOf`.
            if value.get("$ref").is_some() {
                value = json!({ "allOf": [value] });
            }
            value["nullable"] = json!(true);
        }
        value
    }

    fn operation(&self, name: &str, operation: &Operation) -> Value {
        let (resource, action) = name.split_once('.').unwrap_or((name, ""));
        let errors: BTreeMap<String, &Vec<String>> = operation
            .errors
            .iter()
            .map(|(status, codes)| (status.to_string(), codes))
            .collect();
        let mut facts = json!({
            "resource": resource,
            "action": action,
            "title": operation.title,
            "scopes": operation.scopes,
            "errors": errors,
            // A PATCH of this API sets fields to given values, so it can be repeated like a PUT.
            "idempotent": operation.method != "POST",
        });
        if let Some(subject) = subject(self.model, resource, action, operation) {
            facts["subject"] = json!(subject);
        }
        if let Some(items) = list_items(operation) {
            facts["list"] = json!({ "items": items, "pagination": "pagination" });
        }
        // Reading a task queues none.
        if operation.method != "GET"
            && let Some(task) = required_of_type(self.model, operation, "Task")
        {
            facts["task"] = json!(task);
        }
        // Reading or restoring a trash object moves nothing to the trash.
        if operation.method == "DELETE"
            && let Some(trash) = required_of_type(self.model, operation, "TrashObject")
        {
            facts["trash"] = json!(trash);
        }
        if let Some(states) = &operation.wait_states {
            facts["wait_states"] = json!(states);
        }
        if !operation.other_statuses.is_empty() {
            facts["other_statuses"] = json!(operation.other_statuses);
        }
        // What a task or a trash object is waited for by must be there, so those stay required.
        if !operation.instead.is_empty() && facts["task"].is_null() && facts["trash"].is_null() {
            facts["instead_of_subject"] = json!(operation.instead);
        }
        let mut responses =
            BTreeMap::from([(operation.status.to_string(), self.response(operation))]);
        for status in operation.errors.keys() {
            responses.insert(
                status.to_string(),
                json!({ "$ref": "#/components/responses/Error" }),
            );
        }
        let mut written = json!({
            "operationId": name,
            "summary": format!("{}.", capitalized(&operation.title)),
            "tags": [resource],
            "responses": responses,
            "x-katapult": facts,
        });
        if operation.deprecated {
            written["deprecated"] = json!(true);
        }
        if !operation.query.is_empty() {
            written["parameters"] = operation
                .query
                .iter()
                .map(|(name, field)| {
                    json!({
                        "name": name,
                        "in": "query",
                        "required": field.required,
                        "style": "deepObject",
                        "explode": true,
                        "schema": self.value(&field.value, false),
                    })
                })
                .collect();
        }
        if let Some(body) = &operation.body {
            written["requestBody"] = json!({
                "required": true,
                "content": { "application/json": { "schema": self.object(body) } },
            });
        }
        written
    }

    fn response(&self, operation: &Operation) -> Value {
        let content = match &operation.response {
            None => json!({ "text/plain": { "schema": { "type": "string" } } }),
            Some(fields) => json!({ "application/json": { "schema": self.object(fields) } }),
        };
        json!({ "description": "Success.", "content": content })
    }
}
