//! The examples in the documentation of resources and operations.

use katapult_openapi::Schema;
use serde_json::Value;

use crate::generate::types::variants::variants;
use crate::naming::case::snake;
use crate::naming::inflect::singular;
use crate::naming::reserved::identifier;
use crate::spec::{Document, Operation, referred};

/// The length of a line of code above which it is broken.
const MAX_LINE: usize = 84;

/// Values of the keys that are more readable than an id, as in the other documentation.
const READABLE_KEYS: &[(&str, &str)] = &[
    ("address", "192.0.2.1"),
    ("fqdn", "web-1.acme.example"),
    ("region", "uk-lon-1"),
    ("sub_domain", "acme"),
];

/// Returns the lines of a documentation test that calls one operation of a resource: `list` or `get` if there is one,
/// else another that reads, else any.
pub(crate) fn of_resource(document: &Document, resource: &str) -> Vec<String> {
    let operations = document.operations.values();
    let rank = |operation: &Operation| match (
        operation.spec.method.as_str(),
        operation.spec.action.as_str(),
    ) {
        ("GET", "list") => 0,
        ("GET", "get") => 1,
        ("GET", _) => 2,
        _ => 3,
    };
    let mut operations: Vec<&Operation> = operations
        .filter(|operation| operation.spec.resource == resource)
        .collect();
    // Stable, so the first by id among equals.
    operations.sort_by_key(|operation| rank(operation));
    let mut examples = operations.into_iter();
    examples
        .find_map(|operation| of_operation(document, operation, None))
        .unwrap_or_default()
}

/// Returns the lines of a documentation test that calls an operation, with an optional argument if one is given by its
/// setter and its name on the wire. `None` if a required argument has no simple value.
pub(crate) fn of_operation(
    document: &Document,
    operation: &Operation,
    optional: Option<(String, &str)>,
) -> Option<Vec<String>> {
    let arguments = arguments(document, operation)?;
    let optional = optional.and_then(|(setter, wire)| {
        let value = value(document, wire, field(document, operation, wire)?)?;
        Some(format!(".{setter}({value})"))
    });
    let mut lines = vec![
        " ```no_run".to_owned(),
        // A reader finds the types in the documentation of whichever crate it is read in.
        " # use katapult_gen::{Client, PlainError, PlainTransport, types::*};".to_owned(),
        " # async fn run(katapult: Client<PlainTransport>) -> Result<(), PlainError> {".to_owned(),
    ];
    lines.extend(call(operation, &arguments, optional));
    lines.extend(use_of_response(document, operation));
    lines.push(" # Ok(())".to_owned());
    lines.push(" # }".to_owned());
    lines.push(" ```".to_owned());
    Some(lines)
}

/// Returns the lines of the call, in the form of rustfmt.
fn call(operation: &Operation, arguments: &[String], optional: Option<String>) -> Vec<String> {
    let resource = identifier(&operation.spec.resource);
    let action = identifier(&snake(&operation.spec.action));
    let inline = arguments.join(", ");
    let setter = optional.clone().unwrap_or_default();
    let whole =
        format!(" let response = katapult.{resource}().{action}({inline}){setter}.send().await?;");
    if whole.len() <= MAX_LINE {
        return vec![whole];
    }
    let mut lines = vec![
        " let response = katapult".to_owned(),
        format!("     .{resource}()"),
    ];
    let call = format!("     .{action}({inline})");
    if call.len() <= MAX_LINE {
        lines.push(call);
    } else {
        lines.push(format!("     .{action}("));
        lines.extend(
            arguments
                .iter()
                .map(|argument| format!("         {argument},")),
        );
        lines.push("     )".to_owned());
    }
    lines.extend(optional.map(|setter| format!("     {setter}")));
    lines.push("     .send()".to_owned());
    lines.push("     .await?;".to_owned());
    lines
}

