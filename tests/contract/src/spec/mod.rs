//! The canonical documents: what operations there are, what they take and answer.

pub(crate) mod corrections;
pub mod router;
pub mod schema;

use std::collections::BTreeMap;
use std::fmt;

use katapult_gen::Api;
use serde::Deserialize;
use serde_json::Value;

use schema::{Schema, resolve};

const CORE: &str = include_str!("../../../../openapi/katapult-core.json");
const PUBLIC: &str = include_str!("../../../../openapi/katapult-public.json");

/// Both documents, read.
#[derive(Debug)]
pub struct Documents {
    core: Value,
    public: Value,
    operations: Vec<OperationDoc>,
}

/// What a document says of one operation.
#[derive(Debug)]
pub struct OperationDoc {
    /// The API whose document it is.
    pub api: Api,
    /// `virtual_machines.shutdown`
    pub id: String,
    /// In capitals.
    pub method: String,
    /// Below the API's address.
    pub path: String,
    /// What `x-katapult` adds to OpenAPI.
    pub facts: Facts,
    /// The query.
    pub parameters: Vec<Parameter>,
    body: Option<Value>,
    /// The status of success.
    pub status: u16,
    response: Option<Value>,
    failures: BTreeMap<u16, Value>,
}

/// What `x-katapult` says of an operation.
#[derive(Debug, Deserialize)]
pub struct Facts {
    /// What it does, in one word: `create`.
    pub action: String,
    /// The field of the response that shows what it is about.
    pub subject: Option<String>,
    /// A few words.
    pub title: String,
    /// Any one of them suffices.
    pub scopes: Vec<String>,
    /// Error codes by status.
    pub errors: BTreeMap<String, Vec<String>>,
    /// Whether doing it twice is doing it once.
    pub idempotent: bool,
    /// Of a list: where its items are.
    pub list: Option<ListFacts>,
    /// Of an operation that queues a task: the field that names it.
    pub task: Option<String>,
    /// Of an operation that moves its object to the trash: the field that names what is there then.
    pub trash: Option<String>,
}

/// What `x-katapult` says of a list.
#[derive(Debug, Deserialize)]
pub struct ListFacts {
    /// The field of the response that holds the items.
    pub items: String,
    /// The field of the response that says where in the list it stands.
    pub pagination: String,
}

/// One query parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name; a lookup is one parameter.
    pub name: String,
    /// Whether a request must have it.
    pub required: bool,
    schema: Value,
}

/// Why a canonical document could not be read.
#[derive(Debug)]
pub struct DocumentError {
    document: &'static str,
    why: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { document, why } = self;
        write!(
            f,
            "openapi/{document}: {why}; `cargo xtask vendor` makes it anew"
        )
    }
}

impl std::error::Error for DocumentError {}

impl Documents {
    /// The documents of this repository.
    ///
    /// # Errors
    ///
    /// When one of them is not in canonical form.
    pub fn load() -> Result<Self, DocumentError> {
        Self::parse(CORE, PUBLIC)
    }

    /// Reads documents from their texts.
    ///
    /// # Errors
    ///
    /// When one of them is not in canonical form.
    pub fn parse(core: &str, public: &str) -> Result<Self, DocumentError> {
        let mut operations = Vec::new();
        let mut read = |document, text: &str, api| {
            let fail = |why| DocumentError { document, why };
            let root: Value =
                serde_json::from_str(text).map_err(|error| fail(error.to_string()))?;
            operations.extend(read_operations(&root, api).map_err(fail)?);
            Ok(root)
        };
        let core = read("katapult-core.json", core, Api::Core)?;
        let public = read("katapult-public.json", public, Api::Public)?;
        Ok(Self {
            core,
            public,
            operations,
        })
    }

    /// Every operation, core before public.
    pub fn operations(&self) -> &[OperationDoc] {
        &self.operations
    }

    /// The operation of that name.
    pub fn operation(&self, api: Api, id: &str) -> Option<&OperationDoc> {
        self.operations
            .iter()
            .find(|operation| operation.api == api && operation.id == id)
    }

    /// The types of objects, some of them several times.
    pub fn type_names(&self) -> impl Iterator<Item = &str> {
        [&self.core, &self.public]
            .into_iter()
            .filter_map(|root| root.pointer("/components/schemas")?.as_object())
            .flat_map(|schemas| schemas.values())
            .filter_map(|schema| schema.get("x-katapult-type")?.as_str())
    }

    /// The lookups by name, with their keys.
    pub fn lookups(&self) -> BTreeMap<String, Vec<String>> {
        [&self.core, &self.public]
            .into_iter()
            .filter_map(|root| root.pointer("/components/schemas")?.as_object())
            .flatten()
            .filter_map(|(name, schema)| {
                let keys = schema.get("x-katapult-lookup")?.as_array()?;
                let keys = keys.iter().filter_map(Value::as_str).map(str::to_owned);
                Some((name.clone(), keys.collect()))
            })
            .collect()
    }

