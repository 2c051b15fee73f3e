//! progenitor's input: the document with one response per operation, optional fields where they may be
//! absent, and a description of everything that becomes public.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::generate::descriptions::{Owner, of_field, of_type};
use crate::naming::case::pascal;
use crate::spec::Document;
use crate::spec::{VALUES, is_custom};

pub(crate) use super::secret_words::has_secret_words;

/// The schema's name for `Timestamp`, which progenitor replaces.
pub(crate) const TIMESTAMP: &str = "KatapultTimestamp";

/// Returns `true` if a field is a time: every recorded integer of such a name is one, in seconds.
fn is_time(name: &str, schema: &Value) -> bool {
    schema["type"] == "integer" && (name.ends_with("_at") || name.ends_with("_until"))
}

/// The schema's name for `Secret`, which progenitor replaces.
pub(crate) const SECRET: &str = "KatapultSecret";

/// Returns `true` if a field is a secret: by the document, by its name, or by `protect` beside it.
fn is_secret(name: &str, schema: &Value, siblings: &BTreeSet<String>) -> bool {
    if schema["type"] != "string" {
        return false;
    }
    // DNS publishes the target of a redirect, which is no key.
    let is_public = name == "url" && siblings.contains("http_status");
    schema["format"] == "password"
        || (has_secret_words(name) && !is_public)
        || (name == "value" && siblings.contains("protect"))
}

/// Returns the schema's name of a field that has a type of katapult-gen.
pub(crate) fn value_type_of(
    name: &str,
    schema: &Value,
    siblings: &BTreeSet<String>,
) -> Option<&'static str> {
    if is_time(name, schema) {
        Some(TIMESTAMP)
    } else if is_secret(name, schema, siblings) {
        Some(SECRET)
    } else {
        None
    }
}

/// Replaces a field, or the values of a list or map, by the type of katapult-gen that it has.
fn replace_values(name: &str, field: &mut Value, siblings: &BTreeSet<String>) {
    if let Some(value_type) = value_type_of(name, field, siblings) {
        let nullable = field["nullable"] == true;
        *field = reference(value_type);
        if nullable {
            *field = json!({ "allOf": [field], "nullable": true });
        }
        return;
    }
    for values in VALUES {
        if field[values].is_object() {
            replace_values(name, &mut field[values], siblings);
        }
    }
}

/// Returns progenitor's name for a type of one operation: `LampsCreateResponse`.
pub(crate) fn operation_type(operation: &str, role: &str) -> String {
    format!("{}{role}", pascal(operation))
}

/// Returns the document for progenitor.
pub(crate) fn prepare(document: &Document) -> Result<openapiv3::OpenAPI> {
    let mut responses = BTreeSet::new();
    for operation in document.operations.values() {
        if let Some(response) = &operation.response {
            document.reachable(response, &mut responses);
        }
    }
    let mut schemas = Map::new();
    for replaced in [TIMESTAMP, SECRET] {
        // Any schema will do, since the type is replaced; it must exist to be referred to.
        schemas.insert(replaced.to_owned(), json!({ "type": "string" }));
    }
    for (name, schema) in &document.types {
        let schema = if is_custom(schema) {
            json!({ "type": "string" })
        } else {
            let in_response = responses.contains(name);
            let doc = of_type(document, name, in_response);
            described(document, Owner::Type(name), schema, &doc, in_response)
        };
        schemas.insert(name.clone(), schema);
    }
    let mut paths: Map<String, Value> = Map::new();
    for (id, operation) in &document.operations {
        let content = match &operation.response {
            // The generated `decode` reads text; the schema only satisfies progenitor.
            None => json!({ "text/plain": { "schema": { "type": "string" } } }),
            Some(response) => {
                let name = operation_type(id, "Response");
                let doc = format!("Response of `{id}`.");
                let owner = Owner::Response(operation);
                let response = described(document, owner, response, &doc, false);
                insert(&mut schemas, &name, response)?;
                json!({ "application/json": { "schema": reference(&name) } })
            }
        };
        let mut written = json!({
            // progenitor names methods after the id, and a name cannot have a dot.
            "operationId": id.replace('.', "_"),
            // progenitor refuses operations with several types of success, and needs no failures:
            // the transport decodes those.
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
            let name = operation_type(id, "Body");
            let doc = format!("Request body of `{id}`.");
            let body = described(document, Owner::Request(operation), body, &doc, false);
            insert(&mut schemas, &name, body)?;
            written["requestBody"] = json!({
                "required": true,
                "content": { "application/json": { "schema": reference(&name) } },
            });
        }
        // The APIs have paths in common, which the prefix keeps apart.
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
    serde_json::from_value(prepared).context("the prepared document is not an OpenAPI document")
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

/// Returns an object's schema with descriptions.
///
/// An optional array is marked nullable, since absent and empty differ. With `require_id`, an `id`
/// that cannot be null is required.
fn described(
    document: &Document,
    owner: Owner<'_>,
    schema: &Value,
    doc: &str,
    require_id: bool,
) -> Value {
    let mut schema = schema.clone();
    let mut required: Vec<String> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if require_id
        && schema["properties"]
            .get("id")
            // An absent id is an empty text; an id of another type has no such value.
            .is_some_and(|id| id["type"] == "string" && id["nullable"] != true)
        && !required.iter().any(|name| name == "id")
    {
        required.push("id".to_owned());
    }
    if let Some(fields) = schema["properties"].as_object_mut() {
        let names: BTreeSet<String> = fields.keys().cloned().collect();
        for (name, field) in fields {
            // typify makes a plain `Vec` or `HashMap` of an optional one, in which absent and empty are equal.
            let is_collection =
                field["type"] == "array" || field["additionalProperties"].is_object();
            if is_collection && !required.contains(name) {
                field["nullable"] = json!(true);
            }
            let mut field_doc = of_field(document, owner, name, field);
            if name == "id" && require_id && field["type"] == "string" && field["nullable"] != true
            {
                field_doc += " Empty if the response omits it.";
            }
            replace_values(name, field, &names);
            // A description beside `$ref` is ignored in OpenAPI 3.0; beside `allOf` it is not.
            if field.get("$ref").is_some() {
                *field = json!({ "allOf": [field] });
            }
            field["description"] = json!(field_doc);
        }
    }
    if schema["properties"].as_object().is_none_or(Map::is_empty) {
        schema["additionalProperties"] = json!(false); // Otherwise it becomes a map.
    }
    schema["required"] = json!(required);
    schema["description"] = json!(doc);
    schema
}
