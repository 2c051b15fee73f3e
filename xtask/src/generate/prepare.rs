//! The document as progenitor is to see it: one error type, every response a 2XX, fields that may be absent
//! optional, and a description for everything that becomes public.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::generate::document::{Document, is_ours};
use crate::text::{capitalized, english, pascal};

/// The name under which progenitor is told of the crate's own type of times.
pub(crate) const TIMESTAMP: &str = "KatapultTimestamp";

/// Whether a field is a time: every recorded integer of such a name is one, in seconds.
fn is_time(name: &str, schema: &Value) -> bool {
    schema["type"] == "integer" && (name.ends_with("_at") || name.ends_with("_until"))
}

/// The name under which progenitor is told of the crate's own type of secrets.
pub(crate) const SECRET: &str = "KatapultSecret";

/// Whether a field is a secret: the API's names for those end so.
fn is_secret(name: &str, schema: &Value) -> bool {
    schema["type"] == "string"
        && [
            "password",
            "secret",
            "private_key",
            "certificate_key",
            "secret_access_key",
        ]
        .iter()
        .any(|end| name.ends_with(end))
}

/// The crate's own type for a field, if it has one.
fn own_type_of(name: &str, schema: &Value) -> Option<&'static str> {
    if is_time(name, schema) {
        Some(TIMESTAMP)
    } else if is_secret(name, schema) {
        Some(SECRET)
    } else {
        None
    }
}

/// The name of a type that belongs to one operation, before it moves into its resource's module.
pub(crate) fn own_type(operation: &str, role: &str) -> String {
    format!("{}{role}", pascal(operation))
}

/// Makes the document.
pub(crate) fn prepare(document: &Document) -> Result<openapiv3::OpenAPI> {
    let mut responses = BTreeSet::new();
    for operation in document.operations.values() {
        if let Some(response) = &operation.response {
            document.reachable(response, &mut responses);
        }
    }
    let mut schemas = Map::new();
    for own in [TIMESTAMP, SECRET] {
        schemas.insert(own.to_owned(), json!({ "type": "string" }));
    }
    for (name, schema) in &document.types {
        let schema = if is_ours(schema) {
            json!({ "type": "string" })
        } else {
            let about = about_type(name, responses.contains(name));
            described(schema, &about, responses.contains(name))
        };
        schemas.insert(name.clone(), schema);
    }
    let mut paths: Map<String, Value> = Map::new();
    for (id, operation) in &document.operations {
        let title = &operation.spec.title;
        let content = match &operation.response {
            None => json!({ "text/plain": { "schema": { "type": "string" } } }),
            Some(response) => {
                let name = own_type(id, "Response");
                let about = format!("What a successful `{title}` answers.");
                insert(&mut schemas, &name, described(response, &about, false))?;
                json!({ "application/json": { "schema": reference(&name) } })
            }
        };
        let mut written = json!({
            "operationId": id.replace('.', "_"),
            "responses": { "2XX": { "description": "", "content": content } },
        });
        if !operation.query.is_empty() {
            written["parameters"] = operation
                .query
                .iter()
                .map(|(name, param)| json!({ "name": name, "in": "query", "required": param.required, "schema": param.schema }))
                .collect();
        }
        if let Some(body) = &operation.body {
            let name = own_type(id, "Body");
            let about = format!("What a `{title}` sends.");
            insert(&mut schemas, &name, described(body, &about, false))?;
            written["requestBody"] = json!({
                "required": true,
                "content": { "application/json": { "schema": reference(&name) } },
            });
        }
        let path = format!("/{}{}", operation.spec.api, operation.spec.path);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[operation.spec.method.to_lowercase()] = written;
    }
    let prepared = json!({
        "openapi": "3.0.3",
        "info": { "title": "Katapult", "version": "1" },
        "paths": paths,
        "components": { "schemas": schemas },
    });
    serde_json::from_value(prepared).context("the prepared document is no OpenAPI document")
}

fn insert(schemas: &mut Map<String, Value>, name: &str, schema: Value) -> Result<()> {
    match schemas.insert(name.to_owned(), schema) {
        None => Ok(()),
        Some(_) => {
            bail!("two types would be called {name}: pin another name in openapi/names.yaml")
        }
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object's schema with descriptions made from its names. An array that need not be there is marked
/// nullable: absent and empty are two things. With `id_is_given`, an `id` that cannot be null is required.
fn described(schema: &Value, about: &str, id_is_given: bool) -> Value {
    let mut schema = schema.clone();
    let mut required: Vec<String> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if id_is_given
        && schema["properties"]
            .get("id")
            .is_some_and(|id| id["nullable"] != true)
        && !required.iter().any(|name| name == "id")
    {
        required.push("id".to_owned());
    }
    if let Some(fields) = schema["properties"].as_object_mut() {
        for (name, field) in fields {
            if field["type"] == "array" && !required.contains(name) {
                field["nullable"] = json!(true);
            }
            let text = about_field(name, field);
            if let Some(own) = own_type_of(name, field) {
                let nullable = field["nullable"] == true;
                *field = reference(own);
                if nullable {
                    *field = json!({ "allOf": [field], "nullable": true });
                }
            }
            if field.get("$ref").is_some() {
                *field = json!({ "allOf": [field] });
            }
            field["description"] = json!(text);
        }
    }
    if schema["properties"].as_object().is_none_or(Map::is_empty) {
        schema["additionalProperties"] = json!(false); // or it would be a map
    }
    schema["required"] = json!(required);
    schema["description"] = json!(about);
    schema
}

fn about_type(name: &str, received: bool) -> String {
    let words = english(name);
    if let Some(kind) = words.strip_suffix(" detail") {
        format!("What comes with the error {kind}.")
    } else if received {
        format!(
            "{}. Which fields are there depends on the operation that answers it.",
            capitalized(&words)
        )
    } else {
        format!("{}, as a request gives them.", capitalized(&words))
    }
}

fn about_field(name: &str, schema: &Value) -> String {
    if name == "id" {
        return "The ID; empty where a response leaves it out.".to_owned();
    }
    let words = english(name);
    if is_time(name, schema) {
        format!("The time `{name}`.")
    } else if let Some(what) = words.strip_suffix(" in GB") {
        format!("The {what}, in GB.")
    } else if schema["type"] == "boolean" {
        format!("Whether `{name}` holds.")
    } else {
        format!("The {words}.")
    }
}
