//! Tests of the rules, on small documentations.

use serde_json::{Value, json};

use super::*;

fn item(id: u32, name: &str, inner: Value) -> Value {
    json!({
        "id": id, "crate_id": 0, "name": name, "span": null, "visibility": "public", "docs": "Text.", "links": {},
        "attrs": [], "deprecation": null, "inner": inner,
    })
}

fn function(id: u32, name: &str, inputs: Value, output: Value) -> Value {
    let header = json!({"is_const": false, "is_unsafe": false, "is_async": false, "abi": "Rust"});
    let inner = json!({"function": {
        "sig": {"inputs": inputs, "output": output, "is_c_variadic": false},
        "generics": {"params": [], "where_predicates": []}, "header": header, "has_body": true,
    }});
    item(id, name, inner)
}

/// Returns the documentation of a crate `lamps` with these items.
fn documented(items: &[Value]) -> Crate {
    let module = json!({"module": {"is_crate": true, "items": [], "is_stripped": false}});
    let root = item(0, "lamps", module);
    let all = || items.iter().chain([&root]);
    let index: serde_json::Map<String, Value> = all()
        .map(|item| (item["id"].to_string(), item.clone()))
        .collect();
    let paths: serde_json::Map<String, Value> = all()
        .map(|item| {
            let path = json!({"crate_id": 0, "path": ["lamps", item["name"]], "kind": "struct"});
            (item["id"].to_string(), path)
        })
        .collect();
    let docs = json!({
        "root": 0, "crate_version": null, "includes_private": false, "index": index, "paths": paths,
        "external_crates": {}, "target": {"triple": "", "target_features": []}, "format_version": 0,
    });
    serde_json::from_value(docs).expect("the JSON of rustdoc")
}

fn found(items: &[Value]) -> Vec<String> {
    let mut applied = BTreeSet::new();
    violations(&documented(items), &mut applied)
        .into_iter()
        .map(|one| format!("{} {:?}", one.item, one.rule))
        .collect()
}

#[test]
fn enumeration_of_errors_without_traits_violates_the_rules_of_types() {
    let inner = json!({"enum": {
        "generics": {"params": [], "where_predicates": []}, "has_stripped_variants": false, "variants": [],
        "impls": [],
    }});
    let mut error = item(1, "LampError", inner);
    let rules = ["Debug", "Send", "Sync", "Error", "NonExhaustive"];
    let expected = rules.map(|rule| format!("lamps::LampError {rule}"));
    assert_eq!(found(&[error.clone()]), expected);
    error["attrs"] = json!(["non_exhaustive"]);
    assert_eq!(found(&[error]), expected[..4]);
}

#[test]
fn function_violates_the_rules_of_names_flags_and_errors() {
    let flag = json!([["lit", {"primitive": "bool"}]]);
    let result = json!({"resolved_path": {"path": "std::result::Result", "id": 9, "args": null}});
    let mut get = function(1, "get_lamp", flag, result);
    let expected = ["Flag", "GetPrefix", "ErrorsSection"];
    let expected = expected.map(|rule| format!("lamps::get_lamp {rule}"));
    assert_eq!(found(&[get.clone()]), expected);
    get["docs"] = json!("Text.\n\n# Errors\n\nIf there is none.");
    assert_eq!(found(&[get]), expected[..2]);
}

#[test]
fn exceptions_without_an_item_are_unused() {
    assert_eq!(
        unused_exceptions(&BTreeSet::new()).count(),
        EXCEPTIONS.len()
    );
    let all = BTreeSet::from_iter(0..EXCEPTIONS.len());
    assert_eq!(unused_exceptions(&all).count(), 0);
}
