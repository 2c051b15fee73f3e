//! The texts of the documentation: those of `descriptions.yaml`, and rules for what has none.

use std::borrow::Cow;

use katapult_openapi::Schema;
use serde_json::Value;

use crate::naming::case::{capitalized, english};
use crate::naming::inflect::{is_plural, singular};
use crate::spec::descriptions::{Source, Text, object_of};
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
        // A paragraph of its own, because the lists of types have the first one.
        return format!("{text}\n\nThe fields present depend on the operation that returns it.");
    }
    if let Some(text) = text {
        return text.to_owned();
    }
    match (name.strip_suffix("CreateArguments"), object_of(name)) {
        (Some(object), _) => format!("Properties of a new {}.", english(object)),
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
    let mut text = describe_field(document, owner, name, schema)
        .text
        .into_owned();
    if let Owner::Type(owner) = owner
        && let Some(sentence) = document.returned.sentence(owner, name)
    {
        text = format!("{text} {sentence}");
    }
    text
}

/// The text of a field, with its origin.
pub(super) struct FieldText<'a> {
    pub(super) text: Cow<'a, str>,
    /// The evidence of `descriptions.yaml`; `None` for a text that a rule makes from the document.
    pub(super) source: Option<&'a [Source]>,
    /// `false` for a text that states the type of the value alone.
    pub(super) is_described: bool,
}

impl<'a> From<&'a Text> for FieldText<'a> {
    fn from(entry: &'a Text) -> Self {
        Self {
            text: Cow::Borrowed(&entry.text),
            source: Some(&entry.source),
            is_described: true,
        }
    }
}

impl From<String> for FieldText<'_> {
    fn from(text: String) -> Self {
        Self {
            text: Cow::Owned(text),
            source: None,
            is_described: true,
        }
    }
}

/// Returns the text of a field, without the operations that return it.
pub(super) fn describe_field<'a>(
    document: &'a Document,
    owner: Owner<'_>,
    name: &str,
    schema: &Value,
) -> FieldText<'a> {
    let texts = &document.descriptions;
    let own = match owner {
        Owner::Type(owner) => texts.field(owner, name),
        Owner::Request(operation) => texts.field(&operation.spec.id, name),
        Owner::Response(operation) => texts.field(&format!("{}.response", operation.spec.id), name),
    };
    let by_position = || by_position(document, owner, name, schema).map(FieldText::from);
    let by_lookup = || by_lookup(document, schema).map(FieldText::from);
    own.map(FieldText::from)
        .or_else(by_position)
        .or_else(|| texts.common_field(name).map(FieldText::from))
        .or_else(by_lookup)
        .unwrap_or_else(|| FieldText {
            is_described: false,
            ..without_description(schema).into()
        })
}

/// Returns the text of a field that has a role in its operation: the object in its path, its properties, or the
/// subject of its response.
fn by_position(
    document: &Document,
    owner: Owner<'_>,
    name: &str,
    schema: &Value,
) -> Option<String> {
    match owner {
        Owner::Type(owner) => by_prefix(document, owner).filter(|_| name == "id"),
        Owner::Request(operation) if name == "properties" => of_properties(operation),
        Owner::Request(operation) => {
            let keys = keys(document, schema)?;
            let is_in_path = operation.spec.path.split('/').any(|noun| noun == name);
            let part = part_of_path(document, operation, name).filter(|_| is_in_path)?;
            Some(format!(
                "{} {part}, by {keys}.",
                capitalized(&english(name))
            ))
        }
        Owner::Response(operation) => of_subject(document, operation, name, schema),
    }
}

/// Returns the part of an object in an operation, such as "to delete". `None` for one that only contains the object of
/// the operation and has a text of its own, such as the organization.
fn part_of_path(document: &Document, operation: &Operation, name: &str) -> Option<String> {
    let spec = &operation.spec;
    let resource = english(&spec.resource);
    let is_own = singular(&spec.resource) == name;
    Some(match spec.action.as_str() {
        "get" if is_own => "to get".to_owned(),
        "update" if is_own => "to change".to_owned(),
        "delete" if is_own => "to delete".to_owned(),
        action if action == "list" || action.starts_with("list_for_") => {
            format!("whose {resource} are listed")
        }
        action if action == "create" || action.starts_with("create_for_") => {
            let article = with_article(&singular(&spec.resource));
            format!("for which {article} is created")
        }
        _ if !is_own && document.descriptions.common_field(name).is_some() => return None,
        _ => "that the operation is about".to_owned(),
    })
}

/// Returns the text of the properties of an object in a request.
fn of_properties(operation: &Operation) -> Option<String> {
    let action = operation.spec.action.as_str();
    let object = english(&singular(&operation.spec.resource));
    match action {
        "update" => Some(format!(
            "New properties of the {object}: those that are left out keep their values."
        )),
        _ if action.starts_with("create") => Some(format!("Properties of the new {object}.")),
        _ => None,
    }
}

/// Returns the text of the object, or of the list, that a response is about.
fn of_subject(
    document: &Document,
    operation: &Operation,
    name: &str,
    schema: &Value,
) -> Option<String> {
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
        (false, false) => match spec.action.as_str() {
            "create" => format!("New [`{object}`]."),
            "delete" => format!("Deleted [`{object}`]."),
            _ => format!("[`{object}`] that the operation is about."),
        },
    })
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
        Some(text) => split_summary(text),
    }
}

/// Returns the first sentence of a text, and what follows it.
pub(crate) fn split_summary(text: &str) -> (String, Option<String>) {
    match text.split_once(". ") {
        None => (text.to_owned(), None),
        Some((summary, rest)) => (format!("{summary}."), Some(rest.to_owned())),
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
    let mut letters = words.chars();
    let first = letters.next().unwrap_or_default();
    let is_abbreviation = letters.next().is_some_and(char::is_uppercase);
    let vowels = match is_abbreviation {
        // Read letter by letter: an "ess-ess-aitch key".
        true => "AEFHILMNORSX",
        false => "aeio",
    };
    match vowels.contains(first) {
        true => format!("an {words}"),
        false => format!("a {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn article_follows_the_sound_of_the_first_letter() {
        for (name, expected) in [
            ("api_token", "an API token"),
            ("disk", "a disk"),
            ("dns_zone", "a DNS zone"),
            ("IpAddress", "an IP address"),
            ("organization", "an organization"),
            ("ssh_key", "an SSH key"),
            ("user", "a user"),
        ] {
            assert_eq!(with_article(name), expected);
        }
    }
}
