//! The example in the documentation of each resource's module.

use std::collections::BTreeSet;

use katapult_openapi::Schema;
use serde_json::Value;

use crate::naming::case::snake;
use crate::naming::inflect::singular;
use crate::naming::reserved::identifier;
use crate::spec::{Document, Operation, component_of};

/// Returns the lines of a documentation test that calls one operation of a resource: `list` or `get`
/// if there is one, else another that reads, else any whose required arguments are scalars and
/// lookups.
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
    // Stable, so the first by id among equals.
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
    lines.extend(use_of_response(document, operation));
    lines.push(" # Ok(())".to_owned());
    lines.push(" # }".to_owned());
    lines.push(" ```".to_owned());
    lines
        .iter()
        .flat_map(|line| line.split('\n'))
        .map(str::to_owned)
        .collect()
}

/// Returns the lines that use the response: the ids of a list's items, the id of the subject, or the
/// status.
fn use_of_response(document: &Document, operation: &Operation) -> Vec<String> {
    let properties = operation
        .response
        .as_ref()
        .map(|response| &response["properties"]);
    let has_id = |schema: &Value| {
        let name = schema["$ref"]
            .as_str()
            .or_else(|| schema["allOf"][0]["$ref"].as_str());
        let target = name.and_then(|name| document.types.get(component_of(name)));
        target.is_some_and(|target| {
            let id = &target["properties"]["id"];
            id["type"] == "string" && id["nullable"] != true
        })
    };
    let spec = &operation.spec;
    if let (Some(list), Some(properties)) = (&spec.list, properties)
        && has_id(&properties[&list.items]["items"])
    {
        let (items, item) = (identifier(&list.items), identifier(&singular(&list.items)));
        return vec![
            format!(" for {item} in &response.{items} {{"),
            format!("     println!(\"{{}}\", {item}.id);"),
            " }".to_owned(),
        ];
    }
    if let (Some(subject), Some(properties)) = (operation.subject(), properties)
        && has_id(&properties[subject])
    {
        return vec![" println!(\"{}\", response.id);".to_owned()];
    }
    vec![" println!(\"{}\", response.status());".to_owned()]
}

/// Returns a value for each required argument, in their order, with its lookup if it is one. `None`
/// if an argument is neither a scalar nor a lookup.
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

/// Returns the required fields of an object.
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
        if let Some(lookup) = Schema::new(target, target).lookup()
            && let Some(key) = lookup.keys().next()
        {
            // An id has no readable example; the name of the key explains other values.
            let value = match key {
                _ if lookup.is_integer(key) => "1".to_owned(),
                "id" => "\"…\"".to_owned(),
                key => format!("{key:?}"),
            };
            return Some((format!("{name}::{}({value})", identifier(key)), Some(name)));
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
