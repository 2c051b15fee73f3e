//! The publisher's document, read into a model without prose: operations over a graph of schemas.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

const METHODS: &[&str] = &[
    "get", "post", "put", "patch", "delete", "head", "options", "trace",
];

/// One of the publisher's documents.
#[derive(Debug)]
pub(crate) struct Upstream {
    /// The version that the document gives itself.
    pub(crate) version: String,
    /// The product's version, which older documents do not tell.
    pub(crate) product_version: Option<String>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) nodes: Vec<Node>,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) tag: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) query: Vec<QueryParam>,
    pub(crate) body: Option<NodeId>,
    pub(crate) status: u16,
    pub(crate) response: Response,
    /// Codes by status, each with the forms of its detail.
    pub(crate) errors: BTreeMap<u16, BTreeMap<String, Vec<NodeId>>>,
    /// Whether the errors stand bare, without the envelope that the API puts around them.
    pub(crate) bare_errors: bool,
}

#[derive(Debug)]
pub(crate) enum Response {
    Json(NodeId),
    Text,
}

/// A query parameter as the document writes it: `virtual_machine[id]`.
#[derive(Debug)]
pub(crate) struct QueryParam {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) schema: Use,
}

pub(crate) type NodeId = usize;

/// A place where a schema is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    pub(crate) node: NodeId,
    pub(crate) nullable: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Prop {
    pub(crate) schema: Use,
    pub(crate) required: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Object(BTreeMap<String, Prop>),
    Array(Use),
    Enum(Vec<String>),
    Scalar(Scalar),
    /// One of several, by the names of those that have one; how it is told which, only a correction can say.
    OneOf(Vec<String>),
    /// Anything at all: a schema that says nothing, or more than this model can hold.
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scalar {
    String,
    Integer,
    Number,
    Boolean,
}

/// Reads a document. `name` is how messages call it.
pub(crate) fn read(name: &str, text: &str) -> Result<Upstream> {
    let document: Value = serde_json::from_str(text)
        .with_context(|| format!("{name} is not JSON: give the publisher's document in JSON"))?;
    let openapi = document
        .get("openapi")
        .and_then(Value::as_str)
        .unwrap_or("");
    if !openapi.starts_with("3.") {
        let found = ["openapi", "swagger"]
            .into_iter()
            .find_map(|key| Some(format!("`{key}` is {}", document.get(key)?)))
            .unwrap_or_else(|| "it has no `openapi`".to_owned());
        bail!(
            "{name} is not an OpenAPI 3 document: {found}; give the publisher's OpenAPI 3 document"
        );
    }
    let paths = document
        .get("paths")
        .and_then(Value::as_object)
        .with_context(|| format!("{name} has no `paths`, so there is nothing to generate from: give the publisher's whole document"))?;
    let mut reader = Reader {
        document: &document,
        nodes: Vec::new(),
        known: BTreeMap::new(),
    };
    let mut operations = Vec::new();
    for (path, item) in paths {
        let item = item
            .as_object()
            .with_context(|| format!("{name}: path {path} is no object"))?;
        if let Some(odd) = path.chars().find(|letter| !is_of_a_path(*letter)) {
            bail!(
                "{name}: path {path:?} holds {odd:?}, and only words with `/`, `:`, `_`, `-` and `.` are known: teach xtask/src/vendor about it"
            );
        }
        let shared = item.get("parameters").unwrap_or(&Value::Null);
        for (method, operation) in item {
            if METHODS.contains(&method.as_str()) {
                let at = format!("{name}: {} {path}", method.to_uppercase());
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
            "{name} has no operation, so there is nothing to generate from: give the publisher's whole document"
        );
    }
    operations.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
    for pair in operations.windows(2) {
        if (&pair[0].path, &pair[0].method) == (&pair[1].path, &pair[1].method) {
            bail!(
                "{name}: {} {} is there twice, with and without colons: remove one of them",
                pair[0].method,
                pair[0].path
            );
        }
    }
    reader.check_arrays().with_context(|| name.to_owned())?;
    let info = &document["info"];
    Ok(Upstream {
        version: info["version"].as_str().unwrap_or("unknown").to_owned(),
        product_version: info["x-katapult-version"].as_str().map(str::to_owned),
        operations,
        nodes: reader.nodes,
    })
}

struct Reader<'a> {
    document: &'a Value,
    nodes: Vec<Node>,
    /// Schemas that were begun, by their address, so that a cycle ends.
    known: BTreeMap<String, Use>,
}

impl<'a> Reader<'a> {
    fn operation(
        &mut self,
        method: &str,
        path: &str,
        operation: &'a Value,
        shared: &'a Value,
    ) -> Result<Operation> {
        let mut query: Vec<QueryParam> = Vec::new();
        let shared = shared.as_array().into_iter().flatten();
        for parameter in items(operation, "parameters").chain(shared) {
            let parameter = self.follow(parameter)?;
            if query.iter().any(|known| parameter["name"] == known.name) {
                continue; // an operation's own parameter comes before the path's
            }
            let name = parameter["name"]
                .as_str()
                .context("a parameter has no `name`")?;
            match parameter["in"].as_str() {
                Some("query") => query.push(QueryParam {
                    name: name.to_owned(),
                    required: parameter["required"].as_bool().unwrap_or(false),
                    schema: self.schema(&parameter["schema"])?,
                }),
                place => bail!(
                    "parameter {name} is in {}: only query parameters are known to the generator; teach xtask/src/vendor about it",
                    place.unwrap_or("no place")
                ),
            }
        }
        query.sort_by(|a, b| a.name.cmp(&b.name));
        let body = match operation.get("requestBody") {
            None | Some(Value::Null) => None,
            Some(body) => {
                let schema = &self.follow(body)?["content"]["application/json"]["schema"];
                if schema.is_null() {
                    bail!("the request body is not application/json");
                }
                Some(self.schema(schema)?.node)
            }
        };
        let responses = operation["responses"]
            .as_object()
            .context("no `responses`")?;
        let responses: BTreeMap<&String, &Value> = responses.iter().collect();
        let mut success = None;
        let mut errors = BTreeMap::new();
        let mut bare_errors = true;
        for (status, response) in responses {
            let response = self.follow(response)?;
            let Ok(status) = status.parse::<u16>() else {
                continue; // `default` and `4XX` name no code
            };
            if (200..300).contains(&status) {
                let content = &response["content"];
                let read = if let Some(json) = content.get("application/json") {
                    Response::Json(self.schema(&json["schema"])?.node)
                } else if content.get("text/plain").is_some() {
                    Response::Text
                } else {
                    Response::Json(self.add(Node::Object(BTreeMap::new())))
                };
                if success.is_none() {
                    success = Some((status, read));
                }
            } else {
                let mut codes = BTreeMap::new();
                let schema = &response["content"]["application/json"]["schema"];
                self.error_codes(schema, &mut bare_errors, &mut codes, 0)
                    .with_context(|| format!("status {status}"))?;
                errors.insert(status, codes);
            }
        }
        let (status, response) = success.context("no successful response")?;
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
            errors,
            bare_errors,
        })
    }

    /// The codes of a failure's schema, which is one error or a one-of of them.
    fn error_codes(
        &mut self,
        schema: &'a Value,
        bare: &mut bool,
        codes: &mut BTreeMap<String, Vec<NodeId>>,
        depth: usize,
    ) -> Result<()> {
        if depth > 16 {
            bail!(
                "{schema} leads to itself: the document must give the error a schema; report it to the publisher"
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
                Some(detail) => Some(self.schema(detail)?.node),
                None => None,
            };
            for code in items(self.follow(code)?, "enum").filter_map(Value::as_str) {
                codes.entry(code.to_owned()).or_default().extend(detail);
            }
        }
        Ok(())
    }

    fn schema(&mut self, schema: &'a Value) -> Result<Use> {
        let nullable = schema["nullable"].as_bool().unwrap_or(false);
        if let Some(reference) = schema["$ref"].as_str() {
            if let Some(known) = self.known.get(reference) {
                return Ok(Use {
                    node: known.node,
                    nullable: nullable || known.nullable,
                });
            }
            let target = self.resolve(reference)?;
            if target.get("$ref").is_some() || is_wrapper(target) {
                return self.guarded(reference, target);
            }
            let known = Use {
                node: self.add(Node::Any),
                nullable: target["nullable"].as_bool().unwrap_or(false),
            };
            self.known.insert(reference.to_owned(), known);
            self.nodes[known.node] = self.node(target)?;
            return Ok(Use {
                node: known.node,
                nullable: nullable || known.nullable,
            });
        }
        if is_wrapper(schema) {
            let inner = self.schema(&schema["allOf"][0])?;
            return Ok(Use {
                node: inner.node,
                nullable: nullable || inner.nullable,
            });
        }
        let node = self.node(schema)?;
        Ok(Use {
            node: self.add(node),
            nullable,
        })
    }

    /// Follows a reference that only leads to another; a circle of such is an error.
    fn guarded(&mut self, reference: &str, target: &'a Value) -> Result<Use> {
        let mut seen = vec![reference];
        let mut at = target;
        loop {
            if let Some(next) = at["$ref"].as_str() {
                if seen.contains(&next) {
                    return Err(circle(next));
                }
                seen.push(next);
                at = self.resolve(next)?;
            } else if is_wrapper(at) {
                at = &at["allOf"][0];
            } else {
                break;
            }
        }
        self.schema(target)
    }

    /// No array holds only arrays that hold only itself.
    fn check_arrays(&self) -> Result<()> {
        for (reference, known) in &self.known {
            let mut at = known.node;
            let mut steps = 0;
            while let Node::Array(items) = &self.nodes[at] {
                at = items.node;
                steps += 1;
                if steps > self.nodes.len() {
                    return Err(circle(reference));
                }
            }
        }
        Ok(())
    }

    fn node(&mut self, schema: &'a Value) -> Result<Node> {
        if let Some(kinds) = schema["oneOf"]
            .as_array()
            .or_else(|| schema["anyOf"].as_array())
        {
            for kind in kinds {
                self.schema(kind)?;
            }
            let names = kinds.iter().filter_map(|kind| kind["$ref"].as_str());
            let names = names.filter_map(|reference| reference.rsplit('/').next());
            return Ok(Node::OneOf(names.map(str::to_owned).collect()));
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut all = BTreeMap::new();
            for part in parts {
                let part = self.schema(part)?.node;
                match &self.nodes[part] {
                    Node::Object(properties) => all.extend(properties.clone()),
                    _ => return Ok(Node::Any),
                }
            }
            return Ok(Node::Object(all));
        }
        if let Some(properties) = schema["properties"].as_object() {
            let required: Vec<&str> = items(schema, "required")
                .filter_map(Value::as_str)
                .collect();
            let mut read = BTreeMap::new();
            for (name, property) in properties {
                let schema = self
                    .schema(property)
                    .with_context(|| format!("property {name}"))?;
                let required = required.contains(&name.as_str());
                read.insert(name.clone(), Prop { schema, required });
            }
            return Ok(Node::Object(read));
        }
        let mut values: Vec<String> = items(schema, "enum")
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        values.sort();
        values.dedup();
        Ok(match schema["type"].as_str() {
            Some("string") if !values.is_empty() => Node::Enum(values),
            Some("string") => Node::Scalar(Scalar::String),
            Some("integer") => Node::Scalar(Scalar::Integer),
            Some("number") => Node::Scalar(Scalar::Number),
            Some("boolean") => Node::Scalar(Scalar::Boolean),
            Some("array") => Node::Array(self.schema(&schema["items"])?),
            _ => Node::Any,
        })
    }

    fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn follow(&self, mut value: &'a Value) -> Result<&'a Value> {
        let mut seen = Vec::new();
        while let Some(reference) = value["$ref"].as_str() {
            if seen.contains(&reference) {
                return Err(circle(reference));
            }
            seen.push(reference);
            value = self.resolve(reference)?;
        }
        Ok(value)
    }

    fn resolve(&self, reference: &str) -> Result<&'a Value> {
        reference
            .strip_prefix('#')
            .and_then(|pointer| self.document.pointer(pointer))
            .with_context(|| {
                format!(
                    "`$ref` {reference} leads nowhere: the document is not whole, get it again or report it to the publisher"
                )
            })
    }
}

fn circle(reference: &str) -> anyhow::Error {
    anyhow!(
        "`$ref` {reference} refers only to itself: the document must give it a schema; report it to the publisher"
    )
}

fn is_of_a_path(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "/:_-.".contains(letter)
}

/// A path with its nouns bare: older documents write `/disks/:disk` for what newer ones call `/disks/disk`.
fn bare_nouns(path: &str) -> String {
    path.replace("/:", "/")
}

/// Whether a schema is nothing but `allOf` around one other.
fn is_wrapper(schema: &Value) -> bool {
    schema["allOf"]
        .as_array()
        .is_some_and(|parts| parts.len() == 1)
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value[key].as_array().into_iter().flatten()
}

/// The scopes of an operation, without the prefix that they have in OAuth2.
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
