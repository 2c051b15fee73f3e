//! A model of the generated API: the facts of a document that users depend on.

use std::collections::{BTreeMap, BTreeSet};

use katapult_openapi::Schema;
use serde_json::Value;

use crate::diff::input::Source;
use crate::naming::case::snake;
use crate::naming::reserved::identifier;
use crate::spec::{self, Document, referred};

#[derive(Debug)]
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
    pub(crate) returned: BTreeSet<(String, String)>,
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
    let mut operations = BTreeMap::new();
    let mut usage = Usage::default();
    for (id, operation) in &document.operations {
        let (inputs, sent) = inputs(document, operation);
        for schema in sent {
            usage.sent.extend(reachable(document, schema));
        }
        if let Some(schema) = &operation.response {
            usage.received.extend(reachable(document, schema));
        }
        operations.insert(id.clone(), model(operation, inputs));
    }
    for detail in document.codes.values().flatten() {
        let names = reachable(document, &document.types[detail]);
        usage.received.extend(names);
        usage.received.insert(detail.clone());
    }
    let types = usage.sent.union(&usage.received).filter_map(|name| {
        let ty = Type {
            kind: type_kind(document.types.get(name)?),
            sent: usage.sent.contains(name),
            received: usage.received.contains(name),
        };
        Some((name.clone(), ty))
    });
    ApiModel {
        types: types.collect(),
        operations,
        codes: document.codes.clone(),
    }
}

/// The types that are sent, and those that are received.
#[derive(Default)]
struct Usage {
    sent: BTreeSet<String>,
    received: BTreeSet<String>,
}

fn model(operation: &spec::Operation, inputs: BTreeMap<String, Field>) -> Operation {
    let spec = &operation.spec;
    let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (status, of_status) in &spec.error_codes {
        for code in of_status {
            let statuses = codes.entry(code.clone()).or_default();
            statuses.insert(status.to_string());
        }
    }
    let roles = [
        ("list", spec.list.as_ref().map(|list| &list.items)),
        ("task", spec.task.as_ref()),
        ("trash", spec.trash.as_ref()),
    ];
    let (resource, action) = (identifier(&spec.resource), identifier(&snake(&spec.action)));
    Operation {
        name: format!("{resource}().{action}(…)"),
        resource: spec.resource.clone(),
        place: format!("{} {}", spec.method, spec.path),
        inputs,
        returned: returned(spec.response()),
        response: operation.response.as_ref().map(fields),
        scopes: spec.scopes.iter().cloned().collect(),
        codes,
        roles: roles
            .into_iter()
            .filter_map(|(role, field)| Some((role, field?.clone())))
            .collect(),
        idempotent: spec.idempotent,
        subject: operation.subject().map(str::to_owned),
    }
}

/// Returns the arguments and setters of an operation, and the schemas that it sends.
fn inputs<'a>(
    document: &'a Document,
    operation: &'a spec::Operation,
) -> (BTreeMap<String, Field>, Vec<&'a Value>) {
    let mut inputs = BTreeMap::new();
    let mut sent = Vec::new();
    for (name, param) in &operation.query {
        inputs.insert(name.clone(), field(&param.schema, param.required));
        sent.push(&param.schema);
    }
    let Some(body) = &operation.body else {
        return (inputs, sent);
    };
    inputs.extend(fields(body));
    let arguments = referred(&body["properties"]["properties"]);
    let Some(arguments) = arguments.and_then(|name| document.types.get(name)) else {
        sent.push(body);
        return (inputs, sent);
    };
    // The generator makes the fields of `properties` setters of the operation itself.
    inputs.remove("properties");
    for (name, field) in fields(arguments) {
        inputs.entry(name).or_insert(field);
    }
    for (schema, skipped) in [(body, Some("properties")), (arguments, None)] {
        let properties = schema["properties"].as_object().into_iter().flatten();
        let own = properties.filter(|(name, _)| Some(name.as_str()) != skipped);
        sent.extend(own.map(|(_, schema)| schema));
    }
    (inputs, sent)
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

/// Returns the Rust type of a schema, without `Option` or `Patch`.
fn ty(schema: &Value) -> String {
    if let Some(name) = referred(schema) {
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
fn returned(response: Option<Schema<'_>>) -> BTreeSet<(String, String)> {
    let types = response.into_iter().flat_map(Schema::reachable);
    let fields = types.flat_map(|ty| {
        let name = ty.type_name().or(ty.name()).unwrap_or_default();
        let fields = ty.properties();
        fields.map(move |(field, _)| (name.to_owned(), field.to_owned()))
    });
    fields.collect()
}
