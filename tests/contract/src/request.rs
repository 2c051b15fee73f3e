//! Requests: a recorded one in canonical form, and how one that arrived differs from it.
//!
//! Older clients put lookups elsewhere: an id in the path, or the lookup of an operation with a body
//! in the query. The API takes them for the same request, so the canonical form moves a lookup, and
//! nothing else, to where the document wants it. Whatever the document does not know stays where it
//! is: it then differs from what the client sends.

use std::fmt;

use katapult_openapi::{Lookup, Operation, Schema};
use serde_json::{Map, Value};

use crate::compare;
use crate::place::Place;
use crate::recording::Exchange;
use crate::route::Route;
use crate::server::Arrived;
use crate::value::{brief, equal};

/// A request as the API understands it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path with its nouns bare, after the API's prefix.
    pub path: String,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
    /// The body; `None` when nothing is sent.
    pub body: Option<Value>,
}

/// One difference between two requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where: `method`, `path`, `query[1]`, `body.properties.group`.
    pub place: Place,
    /// Of what kind.
    pub kind: Kind,
    /// In words.
    pub why: String,
}

/// What is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It was recorded, but the client does not send it.
    NotSent,
    /// The client sends it, but it was not recorded.
    SentTooMuch,
    /// The client sends another value.
    AnotherValue,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place.exact, self.why)
    }
}

/// The canonical form of a recorded request.
///
/// # Errors
///
/// When the body is not JSON, or the request names one object in two ways.
pub fn recorded(route: &Route<'_>, exchange: &Exchange) -> Result<Request, String> {
    let operation = route.operation;
    let schema = operation.request_body();
    let mut body = match exchange.request_body.trim() {
        "" => schema.is_some().then(|| Value::Object(Map::new())),
        text => Some(
            serde_json::from_str(text)
                .map_err(|error| format!("the request's body is no JSON: {error}"))?,
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
        path: format!("{}{}", operation.api.prefix(), operation.path),
        query,
        body,
    })
}

/// `disk[id]` is the key `id` of the lookup `disk`.
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
        Some(there) => Err(format!(
            "the address names the {object} {named}, the body {there}"
        )),
    }
}

/// Where arguments are not what the document lets an operation take.
pub fn misfits(operation: &Operation, arguments: &Value) -> Vec<compare::Difference> {
    let mut found = Vec::new();
    for parameter in &operation.parameters {
        if let Some(schema) = operation.parameter(&parameter.name) {
            let value = arguments.get(&parameter.name);
            misfit(
                &parameter.name,
                schema,
                parameter.required,
                value,
                &mut found,
            );
        }
    }
    let body = arguments.get("body");
    for (name, schema) in operation
        .request_body()
        .into_iter()
        .flat_map(Schema::properties)
    {
        let required = operation
            .request_body()
            .is_some_and(|body| body.required().any(|required| required == name));
        let value = body.and_then(|body| body.get(name));
        misfit(&format!("body.{name}"), schema, required, value, &mut found);
    }
    found
}

fn misfit(
    place: &str,
    schema: Schema<'_>,
    required: bool,
    value: Option<&Value>,
    found: &mut Vec<compare::Difference>,
) {
    let mut tell = |path: String, why: String| found.push(compare::Difference { path, why });
    let Some(value) = value else {
        if required {
            tell(
                place.to_owned(),
                "it is not there, but is always needed".to_owned(),
            );
        }
        return;
    };
    let keys: Vec<_> = schema.lookup().into_iter().flat_map(Lookup::keys).collect();
    if let (false, Some(lookup)) = (keys.is_empty(), value.as_object())
        && (lookup.len() != 1 || !lookup.keys().all(|key| keys.contains(&key.as_str())))
    {
        let found = brief(value);
        return tell(
            place.to_owned(),
            format!("{found} is not exactly one of {}", keys.join(", ")),
        );
    }
    for misfit in compare::misfits(schema, value) {
        let path = match misfit.path.as_str() {
            "" => place.to_owned(),
            path if path.starts_with('[') => format!("{place}{path}"),
            path => format!("{place}.{path}"),
        };
        tell(path, misfit.why);
    }
}

