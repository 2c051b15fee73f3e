//! The file of JSON Schemas: one for each struct that is sent or received.
//!
//! Lookups, enumerations and tagged unions have theirs from the macros that define them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::emitter::Emitter;
use super::format::HEADER;
use crate::generate::cargo_features;
use crate::generate::progenitor::input::operation_type;
use crate::generate::types::json_schema::{json_schema, response_schema};
use crate::naming::reserved::identifier;
use crate::spec::{Operation, is_custom};

/// The length of a line of JSON, within which it is broken at a comma.
const LINE_LENGTH: usize = 100;

/// Returns the file.
pub(super) fn file(emitter: &Emitter<'_>) -> String {
    let document = emitter.document;
    let details: BTreeSet<&String> = document.codes.values().flatten().collect();
    let mut entries = String::new();
    for (name, schema) in &document.types {
        if !is_custom(schema) {
            let module = if details.contains(name) {
                "error_codes"
            } else {
                "types"
            };
            let path = format!("{module}::{name}");
            let features = emitter.features(name);
            entries.push_str(&entry(&features, &path, name, &json_schema(schema)));
        }
    }
    for (id, operation) in &document.operations {
        let features = [cargo_features::name(&operation.spec.resource)];
        let module = identifier(&operation.spec.resource);
        let path = format!("{module}::{}", document.operation_type(operation));
        let mut add = |role: &str, schema: &Value| {
            let name = operation_type(id, role);
            entries.push_str(&entry(&features, &format!("{path}{role}"), &name, schema));
        };
        add("", &arguments(operation));
        if let Some(body) = &operation.body
            && operation.body_alone().is_none()
        {
            add("Body", &json_schema(body));
        }
        if let Some(response) = &operation.response {
            add("Response", &response_schema(response));
        }
    }
    format!(
        "{HEADER}\n//! JSON Schemas of requests and responses.\n\njson_schemas! {{\n{entries}}}\n"
    )
}

/// Returns the schema of an operation's value: its body, or its query parameters with the body in a field.
fn arguments(operation: &Operation) -> Value {
    if let Some(body) = operation.body_alone() {
        return json_schema(body);
    }
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, parameter) in &operation.query {
        properties.insert(name.clone(), parameter.schema.clone());
        if parameter.required {
            required.push(name.clone());
        }
    }
    if let Some(body) = &operation.body {
        properties.insert("body".to_owned(), body.clone());
        required.push("body".to_owned());
    }
    json_schema(&json!({ "type": "object", "properties": properties, "required": required }))
}

/// Returns one argument of the macro.
fn entry(features: &[String], path: &str, name: &str, schema: &Value) -> String {
    let mut used = BTreeSet::new();
    references(schema, &mut used);
    let used = used.into_iter().collect::<Vec<_>>().join(", ");
    let gate = match features {
        [] => String::new(),
        [only] => format!("    #[cfg(feature = {only:?})]\n"),
        several => {
            let any = several
                .iter()
                .map(|feature| format!("feature = {feature:?}"));
            format!("    #[cfg(any({}))]\n", any.collect::<Vec<_>>().join(", "))
        }
    };
    let schema = wrapped(&schema.to_string());
    format!("{gate}    {path}, {name:?}, [{used}],\n    r##\"{schema}\"##;\n")
}

fn references<'a>(schema: &'a Value, found: &mut BTreeSet<&'a str>) {
    match schema {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// Returns JSON in lines that end after a comma between two tokens.
fn wrapped(json: &str) -> String {
    let (mut text, mut line) = (String::new(), String::new());
    let (mut in_string, mut escaped) = (false, false);
    let mut token = String::new();
    for character in json.chars() {
        token.push(character);
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            ',' if !in_string => {
                if !line.is_empty() && line.len() + token.len() > LINE_LENGTH {
                    text.push_str(&line);
                    text.push('\n');
                    line.clear();
                }
                line.push_str(&token);
                token.clear();
            }
            _ => {}
        }
    }
    text + &line + &token
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn json_is_wrapped_between_tokens() {
        let values: Vec<String> = (0..40).map(|number| format!("a,\"\\{number}")).collect();
        let json = serde_json::json!({ "enum": values }).to_string();
        let text = wrapped(&json);
        assert!(text.lines().count() > 3, "{text}");
        assert!(text.lines().all(|line| line.len() <= 120), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read.to_string(), json);
    }
}
