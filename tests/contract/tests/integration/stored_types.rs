//! All requests and responses are stored without loss, and fit the JSON Schema of their type: those that the
//! document allows, and those that were recorded.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::Path;

use jsonschema::Validator;
use katapult_contract::generators::{Coverage, arbitrary};
use katapult_contract::replay::{decode_request, recording};
use katapult_contract::sdk::json_form::json_form;
use katapult_contract::sdk::registry::Registry;
use katapult_contract::sdk::storage::{schema, store};
use katapult_contract::spec::router;
use katapult_gen::error_codes::{ErrorDetail, ValidationErrorDetail};
use katapult_gen::{ApiError, Operation as _, load_balancers, tags, types, virtual_machines};
use katapult_openapi::{SchemaType, Spec};
use serde_json::{Value, json};

/// The number of random values for each operation.
const ROUNDS: u64 = 10;

fn validator(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).unwrap()
}

fn assert_valid(validator: &Validator, value: &Value, at: &str) {
    if let Err(error) = validator.validate(value) {
        panic!("{at}: {error} at {}: {value}", error.instance_path());
    }
}

/// Prints a line even if the test passes: the test harness captures only the macros' output.
fn print(line: &str) {
    io::stderr()
        .write_all(format!("{line}\n").as_bytes())
        .unwrap();
}

#[test]
fn every_allowed_response_is_stored_and_fits_its_schema() {
    let (spec, registry) = (Spec::embedded().unwrap(), Registry::new());
    for documented in spec.operations() {
        let operation = registry.get(documented.api, &documented.id).unwrap();
        let Some(response) = documented.response() else {
            continue;
        };
        let validator = validator(&operation.response_schema());
        for coverage in Coverage::EACH {
            for seed in 0..ROUNDS {
                let at = format!("{} {coverage:?} {seed}", documented.id);
                let value = arbitrary::responses(coverage, seed).value(response);
                assert_valid(&validator, &value, &at);
                let stored = operation.store_response(value.to_string().as_bytes());
                assert_eq!(stored, Ok(()), "{at}: {value}");
            }
        }
    }
}

#[test]
fn every_allowed_request_is_stored_and_fits_its_schema() {
    let (spec, registry) = (Spec::embedded().unwrap(), Registry::new());
    for documented in spec.operations() {
        let operation = registry.get(documented.api, &documented.id).unwrap();
        let validator = validator(&operation.request_schema());
        for coverage in Coverage::EACH {
            for seed in 0..ROUNDS {
                let at = format!("{} {coverage:?} {seed}", documented.id);
                let arguments = arbitrary::requests(coverage, seed).arguments(documented);
                let form = json_form(operation.info(), &arguments).unwrap();
                assert_valid(&validator, form, &at);
                assert_eq!(
                    operation.store_request(&arguments),
                    Ok(()),
                    "{at}: {arguments}"
                );
            }
        }
    }
}

/// Returns a value of another type.
fn wrong(right: SchemaType) -> Value {
    match right {
        SchemaType::Boolean => json!("true"),
        SchemaType::Array | SchemaType::Object => json!(1),
        SchemaType::Integer | SchemaType::Number | SchemaType::String => json!([[]]),
    }
}