/// What arrived, in the same form.
///
/// # Errors
///
/// When the body is not JSON.
pub fn arrived(arrived: &Arrived) -> Result<Request, String> {
    let body = match arrived.body.is_empty() {
        true => None,
        false => Some(
            serde_json::from_slice(&arrived.body)
                .map_err(|error| format!("the client's body is no JSON: {error}"))?,
        ),
    };
    Ok(Request {
        method: arrived.method.to_string(),
        path: arrived.path.clone(),
        query: arrived.query.clone(),
        body,
    })
}

/// Every difference; none when the two are equal.
pub fn differences(recorded: &Request, sent: &Request) -> Vec<Difference> {
    let mut found = Vec::new();
    let top = Place::default();
    let texts = [
        ("method", &recorded.method, &sent.method),
        ("path", &recorded.path, &sent.path),
    ];
    for (name, recorded, sent) in texts {
        if recorded != sent {
            found.push(Difference {
                place: top.key(name),
                kind: Kind::AnotherValue,
                why: format!("{recorded} was recorded, but {sent} is sent"),
            });
        }
    }
    queries(&recorded.query, &sent.query, &mut found);
    let body = top.key("body");
    match (&recorded.body, &sent.body) {
        (Some(recorded), Some(sent)) => values(&body, recorded, sent, &mut found),
        (None, None) => {}
        (recorded, sent) => one_sided(&body, recorded.as_ref(), sent.as_ref(), &mut found),
    }
    found
}

/// Pair by pair: their order tells which belong together.
fn queries(recorded: &[(String, String)], sent: &[(String, String)], found: &mut Vec<Difference>) {
    let place = Place::default().key("query");
    let written = |pair: &(String, String)| format!("{}={}", pair.0, pair.1);
    for index in 0..recorded.len().max(sent.len()) {
        let (recorded, sent) = (recorded.get(index), sent.get(index));
        if recorded == sent {
            continue;
        }
        let (kind, why) = match (recorded, sent) {
            (Some(recorded), Some(sent)) => (
                Kind::AnotherValue,
                format!(
                    "{} was recorded, but {} is sent",
                    written(recorded),
                    written(sent)
                ),
            ),
            (Some(recorded), None) => (
                Kind::NotSent,
                format!("{} was recorded, but is not sent", written(recorded)),
            ),
            (None, Some(sent)) => (
                Kind::SentTooMuch,
                format!("{} is sent, but was not recorded", written(sent)),
            ),
            (None, None) => continue,
        };
        let place = place.item(index);
        found.push(Difference { place, kind, why });
    }
}

/// Here absent and `null` are two things.
fn values(place: &Place, recorded: &Value, sent: &Value, found: &mut Vec<Difference>) {
    match (recorded, sent) {
        (Value::Object(recorded), Value::Object(sent)) => {
            let mut keys: Vec<_> = recorded.keys().chain(sent.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let place = place.key(key);
                match (recorded.get(key), sent.get(key)) {
                    (Some(recorded), Some(sent)) => values(&place, recorded, sent, found),
                    (recorded, sent) => one_sided(&place, recorded, sent, found),
                }
            }
        }
        (Value::Array(recorded), Value::Array(sent)) if recorded.len() == sent.len() => {
            for (index, (recorded, sent)) in recorded.iter().zip(sent).enumerate() {
                values(&place.item(index), recorded, sent, found);
            }
        }
        _ if equal(recorded, sent) => {}
        _ => found.push(Difference {
            place: place.clone(),
            kind: Kind::AnotherValue,
            why: format!(
                "{} was recorded, but {} is sent",
                brief(recorded),
                brief(sent)
            ),
        }),
    }
}

fn one_sided(
    place: &Place,
    recorded: Option<&Value>,
    sent: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    let (kind, why) = match (recorded, sent) {
        (Some(recorded), None) => (
            Kind::NotSent,
            format!("{} was recorded, but is not sent", brief(recorded)),
        ),
        (None, Some(sent)) => (
            Kind::SentTooMuch,
            format!("{} is sent, but was not recorded", brief(sent)),
        ),
        _ => return,
    };
    found.push(Difference {
        place: place.clone(),
        kind,
        why,
    });
}

#[cfg(test)]
mod tests;
