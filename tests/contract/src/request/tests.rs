use katapult_openapi::Spec;
use serde_json::json;

use super::*;
use crate::route;

fn exchange(method: &str, address: &str, body: &str) -> Exchange {
    serde_json::from_value(json!({
        "method": method, "url": format!("https://api.katapult.io/core/v1/{address}"),
        "request_body": body, "status": 200,
    }))
    .unwrap()
}

fn canonical(method: &str, address: &str, body: &str) -> Result<Request, String> {
    let documents = Spec::embedded().unwrap();
    let exchange = exchange(method, address, body);
    let route = route::find(&documents, method, &exchange.url).unwrap();
    recorded(&route, &exchange)
}

#[test]
fn older_forms_are_the_same_request() {
    let body = r#"{"disk":{"id":"disk_1"}}"#;
    let newest = canonical("DELETE", "disks/disk", body).unwrap();
    for (address, body) in [
        ("disks/_", body),
        ("disks/:disk", body),
        ("disks/disk_1", body),
        ("disks/disk_1", ""),
        ("disks/disk_1", "{}"),
        ("disks/disk?disk%5Bid%5D=disk_1", ""),
        ("disks/_?disk[id]=disk_1", body),
    ] {
        assert_eq!(
            canonical("DELETE", address, body).as_ref(),
            Ok(&newest),
            "{address} {body}"
        );
    }
    let newest = canonical("GET", "disks/disk?disk[id]=disk_1", "").unwrap();
    assert_eq!(newest.query, [("disk[id]".to_owned(), "disk_1".to_owned())]);
    assert_eq!(newest.body, None);
    assert_eq!(canonical("GET", "disks/disk_1", ""), Ok(newest));
}

#[test]
fn nothing_but_lookups_is_moved() {
    let moved = canonical("DELETE", "disks/_?disk[id]=disk_1&force=true&page[x]=1", "").unwrap();
    assert_eq!(moved.body, Some(json!({"disk": {"id": "disk_1"}})));
    assert_eq!(
        moved.query,
        [
            ("force".to_owned(), "true".to_owned()),
            ("page[x]".to_owned(), "1".to_owned())
        ]
    );
}

#[test]
fn two_names_of_one_object_have_to_be_alike() {
    for (method, address, body) in [
        ("DELETE", "disks/disk_2", r#"{"disk":{"id":"disk_1"}}"#),
        (
            "DELETE",
            "disks/_?disk[name]=a",
            r#"{"disk":{"id":"disk_1"}}"#,
        ),
        ("GET", "disks/disk_2?disk[id]=disk_1", ""),
    ] {
        assert!(
            canonical(method, address, body).is_err(),
            "{method} {address}"
        );
    }
}

#[test]
fn each_difference_is_told_at_its_place() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let one = Request {
        method: "PATCH".into(),
        path: "/core/v1/x".into(),
        query: vec![pair("a[][key]", "k"), pair("a[][value]", "v")],
        body: Some(json!({"group": null, "list": [1, {"b": 2}], "n": 1, "empty": ""})),
    };
    let told = |change: &dyn Fn(&mut Request)| {
        let mut other = one.clone();
        change(&mut other);
        let found = differences(&one, &other);
        found
            .iter()
            .map(|difference| (difference.place.exact.clone(), difference.kind))
            .collect::<Vec<_>>()
    };
    let at = |place: &str, kind| vec![(place.to_owned(), kind)];
    assert_eq!(told(&|_| {}), []);
    assert_eq!(
        told(&|other| other.method = "PUT".into()),
        at("method", Kind::AnotherValue)
    );
    assert_eq!(
        told(&|other| other.path.push('y')),
        at("path", Kind::AnotherValue)
    );
    assert_eq!(
        told(&|other| drop(other.query.pop())),
        at("query[1]", Kind::NotSent)
    );
    assert_eq!(
        told(&|other| other.query.swap(0, 1)),
        [
            ("query[0]".to_owned(), Kind::AnotherValue),
            ("query[1]".to_owned(), Kind::AnotherValue)
        ]
    );
    assert_eq!(told(&|other| other.body = None), at("body", Kind::NotSent));
    let body = |change: &dyn Fn(&mut Map<String, Value>)| {
        told(&|other| change(other.body.as_mut().unwrap().as_object_mut().unwrap()))
    };
    assert_eq!(
        body(&|body| drop(body.remove("group"))),
        at("body.group", Kind::NotSent)
    );
    assert_eq!(
        body(&|body| drop(body.insert("c".into(), Value::Null))),
        at("body.c", Kind::SentTooMuch)
    );
    assert_eq!(
        body(&|body| body["empty"] = Value::Null),
        at("body.empty", Kind::AnotherValue)
    );
    assert_eq!(
        body(&|body| body["list"][1]["b"] = json!("2")),
        at("body.list[1].b", Kind::AnotherValue)
    );
    assert_eq!(
        body(&|body| body["list"] = json!([1])),
        at("body.list", Kind::AnotherValue)
    );
    assert_eq!(body(&|body| body["n"] = json!(1.0)), []);
}
