//! Faults planted in good exchanges, in responses and in requests: `replay` reports each with its path.

use std::fs;
use std::path::{Path, PathBuf};

use katapult_contract::replay::Replay;
use katapult_contract::replay::decode_request;
use katapult_contract::replay::recording::Exchange;
use katapult_contract::replay::report::{Report, Side};
use katapult_contract::sdk::registry::Registry;
use katapult_contract::spec::router;
use katapult_contract::{replay::compare_request, sdk::request::Request};
use katapult_openapi::Spec;
use serde_json::{Value, json};

/// Exchanges: a machine is read, machines are listed by annotations, an address is created, a machine
/// updated, an address read, and a disk not found.
fn exchanges() -> Vec<Value> {
    let exchange = |method: &str, path: &str, sent: Value, status: u16, response: Value| {
        json!({
            "method": method,
            "url": format!("https://api.katapult.io/core/v1{path}"),
            "request_body": if sent.is_null() { String::new() } else { sent.to_string() },
            "status": status,
            "headers": { "content-type": "application/json" },
            "response_body": response.to_string(),
        })
    };
    vec![
        exchange(
            "GET",
            "/virtual_machines/_?virtual_machine[id]=vm_1",
            Value::Null,
            200,
            json!({ "virtual_machine": {
                "id": "vm_1", "name": "web", "state": "started",
                "package": { "id": "vmpkg_1", "cpu_cores": 4 },
                "ip_addresses": [{ "id": "ip_1", "vip": false }, { "id": "ip_2", "vip": true }],
            } }),
        ),
        exchange(
            "GET",
            "/organizations/_/virtual_machines?annotations[][key]=team&annotations[][value]=web\
             &annotations[][key]=tier&annotations[][value]=gold&organization[sub_domain]=acme&page=2",
            Value::Null,
            200,
            json!({ "virtual_machines": [{ "id": "vm_1" }], "pagination": { "current_page": 2 } }),
        ),
        exchange(
            "POST",
            "/organizations/organization/ip_addresses",
            json!({ "organization": { "id": "org_1" }, "network": { "id": "netw_1" }, "version": "ipv4" }),
            200,
            json!({ "ip_address": { "id": "ip_1", "address": "192.0.2.1" } }),
        ),
        exchange(
            "PATCH",
            "/virtual_machines/virtual_machine",
            json!({ "virtual_machine": { "id": "vm_1" }, "properties": { "name": "web", "group": null, "tag_names": ["a"] } }),
            200,
            json!({ "virtual_machine": { "id": "vm_1" } }),
        ),
        exchange(
            "GET",
            "/ip_addresses/ip_1",
            Value::Null,
            200,
            json!({ "ip_address": { "id": "ip_1" }, "allocation": { "type": "VirtualMachine", "value": { "id": "vm_1" } } }),
        ),
        exchange(
            "DELETE",
            "/disks/disk_1",
            Value::Null,
            404,
            json!({ "error": { "code": "disk_not_found", "description": "None", "detail": {} } }),
        ),
    ]
}

async fn replay(name: &str, exchanges: &[Value]) -> Report {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{}.jsonl", name.replace(' ', "-")));
    let lines: Vec<_> = exchanges.iter().map(Value::to_string).collect();
    fs::write(&file, lines.join("\n")).unwrap();
    Replay::start().await.unwrap().run(&[file]).await.unwrap()
}

#[tokio::test]
async fn exchanges_without_faults_pass() {
    let report = replay("whole", &exchanges()).await;
    assert_eq!(report.failures, []);
    assert_eq!((report.decoded, report.requests_equal), (6, 6));
}

/// Changes a JSON text.
fn edit(text: &mut Value, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    change(&mut value);
    *text = json!(value.to_string());
}

fn rename(object: &mut Value, from: &str, to: &str) {
    let object = object.as_object_mut().unwrap();
    let value = object.remove(from).unwrap();
    object.insert(to.to_owned(), value);
}

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

fn assert_one_failure(name: &str, report: &Report, side: Side, line: usize, why: &str) {
    let [failure] = report.failures.as_slice() else {
        panic!("{name}: {:#?}", report.failures)
    };
    assert_eq!(
        (failure.side, failure.line),
        (side, line + 1),
        "{name}: {failure}"
    );
    assert!(failure.why.contains(why), "{name}: {failure}");
    assert!(!report.is_success(), "{name}");
}

