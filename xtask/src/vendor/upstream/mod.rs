//! Reads an upstream document into a model without prose: operations over a graph of schemas.

mod carried;
mod graph;
mod keywords;
mod schema;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;

pub(crate) use graph::{
    Node, NodeId, Operation, Property, QueryParam, ResponseBody, Scalar, SchemaRef, Upstream,
};
use keywords::Kind;
use schema::{SchemaReader, items};

const METHODS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// The methods of operations that are dropped: their responses have no body to make types of.
const DROPPED_METHODS: &[&str] = &["head", "options", "trace"];

/// The remedy for an operation that cannot be read.
pub(crate) const REMEDY: &str =
    "correct the document, or add the rule `ignore` for the operation to corrections.yaml";

/// Reads a document, without the operations of `ignored` (`GET /path`). Messages call it `name`.
pub(crate) fn read(name: &str, text: &str, ignored: &[&str]) -> Result<Upstream> {
    let document: Value = serde_json::from_str(text)
        .with_context(|| format!("{name} is not JSON: give the upstream document in JSON"))?;
    let openapi = document
        .get("openapi")
        .and_then(Value::as_str)
        .unwrap_or("");
    if !openapi.starts_with("3.") {
        let found = ["openapi", "swagger"]
            .into_iter()
            .find_map(|key| Some(format!("`{key}` is {}", document.get(key)?)))
            .unwrap_or_else(|| "it has no `openapi`".to_owned());
        bail!("{name} is not an OpenAPI 3 document: {found}; give the upstream OpenAPI 3 document");
    }
    // Its `null` types and `const` would be read as any value, so that types changed without a word.
    if !openapi.starts_with("3.0") {
        bail!(
            "{name} is an OpenAPI {openapi} document, and only OpenAPI 3.0 is supported: convert it to 3.0 (`nullable: true` for the type `null`, `enum` for `const`)"
        );
    }
    let paths = document
        .get("paths")
        .and_then(Value::as_object)
        .with_context(|| format!("{name} has no `paths`, so there is nothing to generate from: give the whole upstream document"))?;
    let mut reader = SchemaReader::new(&document);
    let mut operations = Vec::new();
    let mut found_ignored = Vec::new();
    for (path, item) in paths {
        let item = item
            .as_object()
            .with_context(|| format!("{name}: path {path} is not an object: download the document again, or report it upstream"))?;
        if let Some(reference) = item.get("$ref") {
            bail!(
                "{name}: path {path} is only a reference to {reference}, which is not supported: copy the operations to the path"
            );
        }
        reader.place = vec![path.clone()];
        reader.note_unknown(&paths[path], Kind::PathItem);
        let shared = item.get("parameters").unwrap_or(&Value::Null);
        for (method, operation) in item {
            let id = format!("{} {path}", method.to_uppercase());
            reader.place = vec![id.clone()];
            if ignored.contains(&id.as_str()) {
                reader.note("dropped: corrections.yaml ignores the operation");
                found_ignored.push(id);
            } else if DROPPED_METHODS.contains(&method.as_str()) {
                reader.note("dropped: the method is not supported");
            } else if METHODS.contains(&method.as_str()) {
                if let Some(odd) = path.chars().find(|letter| !is_path_character(*letter)) {
                    bail!(
                        "{name}: path {path:?} contains {odd:?}, but only ASCII letters, digits, `/`, `:`, `_`, `-` and `.` are supported: {REMEDY}"
                    );
                }
                let at = format!("{name}: {id}");
                operations.push(
                    reader
                        .operation(method, path, operation, shared)
                        .with_context(|| at)?,
                );
            }
        }
    }
    if operations.is_empty() {
        bail!(
            "{name} has no operation, so there is nothing to generate from: give the whole upstream document"
        );
    }
    // The order of paths carries no meaning: sorted, it cannot change the output.
    operations.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
    for pair in operations.windows(2) {
        if (&pair[0].path, &pair[0].method) == (&pair[1].path, &pair[1].method) {
            bail!(
                "{name}: {} {} is defined twice, with and without colons: remove one of them",
                pair[0].method,
                pair[0].path
            );
        }
    }
    reader.check_arrays().with_context(|| name.to_owned())?;
    let info = &document["info"];
    Ok(Upstream {
        carried: carried::Carried::of(&document, bare_nouns),
        version: info["version"].as_str().unwrap_or("unknown").to_owned(),
        product_version: info["x-katapult-version"].as_str().map(str::to_owned),
        operations,
        nodes: reader.nodes,
        notes: {
            reader.notes.sort();
            reader.notes.dedup();
            reader.notes
        },
        ignored: found_ignored,
    })
}

