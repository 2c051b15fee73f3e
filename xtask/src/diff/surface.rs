//! What users see of a document: the generated API in the few words in which two can be compared.

use std::collections::{BTreeMap, BTreeSet};

use katapult_openapi::Schema;
use serde_json::Value;

use crate::diff::source::Source;
use crate::generate::document::{Document, component_of};
use crate::text::{identifier, pascal, snake};

#[derive(Debug, Default)]
pub(crate) struct Surface {
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) types: BTreeMap<String, Type>,
    /// Codes, with the type of what they bring with them.
    pub(crate) codes: BTreeMap<String, Option<String>>,
}

#[derive(Debug)]
pub(crate) struct Operation {
    /// `virtual_machines().update(…)`
    pub(crate) name: String,
    pub(crate) resource: String,
    pub(crate) place: String,
    pub(crate) inputs: BTreeMap<String, Field>,
    /// The response's fields; `None` when it is text.
    pub(crate) response: Option<BTreeMap<String, Field>>,
    /// The fields that its response brings, by type, at whatever depth.
    pub(crate) answers: BTreeSet<(String, String)>,
    pub(crate) scopes: BTreeSet<String>,
    /// Codes with the statuses under which they come.
    pub(crate) codes: BTreeMap<String, BTreeSet<String>>,
    /// Lists, queues a task, trashes: with the field.
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
    /// Whether a response always brings a value.
    pub(crate) fn certain(&self) -> bool {
        self.required && !self.nullable
    }
}

#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) shape: Shape,
    pub(crate) sent: bool,
    pub(crate) received: bool,
}

#[derive(Debug)]
pub(crate) enum Shape {
    Object(BTreeMap<String, Field>),
    Enum(BTreeSet<String>),
    Lookup(BTreeSet<String>),
    Polymorph(BTreeSet<String>),
}

/// Lists everything that a source gives users.
pub(crate) fn of(source: &Source) -> Surface {
    let document = &source.document;
    let mut surface = Surface {
        codes: document.codes.clone(),
        ..Surface::default()
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
                // The fields of `properties` are the operation's own setters.
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
        surface.operations.insert(id.clone(), read);
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
            shape: shape(schema),
            sent: uses.sent,
            received: uses.received,
        };
        surface.types.insert(name, read);
    }
    surface
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

fn shape(schema: &Value) -> Shape {
    let read = Schema::new(schema, schema);
    if let Some(lookup) = read.lookup() {
        Shape::Lookup(lookup.keys().map(str::to_owned).collect())
    } else if read.is_tagged_union() {
        Shape::Polymorph(read.variants().map(|(kind, _)| kind.to_owned()).collect())
    } else if read.is_enum() {
        Shape::Enum(texts(&schema["enum"]).collect())
    } else {
        Shape::Object(fields(schema))
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

/// The type that a schema refers to, whether or not it can be null.
fn target(schema: &Value) -> Option<&str> {
    schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str())
        .map(component_of)
}

/// A schema's type as Rust writes it, less what says that it can be missing.
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

/// The fields that an operation's response brings: canonical documents keep what each answers of a type apart.
fn answers(response: Option<Schema<'_>>) -> BTreeSet<(String, String)> {
    let types = response.into_iter().flat_map(Schema::reachable);
    let fields = types.flat_map(|ty| {
        let name = ty.type_name().or(ty.name()).unwrap_or_default();
        let fields = ty.properties();
        fields.map(move |(field, _)| (name.to_owned(), field.to_owned()))
    });
    fields.collect()
}

/// The variant of an enumeration's value.
pub(crate) fn variant(value: &str) -> String {
    pascal(value)
}
