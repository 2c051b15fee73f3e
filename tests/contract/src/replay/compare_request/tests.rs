use katapult_openapi::Spec;
use serde_json::json;

use super::*;
use crate::spec::router;

fn exchange(method: &str, address: &str, body: &str) -> Exchange {
    serde_json::from_value(json!({
        "method": method, "url": format!("https://api.katapult.io/core/v1/{address}"),
        "request_body": body, "status": 200,
    }))
    .unwrap()
}

fn canonical(method: &str, address: &str, body: &str) -> Result<Request, String> {
    let spec = Spec::embedded().unwrap();
    let exchange = exchange(method, address, body);
    let route = router::find(&spec, method, &exchange.url).unwrap();
    recorded(&route, &exchange)
}

#[test]
fn older_form_equals_the_documented_one() {
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
fn only_lookups_are_moved() {
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
fn contradicting_names_of_an_object_are_rejected() {
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
fn difference_is_reported_at_its_path() {
    use Kind::{AnotherValue, NotSent, SentTooMuch};
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let one = Request {
        method: "PATCH".into(),
        path: "/core/v1/x".into(),
        query: vec![pair("a[][key]", "k"), pair("a[][value]", "v")],
        body: Some(json!({"group": null, "list": [1, {"b": 2}], "n": 1, "empty": ""})),
    };
    let check = |change: &dyn Fn(&mut Request), expected: &[(&str, Kind)]| {
        let mut other = one.clone();
        change(&mut other);
        let found = differences(&one, &other);
        let found: Vec<_> = found
            .iter()
            .map(|difference| (difference.path.exact.as_str(), difference.kind))
            .collect();
        assert_eq!(found, expected);
    };
    check(&|_| {}, &[]);
    let put = |other: &mut Request| other.method = "PUT".into();
    check(&put, &[("method", AnotherValue)]);
    check(&|other| other.path.push('y'), &[("path", AnotherValue)]);
    check(&|other| drop(other.query.pop()), &[("query[1]", NotSent)]);
    let swapped = [("query[0]", AnotherValue), ("query[1]", AnotherValue)];
    check(&|other| other.query.swap(0, 1), &swapped);
    check(&|other| other.body = None, &[("body", NotSent)]);
    let body = |change: &dyn Fn(&mut Map<String, Value>), expected: &[(&str, Kind)]| {
        let change = |other: &mut Request| {
            change(other.body.as_mut().unwrap().as_object_mut().unwrap());
        };
        check(&change, expected);
    };
    let remove = |body: &mut Map<String, Value>| drop(body.remove("group"));
    body(&remove, &[("body.group", NotSent)]);
    let add = |body: &mut Map<String, Value>| drop(body.insert("c".into(), Value::Null));
    body(&add, &[("body.c", SentTooMuch)]);
    let empty = [("body.empty", AnotherValue)];
    body(&|body| body["empty"] = Value::Null, &empty);
    let item = [("body.list[1].b", AnotherValue)];
    body(&|body| body["list"][1]["b"] = json!("2"), &item);
    let list = [("body.list", AnotherValue)];
    body(&|body| body["list"] = json!([1]), &list);
    body(&|body| body["n"] = json!(1.0), &[]);
}