/// Nested `oneOf`s of an error. Documents have one or two levels; more is a schema that refers to itself.
const MAX_ERROR_DEPTH: usize = 16;

impl<'a> SchemaReader<'a> {
    fn operation(
        &mut self,
        method: &str,
        path: &str,
        operation: &'a Value,
        shared: &'a Value,
    ) -> Result<Operation> {
        self.note_unknown(operation, Kind::Operation);
        let mut query: Vec<QueryParam> = Vec::new();
        let shared = shared.as_array().into_iter().flatten();
        for parameter in items(operation, "parameters").chain(shared) {
            let parameter = self.follow(parameter)?;
            if query.iter().any(|known| parameter["name"] == known.name) {
                continue; // an operation's own parameter comes before the path's
            }
            let name = parameter["name"]
                .as_str()
                .context("a parameter has no `name`: report it upstream")?;
            if parameter["in"] != "query" {
                bail!(
                    "parameter {name} is in {}: only query parameters are supported: {REMEDY}",
                    parameter["in"].as_str().unwrap_or("an unknown place")
                );
            }
            if parameter.get("content").is_some() {
                bail!(
                    "parameter {name} has `content` in place of `schema`, which is not supported: {REMEDY}"
                );
            }
            self.place.push(name.to_owned());
            self.note_unknown(parameter, Kind::Parameter);
            let schema = self.schema(&parameter["schema"])?;
            if matches!(self.nodes[schema.node], Node::Array(_)) && !name.contains("[]") {
                self.note(&format!(
                    "an array is sent as `{name}[]`, the notation of the API"
                ));
            }
            self.place.pop();
            query.push(QueryParam {
                name: name.to_owned(),
                required: parameter["required"].as_bool().unwrap_or(false),
                schema,
            });
        }
        query.sort_by(|a, b| a.name.cmp(&b.name));
        let body = match operation.get("requestBody") {
            None | Some(Value::Null) => None,
            Some(body) => {
                let body = self.follow(body)?;
                self.note_unknown(body, Kind::Body);
                let Some(media) = content(body, "application/json") else {
                    bail!("the request body is not application/json: {REMEDY}");
                };
                self.note_other_types(body, "application/json");
                self.note_unknown(media, Kind::Media);
                Some(self.schema(&media["schema"])?.node)
            }
        };
        let responses = operation["responses"]
            .as_object()
            .context("no `responses`: report it upstream")?;
        let responses: BTreeMap<&String, &Value> = responses.iter().collect();
        let mut success = None;
        let mut other_successes = BTreeMap::new();
        let mut errors = BTreeMap::new();
        let mut bare_errors = true;
        for (status, response) in responses {
            let response = self.follow(response)?;
            self.note_unknown(response, Kind::Response);
            let Ok(status) = status.parse::<u16>() else {
                self.note(&format!(
                    "dropped: the response {status:?}, which is no status"
                ));
                continue; // `default` and `4XX` name no code
            };
            if (200..300).contains(&status) {
                let read = self
                    .success(response)
                    .with_context(|| format!("status {status}"))?;
                // The statuses are sorted: of several successes, the lowest one is the main one.
                if success.is_none() {
                    success = Some((status, read));
                } else {
                    self.note(&format!(
                        "status {status} is a further success: its fields are optional, and without content all are"
                    ));
                    other_successes.insert(status, read);
                }
            } else {
                let mut codes = BTreeMap::new();
                let schema = content(response, "application/json")
                    .map_or(&Value::Null, |media| &media["schema"]);
                self.error_codes(schema, &mut bare_errors, &mut codes, 0)
                    .with_context(|| format!("status {status}"))?;
                errors.insert(status, codes);
            }
        }
        let (status, response) = success.context("no successful response: report it upstream")?;
        Ok(Operation {
            method: method.to_uppercase(),
            path: bare_nouns(path),
            tag: items(operation, "tags")
                .filter_map(Value::as_str)
                .min()
                .unwrap_or("")
                .to_owned(),
            scopes: scopes(operation),
            query,
            body,
            status,
            response,
            other_successes,
            deprecated: operation["deprecated"] == true,
            errors,
            bare_errors,
        })
    }

