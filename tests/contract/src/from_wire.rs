//! From a recorded request to the arguments of an operation, in the operation's JSON form.
//!
//! The query is read as the API reads it (Rack's notation), text becomes what the parameter's schema
//! says, and what older clients put elsewhere is moved to where the document wants it: a lookup in
//! the query, or an id in the path, of an operation whose body carries that lookup.

use katapult_openapi::{Schema, SchemaType};
use katapult_sandbox::query::nest_pairs;
use serde_json::{Map, Value, json};

use crate::route::Route;

/// The arguments of a recorded request.
///
/// # Errors
///
/// When the body is not JSON, or the query contradicts itself.
pub fn arguments(route: &Route<'_>, body: &str) -> Result<Value, String> {
    let schema = route.operation.request_body();
    let mut body = read_body(body, schema.is_some())?;
    let mut arguments = Map::new();
    for (name, value) in nest(&route.query)? {
        let in_body = schema.and_then(|schema| schema.property(&name));
        match (route.operation.parameter(&name), in_body, &mut body) {
            (Some(parameter), _, _) => {
                arguments.insert(name, coerce(value, parameter));
            }
            (None, Some(property), Some(Value::Object(body))) => {
                body.entry(name).or_insert(coerce(value, property));
            }
            // Nothing takes it. It stays, so that whoever compares requests finds it missing.
            (None, _, _) => {
                arguments.insert(name, value);
            }
        }
    }
    for (noun, id) in &route.ids {
        let in_body = schema.and_then(|schema| schema.property(noun));
        match (route.operation.parameter(noun), in_body, &mut body) {
            (Some(_), _, _) => {
                arguments.entry(noun.clone()).or_insert(json!({"id": id}));
            }
            (None, Some(_), Some(Value::Object(body))) => {
                body.entry(noun.clone()).or_insert(json!({"id": id}));
            }
            (None, _, _) => {}
        }
    }
    if let Some(body) = body {
        arguments.insert("body".into(), body);
    }
    Ok(Value::Object(arguments))
}

/// The body; an operation that takes one gets an empty object where a client sent nothing.
fn read_body(text: &str, takes_one: bool) -> Result<Option<Value>, String> {
    if text.trim().is_empty() {
        return Ok(takes_one.then(|| json!({})));
    }
    serde_json::from_str(text)
        .map(Some)
        .map_err(|error| format!("the request's body is no JSON: {error}"))
}

/// Query pairs as nested values, all leaves still text.
fn nest(pairs: &[(String, String)]) -> Result<Map<String, Value>, String> {
    nest_pairs(pairs.iter().map(|(name, value)| (name, value)))
        .map_err(|name| format!("the query uses {name} in two ways that exclude each other"))
}

/// Turns text into what the schema says; text that is no such thing stays text.
fn coerce(value: Value, schema: Schema<'_>) -> Value {
    match value {
        Value::String(text) => coerce_text(text, schema.schema_type()),
        Value::Array(items) => match schema.items() {
            Some(schema) => items.into_iter().map(|item| coerce(item, schema)).collect(),
            None => Value::Array(items),
        },
        Value::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(key, value)| match find(schema, &key) {
                    Some(property) => (key, coerce(value, property)),
                    None => (key, value),
                });
            Value::Object(fields.collect())
        }
        other => other,
    }
}

fn find<'a>(schema: Schema<'a>, key: &str) -> Option<Schema<'a>> {
    schema
        .property(key)
        .or_else(|| schema.one_of().find_map(|choice| choice.property(key)))
}

fn coerce_text(text: String, kind: Option<SchemaType>) -> Value {
    let typed = match kind {
        Some(SchemaType::Integer) => text.parse::<i64>().ok().map(Value::from),
        Some(SchemaType::Number) => text.parse::<f64>().ok().map(Value::from),
        Some(SchemaType::Boolean) => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    typed.unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use katapult_openapi::Spec;

    use super::*;
    use crate::route;

    #[test]
    fn pairs_nest_as_the_api_nests_them() {
        let cases = [
            (vec![("page", "2")], Ok(json!({"page": "2"}))),
            (
                vec![("vm[id]", "vm_1"), ("q", "")],
                Ok(json!({"vm": {"id": "vm_1"}, "q": ""})),
            ),
            (
                vec![("tags[]", "a"), ("tags[]", "b")],
                Ok(json!({"tags": ["a", "b"]})),
            ),
            (
                vec![
                    ("a[][key]", "k"),
                    ("a[][value]", "1"),
                    ("a[][key]", "l"),
                    ("a[][value]", "2"),
                ],
                Ok(json!({"a": [{"key": "k", "value": "1"}, {"key": "l", "value": "2"}]})),
            ),
            (
                vec![
                    ("a[][key]", "k"),
                    ("a[][key]", "l"),
                    ("a[][value]", "1"),
                    ("a[][value]", "2"),
                ],
                Ok(json!({"a": [{"key": "k"}, {"key": "l", "value": "1"}, {"value": "2"}]})),
            ),
            (
                vec![("a[x][y]", "1"), ("a[x][z]", "2")],
                Ok(json!({"a": {"x": {"y": "1", "z": "2"}}})),
            ),
            (
                vec![("a", "1"), ("a[b]", "2")],
                Err("the query uses a in two ways that exclude each other"),
            ),
        ];
        for (pairs, expected) in cases {
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .collect();
            let nested = nest(&pairs).map(Value::Object);
            assert_eq!(nested, expected.map_err(str::to_owned), "{pairs:?}");
        }
    }

    #[test]
    fn older_requests_become_what_the_document_wants() {
        let documents = Spec::embedded().unwrap();
        let by_id = json!({"virtual_machine": {"id": "vm_1"}});
        let cases = [
            (
                "GET",
                "virtual_machines/virtual_machine?virtual_machine%5Bid%5D=vm_1",
                "",
                by_id.clone(),
            ),
            ("GET", "virtual_machines/vm_1", "", by_id.clone()),
            (
                "POST",
                "virtual_machines/_/shutdown",
                r#"{"virtual_machine":{"id":"vm_1"}}"#,
                json!({"body": by_id}),
            ),
            (
                "POST",
                "virtual_machines/_/shutdown?virtual_machine[id]=vm_1",
                "",
                json!({"body": by_id}),
            ),
            (
                "POST",
                "virtual_machines/vm_1/shutdown",
                "{}",
                json!({"body": by_id}),
            ),
            (
                "GET",
                "organizations/_/ip_addresses?organization[sub_domain]=acme&page=2&allocated=true",
                "",
                json!({"organization": {"sub_domain": "acme"}, "page": 2, "allocated": true}),
            ),
        ];
        for (method, address, body, expected) in cases {
            let route = route::find(
                &documents,
                method,
                &format!("https://api.katapult.io/core/v1/{address}"),
            )
            .unwrap();
            assert_eq!(arguments(&route, body), Ok(expected), "{method} {address}");
        }
    }
}
