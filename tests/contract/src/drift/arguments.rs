//! The arguments of recorded creations and actions: those that every accepted request has, and the reasons of refusals.
//!
//! Presence alone proves nothing if a client sends every field, or if few requests were recorded. The report therefore
//! has the counts, and the arguments that the same clients leave out at times.

use std::collections::BTreeMap;

use katapult_openapi::{Operation, Schema};
use serde::Serialize;
use serde_json::{Map, Value};

/// The field of a body whose fields are arguments too.
const PROPERTIES: &str = "properties";

/// The observations of one operation's arguments.
#[derive(Debug, Default, Serialize)]
pub struct ObservedArguments {
    /// The number of requests that the API accepted.
    pub accepted: usize,
    /// The documented arguments: the fields of the body and of its `properties`.
    pub arguments: BTreeMap<String, ObservedArgument>,
    /// The reasons of validation errors, with their number.
    pub refusals: BTreeMap<String, usize>,
}

/// The observations of one argument.
#[derive(Debug, Default, Serialize)]
pub struct ObservedArgument {
    /// `true` if the document requires the argument.
    pub required: bool,
    /// The number of accepted requests that have the argument.
    pub present: usize,
    /// The number of them in which it is `null`, an empty text or an empty list.
    pub blank: usize,
}

/// Returns `true` if an operation's requests show which arguments are required: those of an update show only changes.
pub(super) fn is_observed(operation: &Operation) -> bool {
    operation.method != "PATCH" && operation.request_body().is_some()
}

/// Returns the documented arguments of a body, each with whether it is required, and its value.
pub(super) fn arguments<'a>(
    schema: Schema<'a>,
    body: &'a Map<String, Value>,
) -> Vec<(&'a str, bool, Option<&'a Value>)> {
    let mut found = Vec::new();
    let required: Vec<&str> = schema.required().collect();
    for (name, schema) in schema.properties() {
        let value = body.get(name);
        if name == PROPERTIES && schema.properties().next().is_some() {
            let required: Vec<&str> = schema.required().collect();
            let properties = value.and_then(Value::as_object);
            for (name, _) in schema.properties() {
                let value = properties.and_then(|properties| properties.get(name));
                found.push((name, required.contains(&name), value));
            }
        } else {
            found.push((name, required.contains(&name), value));
        }
    }
    found
}

impl ObservedArguments {
    /// Adds an accepted request.
    pub(super) fn accept(&mut self, schema: Schema<'_>, body: &Map<String, Value>) {
        self.accepted += 1;
        for (name, required, value) in arguments(schema, body) {
            let observed = self.arguments.entry(name.to_owned()).or_default();
            observed.required = required;
            observed.present += usize::from(value.is_some());
            observed.blank += usize::from(value.is_some_and(is_blank));
        }
    }

    /// Adds a refused request, by its response.
    pub(super) fn refuse(&mut self, response: &Value) {
        let reasons = response["error"]["detail"]["errors"].as_array();
        for reason in reasons.into_iter().flatten().filter_map(Value::as_str) {
            *self.refusals.entry(reason.to_owned()).or_default() += 1;
        }
    }

    /// Returns the arguments that a condition selects.
    pub(super) fn names(
        &self,
        is_wanted: impl Fn(&ObservedArgument, usize) -> bool,
    ) -> Vec<String> {
        let wanted = self
            .arguments
            .iter()
            .filter(|(_, argument)| is_wanted(argument, self.accepted));
        wanted.map(|(name, _)| name.clone()).collect()
    }
}

impl ObservedArgument {
    /// Returns `true` if every accepted request has a value for an argument that the document does not require.
    pub(super) fn is_candidate(&self, accepted: usize) -> bool {
        !self.required && accepted > 0 && self.present == accepted && self.blank == 0
    }

    /// Returns `true` if some accepted requests have the argument, and others do not.
    pub(super) fn is_sometimes_sent(&self, accepted: usize) -> bool {
        !self.required && self.present > 0 && self.present < accepted
    }

    /// Returns `true` if the API accepted a request without an argument that the document requires.
    pub(super) fn is_refuted(&self, accepted: usize) -> bool {
        self.required && self.present < accepted
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
