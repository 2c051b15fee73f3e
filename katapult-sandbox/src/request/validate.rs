//! Validation of arguments with JSON Schema: types, enumerations, required and unknown fields.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::request::problem::Problem;
use crate::spec::json_schema::json_schema;
use crate::spec::schema::{Node, Schema, Schemas};

/// A validator of one operation's arguments.
#[derive(Debug)]
pub(crate) struct RequestValidator {
    validator: Validator,
}

impl RequestValidator {
    /// Compiles the validator of an operation of the document `root`. With `open`, unknown arguments are
    /// permitted.
    pub(crate) fn compile(
        root: &Value,
        parameters: &[(&str, bool, &Value)],
        body: Option<&Value>,
        open: bool,
    ) -> Result<Self, String> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, is_required, schema) in parameters {
            properties.insert((*name).to_owned(), (*schema).clone());
            required.extend(is_required.then(|| json!(name)));
        }
        if let Some(body) = body {
            let fields = body.get("properties").and_then(Value::as_object);
            properties.extend(fields.cloned().unwrap_or_default());
            let fields = body.get("required").and_then(Value::as_array);
            required.extend(fields.cloned().unwrap_or_default());
        }
        // The API does not distinguish query and body, so both are one object.
        let whole = json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": open,
        });
        let validator = jsonschema::draft202012::new(&json_schema(root, &whole));
        Ok(Self {
            validator: validator.map_err(|error| error.to_string())?,
        })
    }

    /// Returns the problems of the arguments. `argument` returns the schema of one.
    pub(crate) fn validate(
        &self,
        value: &Value,
        schemas: &Schemas,
        argument: impl Fn(&str) -> Option<Node>,
    ) -> Vec<Problem> {
        // Most requests are valid, and collecting errors is slower.
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let errors = self.validator.iter_errors(value);
        errors
            .flat_map(|error| problems(&error, schemas, &argument))
            .collect()
    }
}

fn problems(
    error: &ValidationError<'_>,
    schemas: &Schemas,
    argument: &impl Fn(&str) -> Option<Node>,
) -> Vec<Problem> {
    let (path, node) = locate(error.instance_path(), schemas, argument);
    let lookup = |path: &str, node: Option<Node>| lookup_problem(path, schemas.get(node?));
    // The API reports any problem inside a lookup as one of the lookup.
    if let Some(problem) = lookup(&path, node) {
        return vec![problem];
    }
    let inside = |name: &str| match path.as_str() {
        "" => (name.to_owned(), argument(name)),
        _ => {
            let node = node.and_then(|node| schemas.get(node).property(name));
            (format!("{path}.{name}"), node)
        }
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let (path, node) = inside(property.as_str().unwrap_or_default());
            vec![lookup(&path, node).unwrap_or(Problem::Missing(path))]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| Problem::Unknown(inside(name).0))
            .collect(),
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().into_iter().flatten();
            let options: Vec<_> = options
                .map(|value| {
                    let text = value.as_str();
                    text.map_or_else(|| value.to_string(), str::to_owned)
                })
                .collect();
            vec![Problem::Invalid(
                path,
                format!("one of {}", options.join(", ")),
            )]
        }
        // The API treats `null` like a missing argument where the document does not permit it.
        ValidationErrorKind::Type { .. } if error.instance().is_null() => {
            vec![Problem::Missing(path)]
        }
        ValidationErrorKind::Type {
            kind: TypeKind::Single(kind),
        } => {
            let kind = kind.to_string();
            let article = if kind.starts_with(['a', 'i', 'o']) {
                "an"
            } else {
                "a"
            };
            vec![Problem::Invalid(path, format!("{article} {kind}"))]
        }
        _ => vec![Problem::Invalid(path, format!("another: {error}"))],
    }
}

/// Returns the problem of a malformed lookup; `None` if the schema is not one of a lookup.
fn lookup_problem(path: &str, schema: &Schema) -> Option<Problem> {
    Some(Problem::Lookup {
        kind: schema.looks_up()?.to_owned(),
        path: path.to_owned(),
        expected: schema.lookup.as_ref()?.join(", "),
    })
}

