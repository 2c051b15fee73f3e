//! Decodes a recorded request into the arguments of an operation, in the operation's JSON form.
//!
//! The query is parsed in Rack's notation, as the API does it, and its texts are converted to the types of
//! the parameters' schemas. Arguments that older clients sent in another part of the request move to the
//! documented one: a lookup in the query, or an id in the path, of an operation whose body has that lookup.

use katapult_openapi::{Schema, SchemaType};
use katapult_sandbox::__private::nest_pairs;
use serde_json::{Map, Value, json};

use crate::spec::router::Route;

/// Returns the arguments of a recorded request.
///
/// # Errors
///
/// If the body is not JSON, or the query contradicts itself.
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
                // A field of the body stays: it is in its documented place.
                body.entry(name).or_insert(coerce(value, property));
            }
            // No parameter takes it. It is kept, so that the comparison of requests reports it.
            (None, _, _) => {
                arguments.insert(name, value);
            }
        }
    }
    for (noun, id) in &route.ids {
        let in_body = schema.and_then(|schema| schema.property(noun));
        match (route.operation.parameter(noun), in_body, &mut body) {
            (Some(_), _, _) => {
                // A lookup in the query stays: it is in its documented place.
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

/// Parses the body; a client may have sent none where the operation takes one with optional fields only.
fn read_body(text: &str, takes_one: bool) -> Result<Option<Value>, String> {
    if text.trim().is_empty() {
        return Ok(takes_one.then(|| json!({})));
    }
    serde_json::from_str(text)
        .map(Some)
        .map_err(|error| format!("the request's body is not JSON: {error}"))
}

/// Parses query pairs as nested values whose leaves are texts.
fn nest(pairs: &[(String, String)]) -> Result<Map<String, Value>, String> {
    nest_pairs(pairs.iter().map(|(name, value)| (name, value)))
        .map_err(|name| format!("the query uses {name} in two ways that exclude each other"))
}

/// Converts texts to the types of the schema; a text that does not fit is kept.
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
    // The comparison reports it, with the recorded text.
    typed.unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::router;
    use katapult_openapi::Spec;

    fn check_query(query: &str, expected: Result<Value, &str>) {
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let nested = nest(&pairs).map(Value::Object);
        assert_eq!(nested, expected.map_err(str::to_owned), "{query}");
    }

    #[test]
    fn query_pairs_nest_in_rack_notation() {
        check_query("page=2", Ok(json!({"page": "2"})));
        check_query("vm[id]=vm_1&q=", Ok(json!({"vm": {"id": "vm_1"}, "q": ""})));
        check_query("tags[]=a&tags[]=b", Ok(json!({"tags": ["a", "b"]})));
        let items = json!({"a": [{"key": "k", "value": "1"}, {"key": "l", "value": "2"}]});
        let query = "a[][key]=k&a[][value]=1&a[][key]=l&a[][value]=2";
        check_query(query, Ok(items));
        let items = json!({"a": [{"key": "k"}, {"key": "l", "value": "1"}, {"value": "2"}]});
        let query = "a[][key]=k&a[][key]=l&a[][value]=1&a[][value]=2";
        check_query(query, Ok(items));
        let nested = json!({"a": {"x": {"y": "1", "z": "2"}}});
        check_query("a[x][y]=1&a[x][z]=2", Ok(nested));
        let contradiction = "the query uses a in two ways that exclude each other";
        check_query("a=1&a[b]=2", Err(contradiction));
    }

    #[test]
    fn older_request_becomes_the_documented_one() {
        let spec = Spec::embedded().unwrap();
        let check = |method: &str, path: &str, body: &str, expected: &Value| {
            let url = format!("https://api.katapult.io/core/v1/{path}");
            let route = router::find(&spec, method, &url).unwrap();
            let found = arguments(&route, body);
            assert_eq!(found.as_ref(), Ok(expected), "{method} {path}");
        };
        let by_id = json!({"virtual_machine": {"id": "vm_1"}});
        let path = "virtual_machines/virtual_machine?virtual_machine%5Bid%5D=vm_1";
        check("GET", path, "", &by_id);
        check("GET", "virtual_machines/vm_1", "", &by_id);
        let in_body = json!({ "body": by_id });
        let path = "virtual_machines/_/shutdown";
        check("POST", path, &by_id.to_string(), &in_body);
        let path = "virtual_machines/_/shutdown?virtual_machine[id]=vm_1";
        check("POST", path, "", &in_body);
        check("POST", "virtual_machines/vm_1/shutdown", "{}", &in_body);
        let path =
            "organizations/_/ip_addresses?organization[sub_domain]=acme&page=2&allocated=true";
        let typed = json!({"organization": {"sub_domain": "acme"}, "page": 2, "allocated": true});
        check("GET", path, "", &typed);
    }
}
