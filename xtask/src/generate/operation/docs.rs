//! The documentation of an operation: path, scopes, arguments, result, errors, an example, and words to search for.

use std::collections::BTreeMap;

use katapult_openapi::{Api, Operation};
use syn::{ItemStruct, Type};

use super::parameters::{Parameter, setter};
use super::parts::OperationParts;
use crate::generate::descriptions::of_operation;
use crate::generate::types::fields::{inner, type_name, wire_name};
use crate::generate::types::variants::variants;
use crate::generate::{aliases, example};
use crate::spec::Document;

/// The crate's root in links of the documentation.
const CRATE: &str = "crate";

/// Types of the crate that arguments and fields have, besides those of the document.
const OF_CRATE: &[&str] = &["Secret", "Timestamp"];

/// The methods that katapult-core has for the calls of single operations, with their effect.
const OTHER_METHODS: &[(&str, &str)] = &[
    (
        "reconcile_by_key",
        "finds the object by its natural key if the response is lost",
    ),
    ("wait", "waits until the effect is complete"),
];

/// Returns the name of the constant with the error codes that all operations of an API have.
pub(crate) fn common_error_codes(api: Api) -> &'static str {
    match api {
        Api::Core => "COMMON_CORE",
        Api::Public => "COMMON_PUBLIC",
    }
}

/// The documentation of an operation.
pub(super) struct Docs {
    /// The lines for the method of the handle.
    pub(super) method: Vec<String>,
    /// The lines for the operation's type, with an example.
    pub(super) operation: Vec<String>,
    /// What people search for when they mean the operation.
    pub(super) aliases: Vec<String>,
}

/// Returns the documentation of an operation with these arguments.
pub(super) fn docs(
    parts: &OperationParts<'_>,
    required: &[&Parameter],
    optional: &[&Parameter],
    method: &str,
) -> Docs {
    let spec = &parts.operation.spec;
    let (summary, text) = of_operation(parts.document, parts.operation);
    let summary = format!(" {summary}");
    let mut lines = Vec::new();
    if let Some(text) = text {
        lines.extend([String::new(), format!(" {text}")]);
    }
    lines.extend([
        String::new(),
        format!(" `{} {}`", spec.method, spec.path),
        String::new(),
        format!(" {}.", properties(spec).join("; ")),
    ]);
    // `name` explains itself better than others.
    let shown = optional.iter().find(|parameter| parameter.wire == "name");
    let shown = shown.or_else(|| optional.iter().find(|parameter| is_shown(spec, parameter)));
    let shown = shown.map(|parameter| (setter(parameter).to_string(), parameter.wire.as_str()));
    let example = example::of_operation(parts.document, parts.operation, shown);
    let (handle, name) = (&parts.handle, &parts.name);
    let example = example.map(|example| {
        let title = ["", " # Example", ""].map(str::to_owned);
        title.into_iter().chain(example).collect::<Vec<_>>()
    });
    let mut of_method = vec![summary.clone()];
    of_method.extend(lines.clone());
    of_method.extend(arguments(parts.document, required, optional));
    of_method.extend(returns(parts));
    of_method.extend(errors(spec, parts));
    if example.is_some() {
        of_method.push(String::new());
        of_method.push(format!(" [`{name}`] has an example."));
    }
    let built = format!(
        "{summary} Built by [`{handle}::{method}`], which describes the arguments, the response and the errors."
    );
    let mut of_operation = vec![built];
    of_operation.extend(lines);
    of_operation.extend(example.unwrap_or_default());
    Docs {
        method: of_method,
        operation: of_operation,
        aliases: aliases::of_operation(parts.document, spec, method),
    }
}

/// Returns `true` for an optional argument that an example shows: one of a write that changes something.
fn is_shown(spec: &Operation, parameter: &Parameter) -> bool {
    spec.method != "GET" && parameter.wire != "annotations"
}

fn properties(operation: &Operation) -> Vec<String> {
    let mut properties = vec![match operation.scopes.as_slice() {
        [] => "Requires no scope".to_owned(),
        [only] => format!("Requires the scope `{only}`"),
        several => format!("Requires one of the scopes `{}`", several.join("`, `")),
    }];
    for (applies, property) in [
        (operation.list.is_some(), "paginated"),
        (operation.task.is_some(), "queues a task"),
        (operation.trash.is_some(), "moves the object to the trash"),
        (operation.idempotent, "idempotent"),
        (!operation.idempotent, "not idempotent"),
    ] {
        if applies {
            properties.push(property.to_owned());
        }
    }
    properties
}

fn arguments(document: &Document, required: &[&Parameter], optional: &[&Parameter]) -> Vec<String> {
    let mut lines = Vec::new();
    if !required.is_empty() {
        lines.extend(["", " # Arguments", ""].map(str::to_owned));
        let line = |parameter: &&Parameter| {
            format!(
                " - `{}`: {}. {}",
                parameter.name,
                type_text(document, &parameter.ty),
                parameter.doc
            )
        };
        lines.extend(required.iter().map(line));
    }
    if !optional.is_empty() {
        lines.extend(
            ["", " # Optional arguments", "", " Methods of the call:", ""].map(str::to_owned),
        );
        let line = |parameter: &&Parameter| {
            format!(
                " - `.{}(…)`: {}. {}",
                setter(parameter),
                type_text(document, &parameter.ty),
                parameter.doc
            )
        };
        lines.extend(optional.iter().map(line));
    }
    lines
}