    /// Reads the body of a success.
    fn success(&mut self, response: &'a Value) -> Result<ResponseBody> {
        let nothing = response["content"]
            .as_object()
            .is_none_or(serde_json::Map::is_empty);
        if nothing {
            return Ok(ResponseBody::Json(self.add(Node::Object(BTreeMap::new()))));
        }
        let Some(media) = content(response, "application/json") else {
            if content(response, "text/plain").is_some() {
                return Ok(ResponseBody::Text);
            }
            let types: Vec<&String> = (response["content"].as_object().into_iter().flatten())
                .map(|(name, _)| name)
                .collect();
            bail!(
                "the response is {types:?}, and only application/json and text/plain are supported: {REMEDY}"
            );
        };
        self.note_other_types(response, "application/json");
        self.note_unknown(media, Kind::Media);
        let node = self.schema(&media["schema"])?.node;
        match &self.nodes[node] {
            Node::Object(_) => {}
            Node::Any => {
                self.note("dropped: the body of the success, whose schema names no fields")
            }
            Node::Array(_) => {
                bail!("the response is a bare array, and only an object is supported: {REMEDY}")
            }
            Node::OneOf(_) => {
                bail!("the response is a bare `oneOf`, and only an object is supported: {REMEDY}")
            }
            _ => bail!("the response is not an object with fields: {REMEDY}"),
        }
        Ok(ResponseBody::Json(node))
    }

    /// Notes the media types that are dropped, because another one is read.
    fn note_other_types(&mut self, value: &Value, read: &str) {
        let types = value["content"].as_object().into_iter().flatten();
        for (name, _) in types.filter(|(name, _)| !is_media_type(name, read)) {
            self.note(&format!("dropped: the media type {name}, beside {read}"));
        }
    }

    /// Returns `true` if a schema is more than an object of anything.
    fn names_fields(&self, schema: &'a Value) -> Result<bool> {
        let schema = self.follow(schema)?;
        let keys = [
            "properties",
            "allOf",
            "oneOf",
            "anyOf",
            "additionalProperties",
        ];
        Ok(keys.iter().any(|key| schema.get(key).is_some()))
    }

    /// Reads the codes of an error's schema, which is one error or a `oneOf` of several.
    fn error_codes(
        &mut self,
        schema: &'a Value,
        bare: &mut bool,
        codes: &mut BTreeMap<String, Vec<NodeId>>,
        depth: usize,
    ) -> Result<()> {
        if depth > MAX_ERROR_DEPTH {
            bail!(
                "{schema} refers to itself: the document must give the error a schema; report it upstream"
            );
        }
        let schema = self.follow(schema)?;
        if let Some(kinds) = schema["oneOf"].as_array() {
            for kind in kinds {
                self.error_codes(kind, bare, codes, depth + 1)?;
            }
            return Ok(());
        }
        let mut properties = &schema["properties"];
        if let Some(inner) = properties.get("error") {
            *bare = false;
            properties = &self.follow(inner)?["properties"];
        }
        if let Some(code) = properties.get("code") {
            let detail = match properties.get("detail") {
                // A detail without fields is the same as none.
                Some(detail) if self.names_fields(detail)? => Some(self.schema(detail)?.node),
                _ => None,
            };
            for code in items(self.follow(code)?, "enum").filter_map(Value::as_str) {
                codes.entry(code.to_owned()).or_default().extend(detail);
            }
        }
        Ok(())
    }
}

/// Returns the entry of a media type, with or without parameters: `application/json; charset=utf-8`.
fn content<'a>(value: &'a Value, wanted: &str) -> Option<&'a Value> {
    let types = value["content"].as_object()?;
    let mut types = types.iter();
    types
        .find(|(name, _)| is_media_type(name, wanted))
        .map(|(_, media)| media)
}

fn is_media_type(name: &str, wanted: &str) -> bool {
    let essence = name.split(';').next().unwrap_or(name).trim();
    essence.eq_ignore_ascii_case(wanted)
}

fn is_path_character(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "/:_-.".contains(letter)
}

/// Removes the colons of path parameters: older documents write `/disks/:disk` for the `/disks/disk` of newer ones.
fn bare_nouns(path: &str) -> String {
    path.replace("/:", "/")
}

/// Reads the scopes of an operation, without the prefix that they have in OAuth 2.
fn scopes(operation: &Value) -> Vec<String> {
    let mut scopes: Vec<String> = items(operation, "security")
        .filter_map(Value::as_object)
        .flat_map(|scheme| scheme.values())
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str)
        .map(|scope| scope.rsplit('/').next().unwrap_or(scope).to_owned())
        .collect();
    scopes.sort();
    scopes.dedup();
    scopes
}
