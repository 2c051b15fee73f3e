//! Validation of arguments against the document: types, enumerations, required and unknown fields.
//!
//! Written out because the requests of the API need few of the keywords of JSON Schema, and a library
//! for all of them has more dependencies than the rest of the crate. A test compares both.

use katapult_openapi::{Operation, Schema, SchemaType};
use serde_json::{Map, Value};

use crate::request::problem::Problem;

/// Returns the problems of an operation's arguments: documented ones in the order of the document, then
/// unknown ones.
pub(crate) fn validate(operation: &Operation, arguments: &Map<String, Value>) -> Vec<Problem> {
    let parameters = operation.parameters.iter();
    let parameters = parameters.filter_map(|parameter| {
        let schema = operation.parameter(&parameter.name)?;
        Some((parameter.name.as_str(), schema, parameter.required))
    });
    let body = operation.request_body().into_iter().flat_map(properties);
    // Clients send a page to lists that do not document one, and the API ignores it.
    let allow_unknown = operation.method == "GET";
    let mut found = Vec::new();
    check_fields(
        arguments,
        "",
        parameters.chain(body),
        allow_unknown,
        &mut found,
    );
    found
}

/// Returns the properties of an object with their names, and `true` for required ones.
fn properties(schema: Schema<'_>) -> impl Iterator<Item = (&str, Schema<'_>, bool)> {
    let properties = schema.properties();
    properties.map(move |(name, property)| {
        let required = schema.required().any(|required| required == name);
        (name, property, required)
    })
}

/// Adds the problems of an object's fields.
fn check_fields<'a>(
    given: &Map<String, Value>,
    path: &str,
    properties: impl Iterator<Item = (&'a str, Schema<'a>, bool)>,
    allow_unknown: bool,
    found: &mut Vec<Problem>,
) {
    let inside = |name: &str| match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    };
    let mut known = Vec::new();
    for (name, schema, required) in properties {
        known.push(name);
        match given.get(name) {
            Some(value) => check(schema, value, &inside(name), found),
            None if required => {
                let path = inside(name);
                let problem = lookup_problem(schema, &path);
                found.push(problem.unwrap_or(Problem::Missing(path)));
            }
            None => {}
        }
    }
    if !allow_unknown {
        let unknown = given.keys().filter(|name| !known.contains(&name.as_str()));
        found.extend(unknown.map(|name| Problem::Unknown(inside(name))));
    }
}

/// Adds the problems of a value.
fn check(schema: Schema<'_>, value: &Value, path: &str, found: &mut Vec<Problem>) {
    if value.is_null() && schema.is_nullable() {
        return;
    }
    let mut choices = schema.one_of().peekable();
    if choices.peek().is_some() && choices.filter(|choice| fits(*choice, value)).count() != 1 {
        // The API reports any problem inside a lookup as one of the lookup.
        let problem = lookup_problem(schema, path);
        found.push(problem.unwrap_or_else(|| invalid(path, "one of its documented forms")));
        return;
    }
    found.extend(type_problem(schema, value, path));
    found.extend(enum_problem(schema, value, path));
    match value {
        // An object without named properties may have any.
        Value::Object(given) => {
            let allow_unknown = !schema.has_properties();
            check_fields(given, path, properties(schema), allow_unknown, found);
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                if let Some(items) = schema.items() {
                    check(items, value, &format!("{path}[{index}]"), found);
                }
            }
        }
        _ => {}
    }
}

/// Returns `true` if a value has no problems.
fn fits(schema: Schema<'_>, value: &Value) -> bool {
    let mut found = Vec::new();
    check(schema, value, "", &mut found);
    found.is_empty()
}

fn type_problem(schema: Schema<'_>, value: &Value, path: &str) -> Option<Problem> {
    let expected = schema.schema_type()?;
    if has_type(value, expected) {
        return None;
    }
    // The API treats `null` like a missing argument where the document does not permit it.
    if value.is_null() {
        return Some(Problem::Missing(path.to_owned()));
    }
    let name = expected.name();
    let article = match name {
        "array" | "integer" | "object" => "an",
        _ => "a",
    };
    Some(invalid(path, &format!("{article} {name}")))
}

fn enum_problem(schema: Schema<'_>, value: &Value, path: &str) -> Option<Problem> {
    let values = schema.enum_values();
    if !schema.is_enum() || values.contains(value) {
        return None;
    }
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let texts = values.iter().map(text).collect::<Vec<_>>();
    Some(invalid(path, &format!("one of {}", texts.join(", "))))
}

fn has_type(value: &Value, expected: SchemaType) -> bool {
    match expected {
        SchemaType::Array => value.is_array(),
        SchemaType::Boolean => value.is_boolean(),
        // As in JSON Schema, 1.0 is an integer.
        SchemaType::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        SchemaType::Number => value.is_number(),
        SchemaType::Object => value.is_object(),
        SchemaType::String => value.is_string(),
    }
}

fn invalid(path: &str, expected: &str) -> Problem {
    Problem::Invalid(path.to_owned(), expected.to_owned())
}

/// Returns the problem of a missing or malformed lookup. `None` if the schema is no lookup.
fn lookup_problem(schema: Schema<'_>, path: &str) -> Option<Problem> {
    let lookup = schema.lookup()?;
    Some(Problem::Lookup {
        kind: lookup.target()?.to_owned(),
        path: path.to_owned(),
        expected: lookup.keys().collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests;
