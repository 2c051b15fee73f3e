use katapult_openapi::{Api, Spec};
use serde_json::json;

use super::*;
use crate::rng::Rng;

mod json_schema;

#[test]
fn each_kind_of_problem_is_found() {
    let spec = Spec::embedded().unwrap();
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
        let operation = spec.operation(Api::Core, id).unwrap();
        let found = validate(operation, value.as_object().unwrap());
        assert_eq!(found.first(), expected.as_ref(), "{id} {value}: {found:?}");
    }
}

#[test]
fn problems_are_those_of_json_schema() {
    // Enough to meet every keyword of every operation with right and wrong values.
    const REQUESTS: usize = 100;
    let spec = Spec::embedded().unwrap();
    let mut rng = Rng::new(1);
    let mut refused = 0;
    for operation in spec.operations() {
        let oracle = json_schema::RequestValidator::compile(operation);
        for _ in 0..REQUESTS {
            let arguments = random_arguments(operation, &mut rng);
            let found = validate(operation, &arguments);
            refused += usize::from(!found.is_empty());
            let arguments = Value::Object(arguments);
            let expected = oracle.validate(operation, &arguments);
            assert_eq!(
                sorted(found),
                sorted(expected),
                "{} {arguments}",
                operation.id
            );
        }
    }
    assert!(
        refused > REQUESTS,
        "random arguments are not often invalid: {refused}"
    );
}

/// Sorts problems: the order of the library depends on the number of fields.
fn sorted(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| format!("{problem:?}"));
    problems
}

fn random_arguments(operation: &Operation, rng: &mut Rng) -> Map<String, Value> {
    let names = operation
        .parameters
        .iter()
        .map(|parameter| parameter.name.as_str());
    let body = operation
        .request_body()
        .into_iter()
        .flat_map(Schema::properties);
    let names = names.chain(body.map(|(name, _)| name));
    let properties = names.filter_map(|name| Some((name, operation.argument(name)?)));
    random_fields(properties, rng)
}

fn random_fields<'a>(
    properties: impl Iterator<Item = (&'a str, Schema<'a>)>,
    rng: &mut Rng,
) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, schema) in properties {
        if !one_in(4, rng) {
            fields.insert(name.to_owned(), random_value(schema, rng));
        }
    }
    if one_in(10, rng) {
        fields.insert("tea".to_owned(), json!("hot"));
    }
    fields
}

fn random_value(schema: Schema<'_>, rng: &mut Rng) -> Value {
    if one_in(8, rng) {
        let strange = [
            json!(null),
            json!(true),
            json!(1),
            json!(1.0),
            json!(1.5),
            json!(u64::MAX),
            json!("tea"),
            json!([]),
            json!(["tea"]),
            json!([{}]),
            json!({}),
            json!({"tea": 1}),
            json!({"id": 1}),
            json!({"id": "tea", "name": "tea"}),
            json!({"id": null}),
        ];
        return rng.choose(&strange).clone();
    }
    let choices: Vec<_> = schema.one_of().collect();
    if !choices.is_empty() {
        return random_value(*rng.choose(&choices), rng);
    }
    if schema.is_enum() {
        return rng.choose(schema.enum_values()).clone();
    }
    match schema.schema_type() {
        Some(SchemaType::Array) => {
            let items = schema.items().into_iter().flat_map(|items| [items; 2]);
            items.map(|items| random_value(items, rng)).collect()
        }
        Some(SchemaType::Boolean) => json!(one_in(2, rng)),
        Some(SchemaType::Integer) => json!(rng.next_u64() as i64),
        Some(SchemaType::Number) => json!(rng.next_f64()),
        Some(SchemaType::Object) => Value::Object(random_fields(schema.properties(), rng)),
        Some(SchemaType::String) | None => json!(rng.alphanumeric(4)),
    }
}

fn one_in(count: u64, rng: &mut Rng) -> bool {
    rng.next_u64().is_multiple_of(count)
}