/// Recorded requests that the typed client cannot have sent.
#[tokio::test]
async fn fault_in_a_recorded_request_is_reported_with_its_path() {
    type Plant = fn(&mut Value);
    fn url(exchange: &mut Value, from: &str, to: &str) {
        let url = exchange["url"].as_str().unwrap();
        assert!(url.contains(from));
        exchange["url"] = json!(url.replace(from, to));
    }
    let faults: &[(&str, usize, Plant, &str)] = &[
        (
            "a body key that nobody takes",
            3,
            |exchange| {
                edit(&mut exchange["request_body"], |body| {
                    body["properties"]["colour"] = json!("red")
                });
            },
            "body.properties.colour: \"red\" was recorded, but is not sent",
        ),
        (
            "a body key renamed",
            3,
            |exchange| {
                edit(&mut exchange["request_body"], |body| {
                    rename(&mut body["properties"], "tag_names", "tags")
                });
            },
            "body.properties.tags: [\"a\"] was recorded, but is not sent",
        ),
        (
            "a body key missing",
            2,
            |exchange| {
                edit(&mut exchange["request_body"], |body| {
                    drop(body.as_object_mut().unwrap().remove("version"))
                });
            },
            "body.version: required, but absent",
        ),
        (
            "a body value of a wrong type",
            3,
            |exchange| {
                edit(&mut exchange["request_body"], |body| {
                    body["properties"]["name"] = json!(7)
                });
            },
            "body.properties.name: 7 is not a value of type string",
        ),
        (
            "two lookups at once",
            2,
            |exchange| {
                edit(&mut exchange["request_body"], |body| {
                    body["network"]["permalink"] = json!("x")
                });
            },
            "body.network: ",
        ),
        (
            "two names of one object",
            3,
            |exchange| {
                url(
                    exchange,
                    "/virtual_machines/virtual_machine",
                    "/virtual_machines/vm_2",
                );
            },
            "the URL names the virtual_machine {\"id\":\"vm_2\"}, the body {\"id\":\"vm_1\"}",
        ),
        (
            "a query pair reordered",
            1,
            |exchange| {
                url(
                    exchange,
                    "organization[sub_domain]=acme&page=2",
                    "page=2&organization[sub_domain]=acme",
                );
            },
            "query[4]: page=2 was recorded, but organization[sub_domain]=acme is sent",
        ),
        (
            "keys first and then values",
            1,
            |exchange| {
                url(
                    exchange,
                    "annotations[][value]=web&annotations[][key]=tier",
                    "annotations[][key]=tier&annotations[][value]=web",
                );
            },
            "annotations[0].value: required, but absent",
        ),
        (
            "a query pair that nobody takes",
            1,
            |exchange| url(exchange, "page=2", "page=2&sort=name"),
            "query[6]: sort=name was recorded, but is not sent",
        ),
        (
            "a body cut off",
            3,
            |exchange| exchange["request_body"] = json!("{\"virtual_machine\":"),
            "the request's body is not JSON",
        ),
    ];
    for (name, line, plant, why) in faults {
        let mut exchanges = exchanges();
        plant(&mut exchanges[*line]);
        assert_one_failure(
            name,
            &replay(name, &exchanges).await,
            Side::Request,
            *line,
            why,
        );
    }
}

/// Requests as the client would send them if the SDK had the fault.
#[test]
fn fault_in_a_sent_request_is_reported_with_its_path() {
    type Plant = fn(&mut Request);
    let faults: &[(&str, usize, Plant, &str)] = &[
        (
            "another method",
            3,
            |sent| sent.method = "PUT".into(),
            "method: ",
        ),
        ("another path", 0, |sent| sent.path.push('s'), "path: "),
        (
            "a body key missing",
            3,
            |sent| {
                properties(sent).remove("group");
            },
            "body.properties.group: null was recorded, but is not sent",
        ),
        (
            "a body key too many",
            3,
            |sent| {
                properties(sent).insert("hostname".into(), Value::Null);
            },
            "body.properties.hostname: null is sent, but was not recorded",
        ),
        (
            "null for a value",
            3,
            |sent| {
                properties(sent).insert("name".into(), Value::Null);
            },
            "body.properties.name: \"web\" was recorded, but null is sent",
        ),
        (
            "an empty list dropped",
            3,
            |sent| {
                properties(sent).insert("tag_names".into(), json!([]));
            },
            "body.properties.tag_names: ",
        ),
        ("no body", 2, |sent| sent.body = None, "body: "),
        (
            "a query pair missing",
            1,
            |sent| drop(sent.query.pop()),
            "query[5]: page=2 was recorded, but is not sent",
        ),
        (
            "query pairs reordered",
            1,
            |sent| sent.query.swap(1, 2),
            "query[1]: annotations[][value]=web was recorded, but annotations[][key]=tier is sent",
        ),
        (
            "a lookup by another key",
            0,
            |sent| sent.query[0].0 = "virtual_machine[fqdn]".into(),
            "query[0]: ",
        ),
    ];
    let documents = Spec::embedded().unwrap();
    let registry = Registry::new();
    for (name, line, plant, why) in faults {
        let exchange: Exchange = serde_json::from_value(exchanges()[*line].clone()).unwrap();
        let route = router::find(&documents, &exchange.method, &exchange.url).unwrap();
        let recorded = compare_request::recorded(&route, &exchange).unwrap();
        let operation = registry
            .get(route.operation.api, &route.operation.id)
            .unwrap();
        let arguments = decode_request::arguments(&route, &exchange.request_body).unwrap();
        let mut sent = operation.request(&arguments).unwrap();
        assert_eq!(compare_request::differences(&recorded, &sent), [], "{name}");
        plant(&mut sent);
        let found = compare_request::differences(&recorded, &sent);
        let first = found.first().map(ToString::to_string).unwrap_or_default();
        assert!(first.starts_with(why), "{name}: {found:?}");
    }
}

fn properties(sent: &mut Request) -> &mut serde_json::Map<String, Value> {
    let body = sent.body.as_mut().unwrap();
    body["properties"].as_object_mut().unwrap()
}
