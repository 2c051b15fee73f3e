//! Faults in responses.

use katapult_contract::replay::report::Side;
use serde_json::{Value, json};

use super::{assert_one_failure, edit, exchanges, rename, replay};

#[tokio::test]
async fn fault_in_a_response_is_reported_with_its_path() {
    type Plant = fn(&mut Value);
    let faults: &[(&str, usize, Plant, &str)] = &[
        (
            "a field renamed",
            0,
            |body| rename(body, "virtual_machine", "machine"),
            "virtual_machine: required, but absent",
        ),
        (
            "an id renamed",
            2,
            |body| rename(&mut body["ip_address"], "id", "identifier"),
            "ip_address: missing field `id`",
        ),
        (
            "an id dropped in a list",
            1,
            |body| {
                drop(
                    body["virtual_machines"][0]
                        .as_object_mut()
                        .unwrap()
                        .remove("id"),
                )
            },
            "virtual_machines[0]: missing field `id`",
        ),
        (
            "null where forbidden",
            1,
            |body| body["virtual_machines"] = Value::Null,
            "virtual_machines: null, but not nullable",
        ),
        (
            "a wrong type deep inside",
            0,
            |body| body["virtual_machine"]["ip_addresses"][1]["vip"] = json!("yes"),
            "virtual_machine.ip_addresses[1].vip: \"yes\" is not a value of type boolean",
        ),
        (
            "a wrong number deep inside",
            0,
            |body| body["virtual_machine"]["package"]["cpu_cores"] = json!(1.5),
            "virtual_machine.package.cpu_cores: 1.5 is not a value of type integer",
        ),
        (
            "an object for a list",
            1,
            |body| body["virtual_machines"] = json!({}),
            "virtual_machines: {} is not a value of type array",
        ),
        (
            "a dropped envelope",
            5,
            |body| *body = body["error"].take(),
            "error: absent in the body",
        ),
        (
            "a code of a wrong type",
            5,
            |body| body["error"]["code"] = json!(404),
            "error.code: ",
        ),
        (
            "null for an object",
            0,
            |body| body["virtual_machine"] = Value::Null,
            "virtual_machine: null, but not nullable",
        ),
        (
            "a wrong type of an enumeration",
            0,
            |body| body["virtual_machine"]["state"] = json!(3),
            "virtual_machine.state: 3 is not a value of type string",
        ),
        (
            "an error without a code",
            5,
            |body| body["error"] = json!({}),
            "error.code: absent, or not a string",
        ),
        (
            "a description of a wrong type",
            5,
            |body| body["error"]["description"] = json!(7),
            "error.description: 7 is not a value of type string",
        ),
        (
            "a detail of a wrong type",
            5,
            |body| body["error"]["detail"] = json!([]),
            "error.detail: [] is not a value of type object",
        ),
        (
            "a wrong type in the detail of a code",
            5,
            |body| {
                let detail = json!({ "scopes": ["a", 7] });
                body["error"] = json!({ "code": "scope_not_granted", "detail": detail });
            },
            "error.detail.scopes[1]: 7 is not a value of type string",
        ),
        (
            "a value without its kind",
            4,
            |body| body["allocation"] = json!({ "id": "vm_1" }),
            "allocation.type: null is not the type of a tagged union",
        ),
        (
            "a wrong type in a value of several kinds",
            4,
            |body| body["allocation"]["value"]["id"] = json!(1),
            "allocation.value.id: 1 is not a value of type string",
        ),
    ];
    for (name, line, plant, why) in faults {
        let mut exchanges = exchanges();
        edit(&mut exchanges[*line]["response_body"], plant);
        assert_one_failure(
            name,
            &replay(name, &exchanges).await,
            Side::Response,
            *line,
            why,
        );
    }
}

#[tokio::test]
async fn truncated_response_is_reported() {
    let mut exchanges = exchanges();
    let whole = exchanges[0]["response_body"].as_str().unwrap().to_owned();
    exchanges[0]["response_body"] = json!(whole[..whole.len() - 5]);
    let report = replay("cut off", &exchanges).await;
    assert_one_failure(
        "cut off",
        &report,
        Side::Response,
        0,
        "the response is not JSON",
    );
}

#[tokio::test]
async fn renamed_optional_field_is_listed_as_unknown() {
    let mut exchanges = exchanges();
    edit(&mut exchanges[0]["response_body"], |body| {
        rename(&mut body["virtual_machine"], "name", "nom")
    });
    let report = replay("listed", &exchanges).await;
    assert_eq!(report.failures, []);
    assert_eq!(
        report.unknown_fields["virtual_machines.get.virtual_machine.nom"],
        1
    );
}
