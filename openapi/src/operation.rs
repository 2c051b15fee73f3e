//! Operations: OpenAPI's own parts, and the extension `x-katapult`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::schema::{Schema, resolve, to_json_schema, validate};
use crate::wait_states::WaitStates;

/// One of the two APIs of Katapult, each with a document of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Api {
    /// The API of an account's resources. Needs a token.
    Core,
    /// The API of prices, data centers and other public facts. Takes no token.
    Public,
}

impl Api {
    /// Both APIs, core before public.
    pub const ALL: [Self; 2] = [Self::Core, Self::Public];

    /// Returns the name in file names and messages: `core`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Public => "public",
        }
    }

    /// Returns the part of a URL between the host and an operation's path: `/core/v1`.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Core => "/core/v1",
            Self::Public => "/public/v1",
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An operation of the API.
#[derive(Clone)]
#[non_exhaustive]
pub struct Operation {
    /// The API whose document has the operation.
    pub api: Api,
    /// The id, unique within the API: `virtual_machines.shutdown`.
    pub id: String,
    /// The HTTP method, in capitals.
    pub method: String,
    /// The path after the API's prefix: `/virtual_machines/virtual_machine/shutdown`.
    pub path: String,
    /// The resource, in snake case: `virtual_machines`.
    pub resource: String,
    /// The action on the resource, in snake case: `shutdown`.
    pub action: String,
    /// A phrase for messages: `shutdown virtual machine`.
    pub title: String,
    /// The field of the response that shows the object of the operation.
    pub subject: Option<String>,
    /// Scopes, any one of which a token needs. Empty if the operation needs none.
    pub scopes: Vec<String>,
    /// Documented error codes by HTTP status. The API sends others too.
    pub error_codes: BTreeMap<u16, Vec<String>>,
    /// `true` if a repeated request has the effect of one.
    pub idempotent: bool,
    /// The fields of a paginated list's response. `None` if the operation is no such list.
    pub list: Option<ListFields>,
    /// The field of the response with the queued task. `None` if the operation queues none.
    pub task: Option<String>,
    /// The field of the response with the trash object. `None` if the operation trashes nothing.
    pub trash: Option<String>,
    /// The states by which the object of the response is waited for. `None` if its state does not change by itself.
    pub wait_states: Option<WaitStates>,
    /// The query parameters, in the order of the document.
    pub parameters: Vec<Parameter>,
    /// The HTTP status of success.
    pub status: u16,
    /// Other HTTP statuses of success. The fields of their responses are in the schema of the response, as optional ones.
    pub other_statuses: Vec<u16>,
    /// The fields of the response that another status of success has instead of the subject.
    pub instead_of_subject: Vec<String>,
    /// `true` if the API advises against the operation.
    pub deprecated: bool,
    root: Arc<Value>,
    body: Option<Value>,
    response: Option<Value>,
    error_responses: BTreeMap<u16, Value>,
}

/// The fields of a paginated list's response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListFields {
    /// The field with the items.
    pub items: String,
    /// The field with the position in the list.
    pub pagination: String,
}

/// A query parameter.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parameter {
    /// The name. A lookup is one parameter, whatever its keys.
    pub name: String,
    /// `true` if every request needs the parameter.
    pub required: bool,
    schema: Value,
}

impl Operation {
    /// Returns the schema of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<Schema<'_>> {
        let mut parameters = self.parameters.iter();
        let parameter = parameters.find(|parameter| parameter.name == name)?;
        Some(self.schema(&parameter.schema))
    }

    /// Returns the schema of the JSON request body. `None` if the operation takes no body.
    pub fn request_body(&self) -> Option<Schema<'_>> {
        self.body.as_ref().map(|node| self.schema(node))
    }

    /// Returns the schema of an argument: a query parameter, or a field of the request body.
    pub fn argument(&self, name: &str) -> Option<Schema<'_>> {
        self.parameter(name)
            .or_else(|| self.request_body()?.property(name))
    }

    /// Returns the schema of the response to a success. `None` if that response is text.
    pub fn response(&self) -> Option<Schema<'_>> {
        self.response.as_ref().map(|node| self.schema(node))
    }

    /// Returns the schema of the response to a failure with this HTTP status.
    ///
    /// For a status that the document does not name, the schema of another: all failures of the API
    /// come in the same envelope.
    pub fn error_response(&self, status: u16) -> Option<Schema<'_>> {
        let responses = &self.error_responses;
        let node = responses
            .get(&status)
            .or_else(|| responses.values().next())?;
        Some(self.schema(node))
    }

    /// Returns the HTTP status that the operation documents for an error code.
    pub fn status_of(&self, code: &str) -> Option<u16> {
        // The greatest, where a code has several.
        let mut statuses = self.error_codes.iter().rev();
        let (status, _) = statuses.find(|(_, codes)| codes.iter().any(|known| known == code))?;
        Some(*status)
    }

    /// Returns `true` if the operation documents an error code.
    pub fn documents_code(&self, code: &str) -> bool {
        self.status_of(code).is_some()
    }

    /// Returns a JSON Schema (draft 2020-12) of all arguments, as one object of query parameters
    /// and fields of the body. It permits no other argument, by `additionalProperties`.
    pub fn arguments_json_schema(&self) -> Value {
        let body = self.request_body();
        let fields = body.into_iter().flat_map(Schema::properties);
        let parameters = self.parameters.iter();
        let properties: serde_json::Map<String, Value> = parameters
            .map(|parameter| (parameter.name.clone(), parameter.schema.clone()))
            .chain(fields.map(|(name, schema)| (name.to_owned(), schema.json().clone())))
            .collect();
        let required: Vec<&str> = (self.parameters.iter())
            .filter(|parameter| parameter.required)
            .map(|parameter| parameter.name.as_str())
            .chain(body.into_iter().flat_map(Schema::required))
            .collect();
        let arguments = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        to_json_schema(&self.root, &arguments)
    }

    fn schema<'a>(&'a self, node: &'a Value) -> Schema<'a> {
        Schema::new(&self.root, node)
    }
}

