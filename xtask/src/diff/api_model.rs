//! A model of the generated API: the facts of a document that users depend on.

use std::collections::{BTreeMap, BTreeSet};

use katapult_openapi::Schema;
use serde_json::Value;

use crate::diff::input::Source;
use crate::generate::document::{Document, component_of};
use crate::naming::case::{pascal, snake};
use crate::naming::reserved::identifier;

#[derive(Debug, Default)]
pub(crate) struct ApiModel {
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) types: BTreeMap<String, Type>,
    /// Error codes, with the type of their detail.
    pub(crate) codes: BTreeMap<String, Option<String>>,
}

#[derive(Debug)]
pub(crate) struct Operation {
    /// `virtual_machines().update(…)`
    pub(crate) name: String,
    pub(crate) resource: String,
    /// The method and the path.
    pub(crate) place: String,
    pub(crate) inputs: BTreeMap<String, Field>,
    /// The fields of the response; `None` for text.
    pub(crate) response: Option<BTreeMap<String, Field>>,
    /// The fields in its response at any depth, by type.
    pub(crate) answers: BTreeSet<(String, String)>,
    pub(crate) scopes: BTreeSet<String>,
    /// Error codes with their statuses.
    pub(crate) codes: BTreeMap<String, BTreeSet<String>>,
    /// The roles `list`, `task` and `trash`, with the field of the response that each is about.
    pub(crate) roles: BTreeMap<&'static str, String>,
    pub(crate) idempotent: bool,
    pub(crate) subject: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) ty: String,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
}

impl Field {
    /// Returns `true` if a response always has a value.
    pub(crate) fn certain(&self) -> bool {
        self.required && !self.nullable
    }
}

#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) kind: TypeKind,
    pub(crate) sent: bool,
    pub(crate) received: bool,
}

#[derive(Debug)]
pub(crate) enum TypeKind {
    Object(BTreeMap<String, Field>),
    Enum(BTreeSet<String>),
    Lookup(BTreeSet<String>),
    Polymorph(BTreeSet<String>),
}

/// Builds the model of the API that is generated from a pair of documents.
pub(crate) fn of(source: &Source) -> ApiModel {
    let document = &source.document;
    let mut model = ApiModel {
        codes: document.codes.clone(),
        ..ApiModel::default()
    };
    let mut uses: BTreeMap<String, Uses> = BTreeMap::new();
    for (id, operation) in &document.operations {
        let resource = &operation.spec.resource;
        let mut inputs: BTreeMap<String, Field> = operation
            .query
            .iter()
            .map(|(name, param)| (name.clone(), field(&param.schema, param.required)))
            .collect();
        let mut sent: Vec<&Value> = operation
            .query
            .values()
            .map(|param| &param.schema)
            .collect();
        if let Some(body) = &operation.body {
            inputs.extend(fields(body));
            let arguments = &body["properties"]["properties"];
            match target(arguments).and_then(|name| document.types.get(name)) {
                // The generator makes the fields of `properties` setters of the operation itself.
                Some(arguments) => {
                    inputs.remove("properties");
                    for (name, field) in fields(arguments) {
                        inputs.entry(name).or_insert(field);
                    }
                    let others = body["properties"].as_object().into_iter().flatten();
                    sent.extend(
                        others
                            .filter(|(name, _)| *name != "properties")
                            .map(|of| of.1),
                    );
                    sent.extend(
                        arguments["properties"]
                            .as_object()
                            .into_iter()
                            .flat_map(|of| of.values()),
                    );
                }
                None => sent.push(body),
            }
        }
        for (schema, is_sent) in sent
            .into_iter()
            .map(|schema| (schema, true))
            .chain(operation.response.iter().map(|schema| (schema, false)))
        {
            for name in reachable(document, schema) {
                let uses = uses.entry(name).or_default();
                uses.sent |= is_sent;
                uses.received |= !is_sent;
            }
        }
        let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (status, of_status) in &operation.spec.error_codes {
            for code in of_status {
                let statuses = codes.entry(code.clone()).or_default();
                statuses.insert(status.to_string());
            }
        }
        let list = operation.spec.list.as_ref();
        let roles = [
            ("list", list.map(|list| &list.items)),
            ("task", operation.spec.task.as_ref()),
            ("trash", operation.spec.trash.as_ref()),
        ];
        let read = Operation {
            name: format!(
                "{}().{}(…)",
                identifier(resource),
                identifier(&snake(&operation.spec.action))
            ),
            resource: resource.clone(),
            place: format!("{} {}", operation.spec.method, operation.spec.path),
            inputs,
            answers: answers(operation.spec.response()),
            response: operation.response.as_ref().map(fields),
            scopes: operation.spec.scopes.iter().cloned().collect(),
            codes,
            roles: roles
                .into_iter()
                .filter_map(|(role, field)| Some((role, field?.clone())))
                .collect(),
            idempotent: operation.spec.idempotent,
            subject: operation.spec.subject.clone(),
        };
        model.operations.insert(id.clone(), read);
    }
    for detail in document.codes.values().flatten() {
        let mut names = reachable(document, &document.types[detail]);
        names.insert(detail.clone());
        for name in names {
            let uses = uses.entry(name).or_default();
            uses.received = true;
        }
    }
    for (name, uses) in uses {
        let Some(schema) = document.types.get(&name) else {
            continue;
        };
        let read = Type {
            kind: type_kind(schema),
            sent: uses.sent,
            received: uses.received,
        };
        model.types.insert(name, read);
    }
    model
}

