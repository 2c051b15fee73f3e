//! The comparison of a recorded request, in canonical form, with the one that the client sent.
//!
//! Older clients put lookups elsewhere: an id in the path, or the lookup of an operation with a body in the
//! query. The API accepts both, so the canonical form moves lookups to their documented place. Everything
//! else stays where it is and counts as a difference.

use katapult_openapi::{Lookup, Operation, Schema};
use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use crate::json::compare;
use crate::json::eq::{equal, truncated};
use crate::json::path::JsonPath;
use crate::mock_server::ReceivedRequest;
use crate::replay::recording::Exchange;
use crate::sdk::request::Request;
use crate::spec::router::Route;

/// A difference between two requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The path: `method`, `path`, `query[1]`, `body.properties.group`.
    pub path: JsonPath,
    /// The kind of difference.
    pub kind: Kind,
    /// The description.
    pub why: String,
}

/// A kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The recorded value is not sent.
    NotSent,
    /// A value is sent that was not recorded.
    SentTooMuch,
    /// Another value is sent.
    AnotherValue,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.exact, self.why)
    }
}

/// Returns a recorded request in canonical form.
///
/// # Errors
///
/// If the body is not JSON, or the request names one object in two ways.
pub fn recorded(route: &Route<'_>, exchange: &Exchange) -> Result<Request, String> {
    let operation = route.operation;
    let schema = operation.request_body();
    let mut body = match exchange.request_body.trim() {
        // The client sends `{}` where all fields of a body are optional; older clients sent
        // nothing.
        "" => schema.is_some().then(|| Value::Object(Map::new())),
        text => Some(
            serde_json::from_str(text)
                .map_err(|error| format!("the request's body is not JSON: {error}"))?,
        ),
    };
    let in_body = |name: &str| {
        schema
            .and_then(|schema| schema.property(name))
            .is_some_and(|property| property.is_lookup())
    };
    let mut query = Vec::new();
    for (name, value) in &route.query {
        let moved = lookup(name)
            .filter(|(object, _)| in_body(object) && operation.parameter(object).is_none());
        match (moved, &mut body) {
            (Some((object, key)), Some(Value::Object(body))) => {
                name_object(body, object, key, value)?;
            }
            _ => query.push((name.clone(), value.clone())),
        }
    }
    for (noun, id) in &route.ids {
        if operation.parameter(noun).is_some() {
            let pair = (format!("{noun}[id]"), id.clone());
            let of_noun = |name: &str| lookup(name).is_some_and(|(object, _)| object == *noun);
            match query.iter().find(|(name, _)| of_noun(name)) {
                // The client sends this lookup first.
                None => query.insert(0, pair),
                Some(there) if *there == pair => {}
                Some((name, value)) => {
                    return Err(format!(
                        "the path names the {noun} {id}, the query {name}={value}"
                    ));
                }
            }
        } else if let Some(Value::Object(body)) = &mut body
            && in_body(noun)
        {
            name_object(body, noun, "id", id)?;
        }
    }
    Ok(Request {
        method: exchange.method.clone(),
        // The path of the document has the bare noun, whatever the recorded URL has in its place.
        path: format!("{}{}", operation.api.prefix(), operation.path),
        query,
        body,
    })
}

/// Splits `disk[id]` into the lookup `disk` and its key `id`.
fn lookup(name: &str) -> Option<(&str, &str)> {
    let (object, key) = name.strip_suffix(']')?.split_once('[')?;
    (!key.is_empty() && !key.contains('[')).then_some((object, key))
}

fn name_object(
    body: &mut Map<String, Value>,
    object: &str,
    key: &str,
    value: &str,
) -> Result<(), String> {
    let named = serde_json::json!({ key: value });
    match body.get(object) {
        None => {
            body.insert(object.to_owned(), named);
            Ok(())
        }
        Some(there) if *there == named => Ok(()),
        Some(other) => Err(format!(
            "the URL names the {object} {named}, the body {other}"
        )),
    }
}

/// Returns the violations of an operation's schemas in its arguments.
pub fn argument_violations(operation: &Operation, arguments: &Value) -> Vec<compare::Difference> {
    let mut found = Vec::new();
    for parameter in &operation.parameters {
        if let Some(schema) = operation.parameter(&parameter.name) {
            let value = arguments.get(&parameter.name);
            check_argument(
                &parameter.name,
                schema,
                parameter.required,
                value,
                &mut found,
            );
        }
    }
    if let Some(body) = operation.request_body() {
        let required: Vec<_> = body.required().collect();
        for (name, schema) in body.properties() {
            let value = arguments.get("body").and_then(|body| body.get(name));
            let is_required = required.contains(&name);
            check_argument(
                &format!("body.{name}"),
                schema,
                is_required,
                value,
                &mut found,
            );
        }
    }
    found
}

