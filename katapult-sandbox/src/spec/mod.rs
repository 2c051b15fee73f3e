//! The canonical documents: which operations there are, what they take and answer.

pub(crate) mod json_schema;
pub(crate) mod router;
pub(crate) mod schema;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::request::validate::RequestValidator;
use crate::spec::schema::{Node, Schema, Schemas};

const CORE: &str = include_str!("../../../openapi/katapult-core.json");
const PUBLIC: &str = include_str!("../../../openapi/katapult-public.json");

/// One of the API's two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Core,
    Public,
}

impl Api {
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Core => "/core/v1",
            Self::Public => "/public/v1",
        }
    }
}

/// Both documents.
#[derive(Debug)]
pub(crate) struct Document {
    core: Schemas,
    public: Schemas,
    pub(crate) operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) api: Api,
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) action: String,
    pub(crate) scopes: Vec<String>,
    /// Error codes, each with its status.
    pub(crate) errors: BTreeMap<String, u16>,
    /// The property of the reply that holds a list's items.
    pub(crate) items: Option<String>,
    pub(crate) task: Option<String>,
    pub(crate) trash: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) parameters: Vec<(String, bool, Node)>,
    pub(crate) body: Option<Node>,
    pub(crate) form: RequestValidator,
    pub(crate) status: u16,
    /// `None` when the reply is text.
    pub(crate) reply: Option<Node>,
}

/// Why a document could not be read.
#[derive(Clone, Debug)]
pub struct DocumentError(String);

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the document: {}; `cargo xtask vendor` makes canonical ones",
            self.0
        )
    }
}

impl std::error::Error for DocumentError {}

impl Document {
    /// Reads documents, those of this repository where none is given.
    pub(crate) fn read(core: Option<&str>, public: Option<&str>) -> Result<Self, DocumentError> {
        let mut document = Self {
            core: Schemas::default(),
            public: Schemas::default(),
            operations: Vec::new(),
        };
        for (api, text) in [
            (Api::Core, core.unwrap_or(CORE)),
            (Api::Public, public.unwrap_or(PUBLIC)),
        ] {
            let root: Value =
                serde_json::from_str(text).map_err(|error| DocumentError(error.to_string()))?;
            document
                .read_operations(&root, api)
                .map_err(DocumentError)?;
        }
        Ok(document)
    }

    pub(crate) fn schemas(&self, api: Api) -> &Schemas {
        match api {
            Api::Core => &self.core,
            Api::Public => &self.public,
        }
    }

    pub(crate) fn schema(&self, operation: &Operation, node: Node) -> &Schema {
        self.schemas(operation.api).get(node)
    }

    /// Every argument that an operation takes, of its query and of its body.
    pub(crate) fn argument(&self, operation: &Operation, name: &str) -> Option<Node> {
        let parameter = operation
            .parameters
            .iter()
            .find(|(known, _, _)| known == name);
        parameter
            .map(|(_, _, node)| *node)
            .or_else(|| self.schema(operation, operation.body?).property(name))
    }

    fn read_operations(&mut self, root: &Value, api: Api) -> Result<(), String> {
        let paths = root
            .get("paths")
            .and_then(Value::as_object)
            .ok_or("it has no paths")?;
        for (path, methods) in paths {
            for (method, node) in methods.as_object().into_iter().flatten() {
                let operation = self
                    .read_operation(root, api, method, path, node)
                    .map_err(|why| format!("{method} {path}: {why}"))?;
                self.operations.push(operation);
            }
        }
        Ok(())
    }

    fn read_operation(
        &mut self,
        root: &Value,
        api: Api,
        method: &str,
        path: &str,
        node: &Value,
    ) -> Result<Operation, String> {
        let id = node
            .get("operationId")
            .and_then(Value::as_str)
            .ok_or("it has no operationId")?;
        let facts = node.get("x-katapult").ok_or("it has no x-katapult")?;
        let fact = |name: &str| facts.get(name).and_then(Value::as_str).map(str::to_owned);
        let (status, success) = success(root, node)?;
        let schemas = match api {
            Api::Core => &mut self.core,
            Api::Public => &mut self.public,
        };
        let mut parameters = Vec::new();
        let mut asked = Vec::new();
        for parameter in node
            .get("parameters")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let parameter = follow(root, parameter);
            let name = parameter
                .get("name")
                .and_then(Value::as_str)
                .ok_or("a parameter has no name")?;
            let required = parameter.get("required") == Some(&Value::Bool(true));
            let schema = parameter.get("schema").unwrap_or(&Value::Null);
            parameters.push((name.to_owned(), required, schemas.compile(root, schema)));
            asked.push((name, required, schema));
        }
        let body = node
            .get("requestBody")
            .and_then(|body| json_schema(follow(root, body)));
        // Real clients send a page to lists that have none.
        let open = method == "get";
        Ok(Operation {
            api,
            id: id.to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            action: fact("action").unwrap_or_default(),
            scopes: texts(facts.get("scopes")).collect(),
            errors: errors(facts),
            items: facts
                .pointer("/list/items")
                .and_then(Value::as_str)
                .map(str::to_owned),
            task: fact("task"),
            trash: fact("trash"),
            subject: fact("subject"),
            parameters,
            body: body.map(|body| schemas.compile(root, body)),
            form: RequestValidator::compile(root, &asked, body, open)?,
            status,
            reply: json_schema(success).map(|reply| schemas.compile(root, reply)),
        })
    }
}

fn errors(facts: &Value) -> BTreeMap<String, u16> {
    let mut errors = BTreeMap::new();
    for (status, codes) in facts
        .get("errors")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if let Ok(status) = status.parse() {
            errors.extend(texts(Some(codes)).map(|code| (code, status)));
        }
    }
    errors
}

fn texts(node: Option<&Value>) -> impl Iterator<Item = String> + '_ {
    let items = node.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned)
}

fn success<'a>(root: &'a Value, node: &'a Value) -> Result<(u16, &'a Value), String> {
    let responses = node
        .get("responses")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let mut successes = responses.filter(|(status, _)| status.starts_with('2'));
    let (status, response) = successes.next().ok_or("it has no response of success")?;
    let status = status
        .parse()
        .map_err(|_| format!("its status {status} is no number"))?;
    Ok((status, follow(root, response)))
}

fn follow<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    let target = node
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|target| target.strip_prefix('#'));
    target
        .and_then(|target| root.pointer(target))
        .unwrap_or(node)
}

fn json_schema(node: &Value) -> Option<&Value> {
    node.get("content")?.get("application/json")?.get("schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repositorys_documents_are_read_whole() {
        let document = Document::read(None, None).unwrap();
        assert_eq!(document.operations.len(), 195);
        let find = |id: &str| {
            document
                .operations
                .iter()
                .find(|operation| operation.id == id)
                .unwrap()
        };
        let list = find("virtual_machines.list");
        assert_eq!(list.items.as_deref(), Some("virtual_machines"));
        let get = find("virtual_machines.get");
        assert_eq!(get.errors.get("object_in_trash"), Some(&406));
        let lookup = document.schema(get, document.argument(get, "virtual_machine").unwrap());
        assert_eq!(lookup.looks_up(), Some("VirtualMachine"));
    }
}