#[derive(Default)]
struct Uses {
    sent: bool,
    received: bool,
}

fn reachable(document: &Document, schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    document.reachable(schema, &mut found);
    found
}

fn type_kind(schema: &Value) -> TypeKind {
    let read = Schema::new(schema, schema);
    if let Some(lookup) = read.lookup() {
        TypeKind::Lookup(lookup.keys().map(str::to_owned).collect())
    } else if read.is_tagged_union() {
        TypeKind::Polymorph(read.variants().map(|(kind, _)| kind.to_owned()).collect())
    } else if read.is_enum() {
        TypeKind::Enum(texts(&schema["enum"]).collect())
    } else {
        TypeKind::Object(fields(schema))
    }
}

fn fields(schema: &Value) -> BTreeMap<String, Field> {
    let required: BTreeSet<String> = texts(&schema["required"]).collect();
    schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), field(schema, required.contains(name))))
        .collect()
}

fn field(schema: &Value, required: bool) -> Field {
    Field {
        ty: ty(schema),
        required,
        nullable: schema["nullable"].as_bool().unwrap_or(false),
    }
}

/// Returns the type that a schema refers to. An `allOf` around the reference only makes it nullable.
fn target(schema: &Value) -> Option<&str> {
    schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str())
        .map(component_of)
}

/// Returns the Rust type of a schema, without `Option` or `Patch`.
fn ty(schema: &Value) -> String {
    if let Some(name) = target(schema) {
        return format!("types::{name}");
    }
    match schema["type"].as_str() {
        Some("string") => "String".to_owned(),
        Some("integer") => "i64".to_owned(),
        Some("number") => "f64".to_owned(),
        Some("boolean") => "bool".to_owned(),
        Some("array") => format!("Vec<{}>", ty(&schema["items"])),
        _ => "serde_json::Value".to_owned(),
    }
}

fn texts(value: &Value) -> impl Iterator<Item = String> + use<'_> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
}

/// Collects the fields of an operation's response: canonical documents have a schema for each set of fields of a type.
fn answers(response: Option<Schema<'_>>) -> BTreeSet<(String, String)> {
    let types = response.into_iter().flat_map(Schema::reachable);
    let fields = types.flat_map(|ty| {
        let name = ty.type_name().or(ty.name()).unwrap_or_default();
        let fields = ty.properties();
        fields.map(move |(field, _)| (name.to_owned(), field.to_owned()))
    });
    fields.collect()
}

/// Returns the variant of an enumeration's value.
pub(crate) fn variant(value: &str) -> String {
    pascal(value)
}