/// Returns `true` if a body's `properties` lack a field that they require.
pub(crate) fn lacks_property(operation: &Operation, arguments: &Value) -> bool {
    let body = operation.request_body();
    let schema = body.and_then(|body| body.property("properties"));
    let given = arguments.pointer("/body/properties");
    schema.is_some_and(|schema| {
        schema
            .required()
            .any(|name| given.and_then(|given| given.get(name)).is_none())
    })
}

fn check_argument(
    argument: &str,
    schema: Schema<'_>,
    required: bool,
    value: Option<&Value>,
    found: &mut Vec<compare::Difference>,
) {
    let mut add = |path: String, why: String| found.push(compare::Difference { path, why });
    let keys: Vec<_> = schema.lookup().into_iter().flat_map(Lookup::keys).collect();
    match (value, value.and_then(Value::as_object)) {
        (None, _) if required => add(argument.to_owned(), "required, but absent".to_owned()),
        (None, _) => {}
        (Some(value), Some(lookup))
            if !keys.is_empty()
                && (lookup.len() != 1
                    || !lookup.keys().all(|key| keys.contains(&key.as_str()))) =>
        {
            let why = format!(
                "{} is not exactly one of {}",
                truncated(value),
                keys.join(", ")
            );
            add(argument.to_owned(), why);
        }
        (Some(value), _) => {
            for violation in compare::schema_violations(schema, value) {
                let path = match violation.path.as_str() {
                    "" => argument.to_owned(),
                    path if path.starts_with('[') => format!("{argument}{path}"),
                    path => format!("{argument}.{path}"),
                };
                add(path, violation.why);
            }
        }
    }
}

/// Returns a received request in canonical form.
///
/// # Errors
///
/// If the body is not JSON.
pub fn received(received: &ReceivedRequest) -> Result<Request, String> {
    let body = match received.body.is_empty() {
        true => None,
        false => Some(
            serde_json::from_slice(&received.body)
                .map_err(|error| format!("the client's body is not JSON: {error}"))?,
        ),
    };
    Ok(Request {
        method: received.method.to_string(),
        path: received.path.clone(),
        query: received.query.clone(),
        body,
    })
}

/// Returns all differences between two requests.
pub fn differences(recorded: &Request, sent: &Request) -> Vec<Difference> {
    let mut found = Vec::new();
    let top = JsonPath::default();
    let texts = [
        ("method", &recorded.method, &sent.method),
        ("path", &recorded.path, &sent.path),
    ];
    for (name, recorded, sent) in texts {
        if recorded != sent {
            let texts = (Some(recorded.clone()), Some(sent.clone()));
            found.extend(difference(&top.key(name), texts.0, texts.1));
        }
    }
    // Pair by pair: repeated names of arrays belong together by their order.
    for index in 0..recorded.query.len().max(sent.query.len()) {
        let (recorded, sent) = (recorded.query.get(index), sent.query.get(index));
        if recorded != sent {
            let text = |(name, value): &(String, String)| format!("{name}={value}");
            let path = top.key("query").item(index);
            found.extend(difference(&path, recorded.map(text), sent.map(text)));
        }
    }
    let bodies = (recorded.body.as_ref(), sent.body.as_ref());
    compare_values(&top.key("body"), bodies.0, bodies.1, &mut found);
    found
}

/// Compares values; an absent field and `null` are different.
fn compare_values(
    path: &JsonPath,
    recorded: Option<&Value>,
    sent: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    match (recorded, sent) {
        (Some(Value::Object(recorded)), Some(Value::Object(sent))) => {
            let keys: BTreeSet<_> = recorded.keys().chain(sent.keys()).collect();
            for key in keys {
                compare_values(&path.key(key), recorded.get(key), sent.get(key), found);
            }
        }
        (Some(Value::Array(recorded)), Some(Value::Array(sent)))
            if recorded.len() == sent.len() =>
        {
            for (index, (recorded, sent)) in recorded.iter().zip(sent).enumerate() {
                compare_values(&path.item(index), Some(recorded), Some(sent), found);
            }
        }
        (Some(recorded), Some(sent)) if equal(recorded, sent) => {}
        _ => found.extend(difference(
            path,
            recorded.map(truncated),
            sent.map(truncated),
        )),
    }
}

/// Returns the difference between two texts that are not equal.
fn difference(
    path: &JsonPath,
    recorded: Option<String>,
    sent: Option<String>,
) -> Option<Difference> {
    let (kind, why) = match (recorded, sent) {
        (Some(recorded), Some(sent)) => (
            Kind::AnotherValue,
            format!("{recorded} was recorded, but {sent} is sent"),
        ),
        (Some(recorded), None) => (
            Kind::NotSent,
            format!("{recorded} was recorded, but is not sent"),
        ),
        (None, Some(sent)) => (
            Kind::SentTooMuch,
            format!("{sent} is sent, but was not recorded"),
        ),
        (None, None) => return None,
    };
    let path = path.clone();
    Some(Difference { path, kind, why })
}

#[cfg(test)]
mod tests;
