//! Random values that the documents allow, for each operation: responses are read and written
//! again, and requests sent and decoded, without loss.

use std::collections::BTreeSet;

use katapult_contract::compare::compare;
use katapult_contract::from_wire;
use katapult_contract::invent::{EXTENTS, Extent, Inventor};
use katapult_contract::operations::{AnyOperation, Registry};
use katapult_contract::route::Route;
use katapult_contract::value::equal;
use katapult_openapi::{Operation, Spec};
use serde_json::Value;

/// The number of random values for each operation.
const ROUNDS: u64 = 40;

fn rounds(extent: Extent) -> std::ops::Range<u64> {
    match extent {
        Extent::Mixed => 0..ROUNDS,
        _ => 0..4,
    }
}

fn for_each(mut check: impl FnMut(&Operation, &dyn AnyOperation, Extent, u64)) {
    let documents = Spec::embedded().unwrap();
    let registry = Registry::new();
    for documented in documents.operations() {
        let operation = registry.get(documented.api, &documented.id).unwrap();
        for extent in EXTENTS {
            for seed in rounds(extent) {
                check(documented, operation, extent, seed);
            }
        }
    }
}

#[test]
fn every_allowed_response_is_read_without_loss() {
    for_each(|documented, operation, extent, seed| {
        let at = format!("{} {extent:?} {seed}", documented.id);
        let Some(schema) = documented.response() else {
            let text = operation.read("ünïcode\n".as_bytes()).unwrap();
            assert_eq!(text, "ünïcode\n", "{at}");
            return;
        };
        let mut inventor = Inventor::of_responses(extent, seed);
        let response = inventor.response(schema);
        let written = operation
            .read(response.to_string().as_bytes())
            .unwrap_or_else(|error| panic!("{at}: {error}: {response}"));
        let found = compare(schema, &response, &written);
        assert_eq!(found.differences, [], "{at}: {response}");
        let unknown: usize = found.unknown.values().sum();
        assert_eq!(unknown, inventor.unknown_fields, "{at}: {response}");
    });
}

/// Sends arguments and reads them back from what was sent.
fn send(documented: &Operation, operation: &dyn AnyOperation, arguments: &Value, at: &str) {
    let sent = operation
        .request(arguments)
        .unwrap_or_else(|error| panic!("{at}: {error}: {arguments}"));
    assert_eq!(sent.method, documented.method, "{at}");
    assert_eq!(
        sent.path,
        format!("{}{}", documented.api.prefix(), documented.path),
        "{at}"
    );
    let route = Route {
        operation: documented,
        ids: Vec::new(),
        query: sent.query.clone(),
    };
    let body = sent.body.as_ref().map(Value::to_string).unwrap_or_default();
    let back = from_wire::arguments(&route, &body).unwrap();
    assert!(
        equal(arguments, &back),
        "{at}: {arguments} was decoded as {back}"
    );
}

#[test]
fn every_allowed_request_is_sent_without_loss() {
    for_each(|documented, operation, extent, seed| {
        let at = format!("{} {extent:?} {seed}", documented.id);
        let arguments = Inventor::of_requests(extent, seed).arguments(documented);
        send(documented, operation, &arguments, &at);
    });
}

#[test]
fn every_lookup_is_sent_by_each_of_its_keys() {
    let documents = Spec::embedded().unwrap();
    let registry = Registry::new();
    let all: BTreeSet<(String, String)> = documents
        .lookups()
        .filter_map(|lookup| Some((lookup.name()?, lookup)))
        .flat_map(|(name, lookup)| lookup.keys().map(move |key| (name.into(), key.into())))
        .collect();
    let key_counts = documents.lookups().map(|lookup| lookup.keys().count());
    let most_keys = key_counts.max().unwrap();
    let mut sent = BTreeSet::new();
    for documented in documents.operations() {
        let operation = registry.get(documented.api, &documented.id).unwrap();
        for key in 0..most_keys {
            let mut inventor = Inventor::of_requests(Extent::Most, 1).by_key(key);
            let arguments = inventor.arguments(documented);
            let at = format!("{} by key {key}", documented.id);
            send(documented, operation, &arguments, &at);
            sent.append(&mut inventor.lookups);
        }
    }
    assert_eq!(sent, all);
}
