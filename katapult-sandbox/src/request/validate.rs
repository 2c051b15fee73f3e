//! Validation of arguments with JSON Schema: types, enumerations, required and unknown fields.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{ValidationError, Validator};
use katapult_openapi::{Lookup, Operation, Schema};
use serde_json::Value;

use crate::request::problem::Problem;

/// A validator of one operation's arguments.
#[derive(Debug)]
pub(crate) struct RequestValidator {
    validator: Validator,
}

impl RequestValidator {
    /// Compiles the validator of an operation.
    pub(crate) fn compile(operation: &Operation) -> Result<Self, String> {
        // Clients send a page to lists that do not document one, and the API ignores it.
        let allow_unknown = operation.method == "GET";
        let validator =
            jsonschema::draft202012::new(&operation.arguments_json_schema(allow_unknown));
        Ok(Self {
            validator: validator.map_err(|error| error.to_string())?,
        })
    }

    /// Returns the problems of the arguments.
    pub(crate) fn validate(&self, operation: &Operation, value: &Value) -> Vec<Problem> {
        // Most requests are valid, and collecting errors is slower.
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let errors = self.validator.iter_errors(value);
        errors
            .flat_map(|error| problems(&error, operation))
            .collect()
    }
}

fn problems(error: &ValidationError<'_>, operation: &Operation) -> Vec<Problem> {
    let (path, schema) = locate(error.instance_path(), operation);
    let lookup = |path: &str, schema: Option<Schema<'_>>| lookup_problem(path, schema?.lookup()?);
    // The API reports any problem inside a lookup as one of the lookup.
    if let Some(problem) = lookup(&path, schema) {
        return vec![problem];
    }
    let inside = |name: &str| match path.as_str() {
        "" => (name.to_owned(), operation.argument(name)),
        _ => {
            let schema = schema.and_then(|schema| schema.property(name));
            (format!("{path}.{name}"), schema)
        }
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let (path, schema) = inside(property.as_str().unwrap_or_default());
            vec![lookup(&path, schema).unwrap_or(Problem::Missing(path))]
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

/// Returns the problem of a malformed lookup.
fn lookup_problem(path: &str, lookup: Lookup<'_>) -> Option<Problem> {
    Some(Problem::Lookup {
        kind: lookup.target()?.to_owned(),
        path: path.to_owned(),
        expected: lookup.keys().collect::<Vec<_>>().join(", "),
    })
}

/// Returns a path as text, with its schema. A path into a lookup ends at the lookup.
fn locate<'a>(location: &Location, operation: &'a Operation) -> (String, Option<Schema<'a>>) {
    let mut path = String::new();
    let mut schema: Option<Schema<'a>> = None;
    for segment in location.segments() {
        if schema.is_some_and(Schema::is_lookup) {
            break;
        }
        schema = match &segment {
            LocationSegment::Property(name) if path.is_empty() => operation.argument(name),
            LocationSegment::Property(name) => schema.and_then(|schema| schema.property(name)),
            LocationSegment::Index(_) => schema.and_then(Schema::items),
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
    (path, schema)
}

#[cfg(test)]
mod tests {
    use katapult_openapi::Api;
    use serde_json::json;

    use super::*;
    use crate::spec::CompiledSpec;

    #[test]
    fn each_kind_of_problem_is_found() {
        let spec = CompiledSpec::embedded().unwrap();
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
                json!({"organization": org, "properties": {"color": "red"}}),
                Some(Problem::Missing("properties.name".into())),
            ),
            (
                "tags.create",
                json!({"organization": org, "properties": {"name": "a", "tea": 1}}),
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
                json!({"properties": {"name": "a"}}),
                Some(organization.clone()),
            ),
            (
                "tags.create",
                json!({"organization": null, "properties": {"name": "a"}}),
                Some(organization.clone()),
            ),
            (
                "tags.create",
                json!({"organization": {"id": "a", "sub_domain": "b"}, "properties": {"name": "a"}}),
                Some(organization.clone()),
            ),
            (
                "tags.create",
                json!({"organization": {"id": 1}, "properties": {"name": "a"}}),
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
                json!({"organization": org, "properties": {
                    "name": "a", "size_in_gb": 1, "data_center": {"id": "b"},
                    "virtual_machine_disk": {"virtual_machine": {}},
                }}),
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
            let operation = spec.spec.operation(Api::Core, id).unwrap();
            let validator = spec.validator(operation).unwrap();
            let found = validator.validate(operation, &value);
            assert_eq!(found.first(), expected.as_ref(), "{id} {value}: {found:?}");
        }
    }
}