/// Returns the schema of an argument: a query parameter, or a field of the body or of its properties.
fn field<'a>(document: &'a Document, operation: &'a Operation, wire: &str) -> Option<&'a Value> {
    if let Some(parameter) = operation.query.get(wire) {
        return Some(&parameter.schema);
    }
    let fields = &operation.body.as_ref()?["properties"];
    let own = fields.get(wire);
    own.or_else(|| {
        let properties = document.types.get(referred(&fields["properties"])?)?;
        properties["properties"].get(wire)
    })
}

/// Returns the lines that use the response: the ids of a list's items, the id of the subject, or the
/// status.
fn use_of_response(document: &Document, operation: &Operation) -> Vec<String> {
    let properties = operation
        .response
        .as_ref()
        .map(|response| &response["properties"]);
    let has_id = |schema: &Value| {
        let target = referred(schema).and_then(|name| document.types.get(name));
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

/// Returns a value for each required argument, in their order. `None` if an argument has no simple value.
fn arguments(document: &Document, operation: &Operation) -> Option<Vec<String>> {
    let query = operation.query.iter().filter(|(_, param)| param.required);
    let mut inputs: Vec<(&str, &Value)> = query
        .map(|(name, param)| (name.as_str(), &param.schema))
        .collect();
    if let Some(body) = &operation.body {
        for (name, schema) in required(body) {
            let target = document.types.get(referred(schema).unwrap_or_default());
            match target.filter(|_| name == "properties") {
                Some(properties) => inputs.extend(required(properties)),
                None => inputs.push((name, schema)),
            }
        }
        // Required fields make the object required that they are in.
        let properties = &body["properties"]["properties"];
        if let Some(target) = referred(properties).and_then(|name| document.types.get(name))
            && required(body).all(|(name, _)| name != "properties")
        {
            inputs.extend(required(target));
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

/// Returns an expression for a value of a schema. `None` for one that no type of the SDK represents.
fn value(document: &Document, name: &str, schema: &Value) -> Option<String> {
    if let Some(name) = referred(schema) {
        return value_of_type(document, name);
    }
    match schema["type"].as_str()? {
        "string" => Some(format!("{name:?}")),
        "integer" => Some("1".to_owned()),
        "number" => Some("1.0".to_owned()),
        "boolean" => Some("true".to_owned()),
        "array" => {
            let item = value(document, &singular(name), &schema["items"])?;
            Some(format!("[{item}]"))
        }
        _ => None,
    }
}

/// Returns an expression for a value of a type of the document.
fn value_of_type(document: &Document, name: &str) -> Option<String> {
    let target = document.types.get(name)?;
    let schema = Schema::new(target, target);
    if let Some(lookup) = schema.lookup() {
        let readable = |key: &str| READABLE_KEYS.iter().find(|(known, _)| *known == key);
        let key = lookup.keys().find(|key| readable(key).is_some());
        let key = key.or_else(|| lookup.keys().find(|key| *key == "id"));
        let key = key.or_else(|| lookup.keys().next())?;
        let value = match (readable(key), key) {
            _ if lookup.is_integer(key) => "1".to_owned(),
            (Some((_, value)), _) => format!("{value:?}"),
            (None, "id") => match lookup.id_prefixes().next() {
                Some(prefix) => format!("\"{prefix}_…\""),
                None => "\"…\"".to_owned(),
            },
            // It has no readable example; the name of the key explains it.
            (None, key) => format!("{key:?}"),
        };
        return Some(format!("{name}::{}({value})", identifier(key)));
    }
    if schema.is_tagged_union() {
        let (_, variant) = schema.variants().next()?;
        let variant = variant.name()?;
        return Some(format!(
            "{name}::{variant}({})",
            value_of_type(document, variant)?
        ));
    }
    if schema.is_enum() {
        let values: Vec<&str> = schema
            .enum_values()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        return Some(format!("{name}::{}", variants(&values).first()?));
    }
    let mut fields: Vec<(&str, &Value)> = required(target).collect();
    fields.sort_by_key(|(name, _)| *name);
    let fields = fields
        .into_iter()
        .map(|(name, schema)| value(document, name, schema));
    let fields: Vec<String> = fields.collect::<Option<_>>()?;
    Some(format!("{name}::new({})", fields.join(", ")))
}