/// Returns a path as text, with its schema. A path into a lookup ends at the lookup.
fn locate(
    location: &Location,
    schemas: &Schemas,
    argument: &impl Fn(&str) -> Option<Node>,
) -> (String, Option<Node>) {
    let mut path = String::new();
    let mut node: Option<Node> = None;
    for segment in location.segments() {
        if node.is_some_and(|node| schemas.get(node).lookup.is_some()) {
            break;
        }
        node = match &segment {
            LocationSegment::Property(name) if path.is_empty() => argument(name),
            LocationSegment::Property(name) => {
                node.and_then(|node| schemas.get(node).property(name))
            }
            LocationSegment::Index(_) => node.and_then(|node| schemas.get(node).items),
        };
        match segment {
            LocationSegment::Property(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&name);
            }
            LocationSegment::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    (path, node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Document;

    #[test]
    fn each_kind_of_problem_is_found() {
        let document = Document::read(None, None).unwrap();
        let org = json!({"sub_domain": "acme"});
        let lookup = |kind: &str, path: &str, expected: &str| Problem::Lookup {
            kind: kind.into(),
            path: path.into(),
            expected: expected.into(),
        };
        let organization = lookup("Organization", "organization", "id, sub_domain");
        let cases = [
            (
                "tags.create",
                json!({"organization": org, "properties": {"name": "a"}}),
                None,
            ),
            (
                "tags.create",
                json!({"organization": org}),
                Some(Problem::Missing("properties".into())),
            ),
            (
                "tags.create",
                json!({"organization": org, "properties": {"tea": 1}}),
                Some(Problem::Unknown("properties.tea".into())),
            ),
            (
                "tags.create",
                json!({"organization": org, "properties": {"name": 1}}),
                Some(Problem::Invalid(
                    "properties.name".into(),
                    "a string".into(),
                )),
            ),
            (
                "tags.create",
                json!({"properties": {}}),
                Some(organization.clone()),
            ),
            (
                "tags.create",
                json!({"organization": null, "properties": {}}),
                Some(organization.clone()),
            ),
            (
                "tags.create",
                json!({"organization": {"id": "a", "sub_domain": "b"}, "properties": {}}),
                Some(organization.clone()),
            ),
            (
                "tags.create",
                json!({"organization": {"id": 1}, "properties": {}}),
                Some(organization),
            ),
            (
                "virtual_machines.set_package",
                json!({"virtual_machine": {"id": "a"}}),
                Some(lookup(
                    "VirtualMachinePackage",
                    "virtual_machine_package",
                    "id, permalink",
                )),
            ),
            (
                "disks.create",
                json!({"organization": org, "properties": {"virtual_machine_disk": {"virtual_machine": {}}}}),
                Some(lookup(
                    "VirtualMachine",
                    "properties.virtual_machine_disk.virtual_machine",
                    "fqdn, id",
                )),
            ),
            (
                "countries.list",
                json!({"page": 2, "nobody": "cares"}),
                None,
            ),
            (
                "countries.list",
                json!({"page": "x"}),
                Some(Problem::Invalid("page".into(), "an integer".into())),
            ),
            (
                "address_lists.create",
                json!({"organization": org, "properties": {"name": "a"}, "annotations": [{"key": "a", "value": 1}]}),
                Some(Problem::Invalid(
                    "annotations[0].value".into(),
                    "a string".into(),
                )),
            ),
        ];
        for (id, value, expected) in cases {
            let mut operations = document.operations.iter();
            let operation = operations.find(|operation| operation.id == id).unwrap();
            let found = operation
                .form
                .validate(&value, document.schemas(operation.api), |name| {
                    document.argument(operation, name)
                });
            assert_eq!(found.first(), expected.as_ref(), "{id} {value}: {found:?}");
        }
    }
}
