//! The objects that requests name.

use katapult_openapi::{Route, Schema};
use serde_json::{Map, Value, json};

use super::exchange::Exchange;
use crate::request::query::nest;

/// Elements of a build specification that name objects, with their types.
const SPEC_ELEMENTS: &[(&str, &str)] = &[
    ("<DataCenter by=\"permalink\">", "DataCenter"),
    ("<Package by=\"permalink\">", "VirtualMachinePackage"),
    ("<DiskTemplate by=\"permalink\">", "DiskTemplate"),
    ("<SpeedProfile by=\"permalink\">", "NetworkSpeedProfile"),
    ("<Network by=\"permalink\">", "Network"),
];

/// An object that a request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The argument, if it is one of the operation's own.
    pub(super) argument: Option<String>,
    pub(super) kind: String,
    /// The field of the lookup, such as `id` or `permalink`.
    pub(super) field: String,
    pub(super) value: String,
}

impl Named {
    /// Returns the id, or a placeholder for it until all objects are known.
    pub(super) fn reference(&self) -> String {
        match self.field.as_str() {
            "id" => self.value.clone(),
            field => format!("?{} {field} {}", self.kind, self.value),
        }
    }
}

/// Returns the objects that a request names by lookups or in a build specification.
pub(super) fn named_objects(route: &Route<'_>, exchange: &Exchange) -> Vec<Named> {
    let query = exchange
        .target
        .split_once('?')
        .map_or("", |(_, query)| query);
    let mut arguments = match serde_json::from_str(&exchange.request_body) {
        Ok(Value::Object(body)) => body,
        _ => Map::new(),
    };
    for (name, value) in nest(query).unwrap_or_default() {
        arguments.entry(name).or_insert(value);
    }
    for (noun, id) in &route.ids {
        arguments
            .entry(noun.as_str())
            .or_insert_with(|| json!({"id": id}));
    }
    let mut found = Vec::new();
    for (name, value) in &arguments {
        if let Some(schema) = route.operation.argument(name) {
            collect(schema, value, Some(name), &mut found);
        }
    }
    if let Some(xml) = arguments.get("xml").and_then(Value::as_str) {
        collect_from_spec(xml, &mut found);
    }
    found
}

fn collect(schema: Schema<'_>, value: &Value, argument: Option<&str>, found: &mut Vec<Named>) {
    match (schema.lookup_target(), value) {
        (Some(kind), Value::Object(lookup)) => {
            let texts = lookup
                .iter()
                .filter_map(|(field, value)| Some((field, value.as_str()?)));
            found.extend(texts.map(|(field, value)| Named {
                argument: argument.map(str::to_owned),
                kind: kind.to_owned(),
                field: field.clone(),
                value: value.to_owned(),
            }));
        }
        (None, Value::Object(fields)) => {
            for (name, value) in fields {
                if let Some(schema) = schema.property(name) {
                    collect(schema, value, None, found);
                }
            }
        }
        (None, Value::Array(items)) => {
            for (schema, item) in items
                .iter()
                .filter_map(|item| Some((schema.items()?, item)))
            {
                collect(schema, item, None, found);
            }
        }
        _ => {}
    }
}

fn collect_from_spec(xml: &str, found: &mut Vec<Named>) {
    for (element, kind) in SPEC_ELEMENTS {
        let names = xml.split(element).skip(1);
        let names = names.filter_map(|rest| rest.split('<').next());
        found.extend(names.map(|name| Named {
            argument: None,
            kind: (*kind).to_owned(),
            field: "permalink".to_owned(),
            value: name.to_owned(),
        }));
    }
}