fn returns(parts: &OperationParts<'_>) -> Vec<String> {
    let mut lines = ["", " # Returns", ""].map(str::to_owned).to_vec();
    lines.push(match &parts.response {
        None => " The body of the response, a text.".to_owned(),
        Some(response) => returned(parts, response),
    });
    let methods = methods(parts);
    if !methods.is_empty() {
        lines.extend(
            [
                "",
                " With katapult-core, the call has, besides `.send()`:",
                "",
            ]
            .map(str::to_owned),
        );
        lines.extend(methods);
    }
    lines
}

/// Returns the methods of katapult-core for the operation's calls: those of its roles, and others.
fn methods(parts: &OperationParts<'_>) -> Vec<String> {
    let spec = &parts.operation.spec;
    let states = spec.wait_states.as_ref();
    let of_roles = [
        (
            spec.list.is_some(),
            "items",
            "the items of all pages as a stream; `.pages()` has the pages",
        ),
        (
            spec.task.is_some(),
            "wait",
            "waits until the queued task is completed",
        ),
        (
            states.is_some_and(|states| !states.succeeded.is_empty()),
            "wait",
            "waits until the object is ready",
        ),
        (
            states.is_some(),
            "wait_for",
            "waits until the object is in a state; `.wait_until_gone()` waits until it does not exist",
        ),
        (
            spec.trash.is_some(),
            "trash",
            "the trash object, by which the deletion is undone or completed",
        ),
    ];
    let of_roles = of_roles.into_iter().filter(|(applies, ..)| *applies);
    let of_roles = of_roles.map(|(_, method, effect)| (method, effect));
    let others = parts.document.descriptions.methods(&spec.id);
    let is_other = |method: &str| others.iter().any(|other| other == method);
    let others = OTHER_METHODS.iter().filter(|(method, _)| is_other(method));
    of_roles
        .chain(others.copied())
        .map(|(method, effect)| match method {
            "wait_for" => format!(" - `.{method}(…)`: {effect}"),
            _ => format!(" - `.{method}()`: {effect}"),
        })
        .collect()
}

/// Returns the response in words: its type, the subject to which it dereferences, and its other fields.
fn returned(parts: &OperationParts<'_>, response: &ItemStruct) -> String {
    let document = parts.document;
    let field_text =
        |field: &syn::Field| format!("`{}`: {}", wire_name(field), type_text(document, &field.ty));
    let subject = parts.operation.subject();
    let subject = response
        .fields
        .iter()
        // A reference to an optional field could not be returned.
        .find(|field| subject == Some(&wire_name(field)) && inner(&field.ty, "Option").is_none());
    let others = response
        .fields
        .iter()
        .filter(|field| subject != Some(*field));
    let others: Vec<String> = others.map(field_text).collect();
    let mut text = format!(" [`{}`]", response.ident);
    if let Some(field) = subject {
        text += &format!(", which dereferences to its field {}", field_text(field));
    }
    if !others.is_empty() {
        text += match subject {
            Some(_) => "; also ",
            None => ", with ",
        };
        text += &others.join(", ");
    }
    text + "."
}

fn errors(spec: &Operation, parts: &OperationParts<'_>) -> Vec<String> {
    let codes: Vec<&str> = parts.document.codes.keys().map(String::as_str).collect();
    let variants = variants(&codes);
    let variants: BTreeMap<&str, _> = codes.into_iter().zip(variants).collect();
    let common = common_error_codes(spec.api);
    let link = format!("[common errors]({CRATE}::error_codes::{common})");
    let code_link = |code: &String| match variants.get(code.as_str()) {
        Some(variant) => format!("[`{code}`]({CRATE}::error_codes::ErrorCode::{variant})"),
        None => format!("`{code}`"),
    };
    let specific: Vec<String> = parts
        .error_codes
        .iter()
        .flat_map(|(status, codes)| {
            let code_link = &code_link;
            codes
                .iter()
                .map(move |code| format!("{status} {}", code_link(code)))
        })
        .collect();
    let text = match specific.as_slice() {
        [] => format!(" The {link}."),
        specific => format!(" In addition to the {link}: {}.", specific.join(", ")),
    };
    vec![String::new(), " # Errors".to_owned(), String::new(), text]
}

/// Returns a type in words, with links.
fn type_text(document: &Document, ty: &Type) -> String {
    for wrapper in ["Option", "Patch", "Box"] {
        if let Some(value) = inner(ty, wrapper) {
            return type_text(document, value);
        }
    }
    if let Some(item) = inner(ty, "Vec") {
        return format!("list of {}", type_text(document, item));
    }
    let Some(name) = type_name(ty) else {
        return "any JSON".to_owned();
    };
    match name.as_str() {
        known if document.types.contains_key(known) => {
            format!("[`{name}`]({CRATE}::types::{name})")
        }
        known if OF_CRATE.contains(&known) => format!("[`{name}`]({CRATE}::{name})"),
        "Value" => "any JSON".to_owned(),
        "HashMap" => "map".to_owned(),
        _ => format!("`{name}`"),
    }
}
