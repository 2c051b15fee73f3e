//! Faults in recorded and in sent requests.

use katapult_contract::replay::recording::Exchange;
use katapult_contract::replay::report::Side;
use katapult_contract::replay::{compare_request, decode_request};
use katapult_contract::sdk::registry::Registry;
use katapult_contract::sdk::request::Request;
use katapult_contract::spec::router;
use katapult_openapi::Spec;
use serde_json::{Value, json};

use super::{assert_one_failure, edit, exchanges, rename, replay};

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
