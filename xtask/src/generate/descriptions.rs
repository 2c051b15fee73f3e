//! The texts of the documentation: those of `descriptions.yaml`, and rules for what has none.

use katapult_openapi::Schema;
use serde_json::Value;

use crate::naming::case::{capitalized, english};
use crate::naming::inflect::is_plural;
use crate::spec::descriptions::object_of;
use crate::spec::{Document, Operation, referred};

/// The owner of a field.
#[derive(Clone, Copy)]
pub(crate) enum Owner<'a> {
    Type(&'a str),
    Request(&'a Operation),
    Response(&'a Operation),
}

/// Returns the documentation of a type.
pub(crate) fn of_type(document: &Document, name: &str, in_response: bool) -> String {
    let words = english(name);
    let text = document.descriptions.of_type(name);
    if let Some(code) = words.strip_suffix(" detail") {
        return text.map_or_else(|| format!("Details of the error {code}."), str::to_owned);
    }
    if in_response {
        let text = text.map_or_else(|| format!("{}.", capitalized(&words)), str::to_owned);
        return format!("{text} The fields present depend on the operation that returns it.");
    }
    match (text, object_of(name)) {
        (Some(text), _) => text.to_owned(),
        (None, Some(object)) => format!("Properties of {} in a request.", with_article(object)),
        (None, None) => format!("{}, in a request.", capitalized(&words)),
    }
}

/// Returns the documentation of an enumeration or tagged union.
pub(crate) fn of_custom_type(document: &Document, name: &str) -> String {
    let text = document.descriptions.of_type(name);
    text.map_or_else(
        || format!("{}.", capitalized(&english(name))),
        str::to_owned,
    )
}

/// Returns the documentation of a field.
pub(crate) fn of_field(
    document: &Document,
    owner: Owner<'_>,
    name: &str,
    schema: &Value,
) -> String {
    let mut text = text_of_field(document, owner, name, schema);
    if let Owner::Type(owner) = owner
        && let Some(sentence) = document.returned.sentence(owner, name)
    {
        text = format!("{text} {sentence}");
    }
    text
}

fn text_of_field(document: &Document, owner: Owner<'_>, name: &str, schema: &Value) -> String {
    let texts = &document.descriptions;
    let own = match owner {
        Owner::Type(owner) => texts.field(owner, name),
        Owner::Request(operation) => texts.field(&operation.spec.id, name),
        Owner::Response(operation) => texts.field(&format!("{}.response", operation.spec.id), name),
    };
    let own = own.map(str::to_owned);
    own.or_else(|| by_position(document, owner, name, schema))
        .or_else(|| texts.common_field(name).map(str::to_owned))
        .or_else(|| by_lookup(document, schema))
        .unwrap_or_else(|| without_description(schema))
}

/// Returns the text of a field that has a role in its operation: the object in its path, or the subject of its
/// response.
fn by_position(
    document: &Document,
    owner: Owner<'_>,
    name: &str,
    schema: &Value,
) -> Option<String> {
    match owner {
        Owner::Type(owner) => by_prefix(document, owner).filter(|_| name == "id"),
        Owner::Request(operation) => {
            // An organization owns what the operation is about.
            let is_object =
                name != "organization" && operation.spec.path.split('/').any(|noun| noun == name);
            let keys = keys(document, schema).filter(|_| is_object)?;
            let noun = capitalized(&english(name));
            Some(format!("{noun} that the operation is about, by {keys}."))
        }
        Owner::Response(operation) => {
            let spec = &operation.spec;
            let items = spec.list.as_ref().map(|list| list.items.as_str());
            let is_subject = items == Some(name) || spec.subject.as_deref() == Some(name);
            // Tasks and trash objects have a text of their own, which says more.
            let has_role = [&spec.task, &spec.trash].map(|role| role.as_deref() == Some(name));
            if !is_subject || has_role.contains(&true) {
                return None;
            }
            let is_array = schema["type"] == "array";
            let object = if is_array { &schema["items"] } else { schema };
            let object = referred(object).filter(|object| document.types.contains_key(*object))?;
            Some(match (items.is_some(), is_array && is_plural(name)) {
                (true, _) => format!("[`{object}`] objects on this page."),
                (false, true) => format!("All [`{object}`] objects of the list."),
                (false, false) => format!("[`{object}`] that the operation is about."),
            })
        }
    }
}

/// Returns the text of the id of a type, if its form is known.
fn by_prefix(document: &Document, object: &str) -> Option<String> {
    let lookup = document.types.get(&format!("{object}Lookup"))?;
    let prefixes = Schema::new(lookup, lookup).lookup()?.id_prefixes();
    let prefixes: Vec<String> = prefixes.map(|prefix| format!("`{prefix}_`")).collect();
    let prefix = Some(prefixes.join(" or ")).filter(|prefix| !prefix.is_empty())?;
    Some(format!("Identifier: {prefix} and 16 letters or digits."))
}

fn by_lookup(document: &Document, schema: &Value) -> Option<String> {
    let object = referred(schema)?.strip_suffix("Lookup")?;
    let keys = keys(document, schema)?;
    Some(format!("{}, by {keys}.", capitalized(&english(object))))
}

/// Returns the keys of a lookup in words.
fn keys(document: &Document, schema: &Value) -> Option<String> {
    let lookup = document.types.get(referred(schema)?)?;
    let keys = Schema::new(lookup, lookup).lookup()?.keys();
    let keys: Vec<String> = keys.map(|key| format!("`{key}`")).collect();
    Some(keys.join(" or "))
}

/// Returns the text of a field of which only the type is known.
fn without_description(schema: &Value) -> String {
    let kind = match schema["type"].as_str() {
        Some("array") => "List",
        Some("boolean") => "Flag",
        Some("integer" | "number") => "Number",
        Some("string") => "Text",
        _ => "Value",
    };
    format!("{kind} that the API's document does not describe.")
}

/// Returns the summary of an operation, and what follows it.
pub(crate) fn of_operation(document: &Document, operation: &Operation) -> (String, Option<String>) {
    let title = || format!("{}.", capitalized(&operation.spec.title));
    match document.descriptions.operation(&operation.spec.id) {
        None => (title(), None),
        Some(text) => match text.split_once(". ") {
            None => (text.to_owned(), None),
            Some((summary, rest)) => (format!("{summary}."), Some(rest.to_owned())),
        },
    }
}

/// Returns the lines of documentation of a value, for a macro's call.
pub(crate) fn of_value(document: &Document, of_type: &str, value: &str) -> Option<String> {
    let text = document.descriptions.value(of_type, value)?;
    Some(format!("/// {text}"))
}

/// Returns the line of documentation of an error code, for a macro's call.
pub(crate) fn of_code(document: &Document, code: &str) -> Option<String> {
    Some(format!("/// {}", document.descriptions.code(code)?))
}

fn with_article(object: &str) -> String {
    let words = english(object);
    // IP, IO and the like are read letter by letter, and all of them begin with a vowel.
    match words.starts_with(['a', 'e', 'i', 'o', 'I']) {
        true => format!("an {words}"),
        false => format!("a {words}"),
    }
}