    fn root(&self, api: Api) -> &Value {
        match api {
            Api::Public => &self.public,
            _ => &self.core,
        }
    }

    /// The schema of an operation's request body, if it takes one.
    pub fn body<'a>(&'a self, operation: &'a OperationDoc) -> Option<Schema<'a>> {
        let node = operation.body.as_ref()?;
        Some(Schema::new(self.root(operation.api), node))
    }

    /// The schema of an operation's response; `None` when that is text and not JSON.
    pub fn response<'a>(&'a self, operation: &'a OperationDoc) -> Option<Schema<'a>> {
        let node = operation.response.as_ref()?;
        Some(Schema::new(self.root(operation.api), node))
    }

    /// The schema of the body with which an operation fails with this status; for one that the
    /// document does not name, that of another: they are all the same envelope.
    pub fn failure<'a>(&'a self, operation: &'a OperationDoc, status: u16) -> Option<Schema<'a>> {
        let failures = &operation.failures;
        let node = failures.get(&status).or_else(|| failures.values().next())?;
        Some(Schema::new(self.root(operation.api), node))
    }

    /// The schema of what an error's code brings with it, where the document has one.
    pub fn detail(&self, api: Api, code: &str) -> Option<Schema<'_>> {
        let root = self.root(api);
        let node = root
            .get("x-katapult-error-codes")?
            .get(code)?
            .get("detail")?;
        Some(Schema::new(root, node))
    }

    /// The schema of one of an operation's query parameters.
    pub fn parameter<'a>(&'a self, operation: &'a OperationDoc, name: &str) -> Option<Schema<'a>> {
        let parameter = operation
            .parameters
            .iter()
            .find(|parameter| parameter.name == name)?;
        Some(Schema::new(self.root(operation.api), &parameter.schema))
    }
}

fn read_operations(root: &Value, api: Api) -> Result<Vec<OperationDoc>, String> {
    let paths = root
        .get("paths")
        .and_then(Value::as_object)
        .ok_or("it has no paths")?;
    let mut operations = Vec::new();
    for (path, methods) in paths {
        for (method, node) in methods.as_object().into_iter().flatten() {
            let operation = read_operation(root, api, method, path, node)
                .map_err(|why| format!("{} {path}: {why}", method.to_uppercase()))?;
            operations.push(operation);
        }
    }
    Ok(operations)
}

fn read_operation(
    root: &Value,
    api: Api,
    method: &str,
    path: &str,
    node: &Value,
) -> Result<OperationDoc, String> {
    let id = node
        .get("operationId")
        .and_then(Value::as_str)
        .ok_or("it has no operationId")?;
    let facts = node.get("x-katapult").ok_or("it has no x-katapult")?;
    let facts = Facts::deserialize(facts).map_err(|error| format!("x-katapult: {error}"))?;
    let parameters = node
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let body = node.get("requestBody").map(|body| follow(root, body));
    let (status, response) = read_success(root, node)?;
    Ok(OperationDoc {
        api,
        id: id.to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        facts,
        parameters: parameters
            .map(|parameter| read_parameter(follow(root, parameter)))
            .collect::<Result<_, _>>()?,
        body: body.and_then(json_schema).cloned(),
        status,
        response,
        failures: read_failures(root, node),
    })
}

fn read_parameter(node: &Value) -> Result<Parameter, String> {
    let name = node
        .get("name")
        .and_then(Value::as_str)
        .ok_or("a parameter has no name")?;
    Ok(Parameter {
        name: name.to_owned(),
        required: node
            .get("required")
            .and_then(Value::as_bool)
            .unwrap_or_default(),
        schema: node.get("schema").cloned().unwrap_or_default(),
    })
}

fn read_success(root: &Value, node: &Value) -> Result<(u16, Option<Value>), String> {
    let responses = node.get("responses").and_then(Value::as_object);
    let (status, response) = responses
        .into_iter()
        .flatten()
        .find(|(status, _)| status.starts_with('2'))
        .ok_or("it has no response of success")?;
    let status = status
        .parse()
        .map_err(|_| format!("its status {status} is no number"))?;
    Ok((status, json_schema(follow(root, response)).cloned()))
}

fn read_failures(root: &Value, node: &Value) -> BTreeMap<u16, Value> {
    let responses = node.get("responses").and_then(Value::as_object);
    let failures = responses
        .into_iter()
        .flatten()
        .filter_map(|(status, response)| {
            let status = status.parse().ok().filter(|status| *status >= 400)?;
            Some((status, json_schema(follow(root, response))?.clone()))
        });
    failures.collect()
}

fn follow<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    let target = node.get("$ref").and_then(Value::as_str);
    target
        .and_then(|target| resolve(root, target))
        .unwrap_or(node)
}

fn json_schema(node: &Value) -> Option<&Value> {
    node.get("content")?.get("application/json")?.get("schema")
}
