//! The form of a request: types, enumerations, required and unknown fields, judged by JSON Schema.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::dialect::json_schema;
use crate::refusal::Problem;
use crate::schema::{Node, Schema, Schemas};

/// Judges the arguments of one operation.
#[derive(Debug)]
pub(crate) struct Form {
    validator: Validator,
}

impl Form {
    /// The form of the operation that stands at `node` in the document `root`.
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
        let whole = json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": open,
        });
        let validator = jsonschema::draft202012::new(&json_schema(root, &whole));
        Ok(Self {
            validator: validator.map_err(|error| error.to_string())?,
        })
    }

    /// What is wrong with the arguments' form. `arguments` finds the schema of one.
    pub(crate) fn judge(
        &self,
        value: &Value,
        schemas: &Schemas,
        argument: impl Fn(&str) -> Option<Node>,
    ) -> Vec<Problem> {
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
    let (place, node) = locate(error.instance_path(), schemas, argument);
    let lookup = |place: &str, node: Option<Node>| looked_up(place, schemas.get(node?));
    // Whatever is wrong with a lookup, it does not name one object.
    if let Some(problem) = lookup(&place, node) {
        return vec![problem];
    }
    let inside = |name: &str| match place.as_str() {
        "" => (name.to_owned(), argument(name)),
        _ => {
            let node = node.and_then(|node| schemas.get(node).property(name));
            (format!("{place}.{name}"), node)
        }
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let (place, node) = inside(property.as_str().unwrap_or_default());
            vec![lookup(&place, node).unwrap_or(Problem::Missing(place))]
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

/// The problem that a lookup has which names nothing, or two things; `None` of what is no lookup.
fn looked_up(place: &str, schema: &Schema) -> Option<Problem> {
    Some(Problem::Lookup {
        kind: schema.looks_up()?.to_owned(),
        place: place.to_owned(),
        wanted: schema.lookup.as_ref()?.join(", "),
    })
}

/// A place in words, and the schema there; the lookup that the place is in, when it is in one.
fn locate(
    path: &Location,
    schemas: &Schemas,
    argument: &impl Fn(&str) -> Option<Node>,
) -> (String, Option<Node>) {
    let mut place = String::new();
    let mut node: Option<Node> = None;
    for segment in path.segments() {
        if node.is_some_and(|node| schemas.get(node).lookup.is_some()) {
            break;
        }
        node = match &segment {
            LocationSegment::Property(name) if place.is_empty() => argument(name),
            LocationSegment::Property(name) => {
                node.and_then(|node| schemas.get(node).property(name))
            }
            LocationSegment::Index(_) => node.and_then(|node| schemas.get(node).items),
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
    (place, node)
}

#[cfg(test)]
mod tests {
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
            let mut operations = document.operations.iter();
            let operation = operations.find(|operation| operation.id == id).unwrap();
            let found = operation
                .form
                .judge(&value, document.schemas(operation.api), |name| {
                    document.argument(operation, name)
                });
            assert_eq!(found.first(), expected.as_ref(), "{id} {value}: {found:?}");
        }
    }
}
