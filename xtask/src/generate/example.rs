//! The example of each resource's module: its first call, as a user would write it.

use std::collections::BTreeSet;

use katapult_openapi::Schema;
use serde_json::Value;

use crate::generate::document::{Document, Operation, component_of};
use crate::text::{identifier, snake};

/// The lines of a documentation test that calls one operation of a resource: `list` or `get` if there is one, else
/// another that only reads, else any that takes nothing but plain values.
pub(crate) fn of(document: &Document, resource: &str) -> Vec<String> {
    let of_resource = || {
        let operations = document.operations.values();
        operations.filter(|operation| operation.spec.resource == resource)
    };
    let rank = |operation: &Operation| match (
        operation.spec.method.as_str(),
        operation.spec.action.as_str(),
    ) {
        ("GET", "list") => 0,
        ("GET", "get") => 1,
        ("GET", _) => 2,
        _ => 3,
    };
    let mut operations: Vec<&Operation> = of_resource().collect();
    operations.sort_by_key(|operation| rank(operation));
    let found = operations
        .into_iter()
        .find_map(|operation| Some((operation, arguments(document, operation)?)));
    let Some((operation, arguments)) = found else {
        return Vec::new();
    };
    let types: BTreeSet<&str> = arguments.iter().filter_map(|(_, lookup)| *lookup).collect();
    let values: Vec<&str> = arguments.iter().map(|(value, _)| value.as_str()).collect();
    let mut lines = vec!["".to_owned(), " ```no_run".to_owned()];
    lines.push(" # use katapult_gen::{Client, PlainError, PlainTransport};".to_owned());
    lines.push(
        " # async fn run(katapult: Client<PlainTransport>) -> Result<(), PlainError> {".to_owned(),
    );
    match types.into_iter().collect::<Vec<_>>().as_slice() {
        [] => {}
        [only] => lines.push(format!(" use katapult_gen::types::{only};\n")),
        several => lines.push(format!(
            " use katapult_gen::types::{{{}}};\n",
            several.join(", ")
        )),
    }
    let action = identifier(&snake(&operation.spec.action));
    let (resource, values) = (identifier(resource), values.join(", "));
    lines.push(format!(
        " let response = katapult.{resource}().{action}({values}).send().await?;"
    ));
    lines.push(" println!(\"{response:?}\");".to_owned());
    lines.push(" # Ok(())".to_owned());
    lines.push(" # }".to_owned());
    lines.push(" ```".to_owned());
    lines
        .iter()
        .flat_map(|line| line.split('\n'))
        .map(str::to_owned)
        .collect()
}

/// A value for each argument that must be given, in their order, with the lookup that makes it; nothing where one takes
/// more than a plain value.
fn arguments<'a>(
    document: &'a Document,
    operation: &'a Operation,
) -> Option<Vec<(String, Option<&'a str>)>> {
    let query = operation.query.iter().filter(|(_, param)| param.required);
    let mut inputs: Vec<(&str, &Value)> = query
        .map(|(name, param)| (name.as_str(), &param.schema))
        .collect();
    if let Some(body) = &operation.body {
        for (name, schema) in required(body) {
            let target = document.types.get(reference(schema).unwrap_or_default());
            match target.filter(|_| name == "properties") {
                Some(properties) => inputs.extend(required(properties)),
                None => inputs.push((name, schema)),
            }
        }
    }
    let nouns: Vec<&str> = operation.spec.path.split('/').collect();
    inputs.sort_by_key(|(name, _)| {
        let place = nouns.iter().position(|noun| noun == name);
        (place.unwrap_or(usize::MAX), *name)
    });
    inputs
        .into_iter()
        .map(|(name, schema)| value(document, name, schema))
        .collect()
}

/// The fields of an object that must be given.
fn required(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let names = schema["required"].as_array().into_iter().flatten();
    names
        .filter_map(Value::as_str)
        .map(|name| (name, &schema["properties"][name]))
        .filter(|(_, schema)| schema["nullable"] != true)
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().map(component_of)
}

fn value<'a>(
    document: &'a Document,
    name: &str,
    schema: &'a Value,
) -> Option<(String, Option<&'a str>)> {
    if let Some(name) = reference(schema) {
        let target = document.types.get(name)?;
        if let Some(key) = Schema::new(target, target)
            .lookup()
            .and_then(|lookup| lookup.keys().next())
        {
            let shown = if key == "id" { "…" } else { key };
            let key = identifier(&snake(key));
            return Some((format!("{name}::{key}({shown:?})"), Some(name)));
        }
        let value = target["enum"][0].as_str()?;
        return Some((format!("{value:?}"), None));
    }
    match schema["type"].as_str()? {
        "string" => Some((format!("{name:?}"), None)),
        "integer" => Some(("1".to_owned(), None)),
        "number" => Some(("1.0".to_owned(), None)),
        "boolean" => Some(("true".to_owned(), None)),
        _ => None,
    }
}
