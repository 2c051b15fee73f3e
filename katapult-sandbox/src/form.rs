//! The form of a request: types, enumerations, required and unknown fields, judged by JSON Schema.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{ValidationError, Validator};
use katapult_openapi::{Lookup, Operation, Schema};
use serde_json::Value;

use crate::refusal::Problem;

/// Judges the arguments of one operation.
#[derive(Debug)]
pub(crate) struct Form {
    validator: Validator,
}

impl Form {
    pub(crate) fn compile(operation: &Operation) -> Result<Self, String> {
        // Real clients send a page to lists that have none.
        let open = operation.method == "GET";
        let validator = jsonschema::draft202012::new(&operation.arguments_json_schema(open));
        Ok(Self {
            validator: validator.map_err(|error| error.to_string())?,
        })
    }

    /// What is wrong with the arguments' form.
    pub(crate) fn judge(&self, operation: &Operation, value: &Value) -> Vec<Problem> {
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
    let (place, schema) = locate(error.instance_path(), operation);
    let lookup = |place: &str, schema: Option<Schema<'_>>| looked_up(place, schema?.lookup()?);
    // Whatever is wrong with a lookup, it does not name one object.
    if let Some(problem) = lookup(&place, schema) {
        return vec![problem];
    }
    let inside = |name: &str| match place.as_str() {
        "" => (name.to_owned(), operation.argument(name)),
        _ => {
            let schema = schema.and_then(|schema| schema.property(name));
            (format!("{place}.{name}"), schema)
        }
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let (place, schema) = inside(property.as_str().unwrap_or_default());
            vec![lookup(&place, schema).unwrap_or(Problem::Missing(place))]
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
            vec![Problem::Wrong(
                place,
                format!("one of {}", options.join(", ")),
            )]
        }
        // What may be `null` is so in the document; what may not has to be there.
        ValidationErrorKind::Type { .. } if error.instance().is_null() => {
            vec![Problem::Missing(place)]
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
            vec![Problem::Wrong(place, format!("{article} {kind}"))]
        }
        _ => vec![Problem::Wrong(place, format!("another: {error}"))],
    }
}

/// The problem that a lookup has which names nothing, or two things.
fn looked_up(place: &str, lookup: Lookup<'_>) -> Option<Problem> {
    Some(Problem::Lookup {
        kind: lookup.target()?.to_owned(),
        place: place.to_owned(),
        wanted: lookup.keys().collect::<Vec<_>>().join(", "),
    })
}

/// A place in words, and the schema there; the lookup that the place is in, when it is in one.
fn locate<'a>(path: &Location, operation: &'a Operation) -> (String, Option<Schema<'a>>) {
    let mut place = String::new();
    let mut schema: Option<Schema<'a>> = None;
    for segment in path.segments() {
        if schema.is_some_and(Schema::is_lookup) {
            break;
        }
        schema = match &segment {
            LocationSegment::Property(name) if place.is_empty() => operation.argument(name),
            LocationSegment::Property(name) => schema.and_then(|schema| schema.property(name)),
            LocationSegment::Index(_) => schema.and_then(Schema::items),
        };
        match segment {
            LocationSegment::Property(name) => {
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(&name);
            }
            LocationSegment::Index(index) => place.push_str(&format!("[{index}]")),
        }
    }
    (place, schema)
}

#[cfg(test)]
mod tests {
    use katapult_openapi::Api;
    use serde_json::json;

    use super::*;
    use crate::document::Document;

    #[test]
    fn each_kind_of_slip_is_told() {
        let document = Document::read(None, None).unwrap();
        let org = json!({"sub_domain": "acme"});
        let lookup = |kind: &str, place: &str, wanted: &str| Problem::Lookup {
            kind: kind.into(),
            place: place.into(),
            wanted: wanted.into(),
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
                Some(Problem::Wrong("properties.name".into(), "a string".into())),
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
                Some(Problem::Wrong("page".into(), "an integer".into())),
            ),
            (
                "address_lists.create",
                json!({"organization": org, "properties": {"name": "a"}, "annotations": [{"key": "a", "value": 1}]}),
                Some(Problem::Wrong(
                    "annotations[0].value".into(),
                    "a string".into(),
                )),
            ),
        ];
        for (id, value, expected) in cases {
            let operation = document.spec.operation(Api::Core, id).unwrap();
            let form = document.form(operation).unwrap();
            let found = form.judge(operation, &value);
            assert_eq!(found.first(), expected.as_ref(), "{id} {value}: {found:?}");
        }
    }
}