impl fmt::Debug for Operation {
    // Not derived: the whole document is behind each operation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("api", &self.api)
            .field("id", &self.id)
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Reads the operation at `node`.
pub(crate) fn read(
    root: &Arc<Value>,
    api: Api,
    method: &str,
    path: &str,
    node: &Value,
) -> Result<Operation, String> {
    let id = text(node, "operationId").ok_or("the operation has no operationId")?;
    let metadata = Metadata {
        id: &id,
        node: &node["x-katapult"],
    };
    let (resource, action) = (metadata.text("resource")?, metadata.text("action")?);
    let list = metadata.optional("list", |list| {
        Some(ListFields {
            items: text(list, "items")?,
            pagination: text(list, "pagination")?,
        })
    })?;
    let (status, response) = success(root, node)?;
    let body = json_content(follow(root, &node["requestBody"]));
    for schema in [body, response].into_iter().flatten() {
        validate(root, schema).map_err(|fault| format!("operation {id}: {fault}"))?;
    }
    Ok(Operation {
        api,
        method: method.to_uppercase(),
        path: path.to_owned(),
        resource,
        action,
        title: metadata.text("title")?,
        subject: metadata.optional("subject", as_text)?,
        scopes: metadata.required("scopes", texts)?,
        error_codes: metadata.required("errors", error_codes)?,
        idempotent: metadata.required("idempotent", Value::as_bool)?,
        list,
        task: metadata.optional("task", as_text)?,
        trash: metadata.optional("trash", as_text)?,
        wait_states: metadata.optional("wait_states", WaitStates::read)?,
        parameters: parameters(root, node).map_err(|fault| format!("operation {id}: {fault}"))?,
        status,
        other_statuses: metadata
            .optional("other_statuses", numbers)?
            .unwrap_or_default(),
        instead_of_subject: metadata
            .optional("instead_of_subject", texts)?
            .unwrap_or_default(),
        deprecated: node["deprecated"] == true,
        root: root.clone(),
        body: body.cloned(),
        response: response.cloned(),
        error_responses: error_responses(root, node),
        id,
    })
}

/// The extension `x-katapult` of an operation.
struct Metadata<'a> {
    id: &'a str,
    node: &'a Value,
}

impl Metadata<'_> {
    fn optional<T>(
        &self,
        name: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        match &self.node[name] {
            Value::Null => Ok(None),
            node => match read(node) {
                None => Err(format!(
                    "operation {}: x-katapult.{name} is {node}",
                    self.id
                )),
                found => Ok(found),
            },
        }
    }

    fn required<T>(&self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Result<T, String> {
        self.optional(name, read)?
            .ok_or_else(|| format!("operation {} has no x-katapult.{name}", self.id))
    }

    fn text(&self, name: &str) -> Result<String, String> {
        self.required(name, as_text)
    }
}

fn as_text(node: &Value) -> Option<String> {
    node.as_str().map(str::to_owned)
}

fn text(node: &Value, name: &str) -> Option<String> {
    as_text(&node[name])
}

fn texts(node: &Value) -> Option<Vec<String>> {
    node.as_array()?.iter().map(as_text).collect()
}

fn numbers(node: &Value) -> Option<Vec<u16>> {
    let numbers = node.as_array()?.iter();
    numbers
        .map(|number| number.as_u64()?.try_into().ok())
        .collect()
}

fn error_codes(node: &Value) -> Option<BTreeMap<u16, Vec<String>>> {
    let by_status = node.as_object()?.iter();
    by_status
        .map(|(status, codes)| Some((status.parse().ok()?, texts(codes)?)))
        .collect()
}

fn parameters(root: &Value, node: &Value) -> Result<Vec<Parameter>, String> {
    let parameters = node["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.map(|node| {
        let node = follow(root, node);
        let name = text(node, "name").ok_or("a parameter has no name")?;
        validate(root, &node["schema"]).map_err(|fault| format!("parameter {name}: {fault}"))?;
        Ok(Parameter {
            name,
            required: node["required"] == true,
            schema: node["schema"].clone(),
        })
    });
    parameters.collect()
}

fn success<'a>(root: &'a Value, node: &'a Value) -> Result<(u16, Option<&'a Value>), String> {
    let mut responses = node["responses"].as_object().into_iter().flatten();
    // `vendor` writes one success per operation, so the first is the only one.
    let (status, response) = responses
        .find(|(status, _)| status.starts_with('2'))
        .ok_or("the operation has no response of success")?;
    let status = status
        .parse()
        .map_err(|_| format!("the status {status} is not a number"))?;
    Ok((status, json_content(follow(root, response))))
}

fn error_responses(root: &Value, node: &Value) -> BTreeMap<u16, Value> {
    let responses = node["responses"].as_object().into_iter().flatten();
    let failures = responses.filter_map(|(status, response)| {
        let status = status.parse().ok().filter(|status| *status >= 400)?;
        Some((status, json_content(follow(root, response))?.clone()))
    });
    failures.collect()
}

/// The node itself, or the one that it refers to.
fn follow<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    let target = node["$ref"].as_str();
    target
        .and_then(|target| resolve(root, target))
        .unwrap_or(node)
}

fn json_content(node: &Value) -> Option<&Value> {
    node.get("content")?.get("application/json")?.get("schema")
}