#[test]
fn value_of_a_wrong_type_does_not_fit_the_schema() {
    let (spec, registry) = (Spec::embedded().unwrap(), Registry::new());
    let mut refused = 0;
    for documented in spec.operations() {
        let operation = registry.get(documented.api, &documented.id).unwrap();
        let Some(response) = documented.response() else {
            continue;
        };
        let validator = validator(&operation.response_schema());
        let value = arbitrary::responses(Coverage::All, 1).value(response);
        assert_valid(&validator, &value, &documented.id);
        for (name, field) in response.properties() {
            let mut changed = vec![(name.to_owned(), field.schema_type())];
            let object = field.items().unwrap_or(field);
            if object.has_properties() && !object.is_lookup() {
                let at = match field.items() {
                    Some(_) => format!("{name}/0"),
                    None => name.to_owned(),
                };
                let fields = object.properties();
                changed.extend(
                    fields.map(|(inner, field)| (format!("{at}/{inner}"), field.schema_type())),
                );
            }
            for (place, ty) in changed {
                // A field of any type has no wrong value, and an empty list no item.
                let mut value = value.clone();
                let (Some(ty), Some(field)) = (ty, value.pointer_mut(&format!("/{place}"))) else {
                    continue;
                };
                *field = wrong(ty);
                assert!(
                    !validator.is_valid(&value),
                    "{} {place}: {value}",
                    documented.id
                );
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
}

#[test]
fn facts_of_the_document_are_in_the_schema() {
    let valid = |schema: &Value, value: Value| validator(schema).is_valid(&value);
    let tag = schema::<tags::GetResponse>();
    // An enumeration is open: a value that this version does not know is one.
    assert!(valid(
        &tag,
        json!({ "tag": { "id": "tag_1", "color": "a new color" } })
    ));
    assert!(!valid(
        &tag,
        json!({ "tag": { "id": "tag_1", "color": 7 } })
    ));
    assert!(valid(&tag, json!({ "tag": { "id": "tag_1", "more": [] } })));
    assert!(!valid(&tag, json!({})));

    let lookup = schema::<types::VirtualMachineLookup>();
    assert!(valid(&lookup, json!({ "fqdn": "web-1.acme.example" })));
    for value in [
        json!({}),
        json!({ "id": "vm_1", "fqdn": "a" }),
        json!({ "name": "a" }),
    ] {
        assert!(!valid(&lookup, value.clone()), "{value}");
    }

    let machine = schema::<types::VirtualMachine>();
    let fields = &machine["properties"];
    assert_eq!(fields["initial_root_password"]["format"], "password");
    assert_eq!(fields["created_at"]["format"], "int64");
    assert!(valid(&machine, json!({ "id": "vm_1", "group": null })));
    assert!(!valid(&machine, json!({ "id": null })));

    // Of a value with a type beside it, the type decides; other types have any value.
    let rule = schema::<load_balancers::GetResponse>().to_string();
    assert!(rule.contains("\"const\""), "{rule}");
    let request = schema::<virtual_machines::Get>();
    assert_eq!(virtual_machines::Get::ID, "virtual_machines.get");
    assert!(!valid(&request, json!({})));
}

/// Checks the details of a recorded error.
fn check_detail(body: &str, at: &str) {
    let error = ApiError::from_body(body.as_bytes()).unwrap();
    match error.typed_detail() {
        ErrorDetail::ValidationError(detail) => {
            let schema = schema::<ValidationErrorDetail>();
            assert_valid(&validator(&schema), &error.detail, at);
            assert_eq!(store(&*detail), Ok(()), "{at}");
        }
        // No other recorded error has details.
        _ => assert_eq!(error.detail, json!({}), "{at}: {error:?}"),
    }
}

#[test]
fn every_recorded_body_is_stored_and_fits_its_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    if !folder.is_dir() {
        print("stored types: skipped, there are no recordings in ../shared/recordings");
        return;
    }
    let (spec, registry) = (Spec::embedded().unwrap(), Registry::new());
    // The schemas of a request and a response of each operation, which are compiled once.
    let mut validators: HashMap<&str, (Validator, Validator)> = HashMap::new();
    let (mut requests, mut responses) = (0, 0);
    for path in recording::find(&[folder]).unwrap() {
        for line in recording::read(&path).unwrap() {
            let at = format!("{}:{}", path.display(), line.number);
            let exchange = line.exchange.unwrap();
            let route = router::find(&spec, &exchange.method, &exchange.url).unwrap();
            let documented = route.operation;
            let operation = registry.get(documented.api, &documented.id).unwrap();
            let (request, response) = validators.entry(&documented.id).or_insert_with(|| {
                let schemas = (operation.request_schema(), operation.response_schema());
                (validator(&schemas.0), validator(&schemas.1))
            });
            // Older clients sent a few arguments that no longer exist: see the replay's deviations.
            let arguments = decode_request::arguments(&route, &exchange.request_body).unwrap();
            if operation.check(&arguments).is_ok() {
                let form = json_form(operation.info(), &arguments).unwrap();
                assert_valid(request, form, &at);
                assert_eq!(operation.store_request(&arguments), Ok(()), "{at}");
                requests += 1;
            }
            if exchange.status >= 400 {
                check_detail(&exchange.response_body, &at);
            } else if documented.response().is_some() {
                let body = exchange.response_body.as_bytes();
                assert_valid(response, &serde_json::from_slice(body).unwrap(), &at);
                assert_eq!(operation.store_response(body), Ok(()), "{at}");
                responses += 1;
            }
        }
    }
    print(&format!(
        "stored types: {requests} requests and {responses} responses"
    ));
    assert!(requests > 0 && responses > 0);
}
