//! Random values that the documents allow, for each operation: responses are read and written
//! again, and requests sent and decoded, without loss.

use std::collections::BTreeSet;

use katapult_contract::generators::{Coverage, arbitrary};
use katapult_contract::json::compare::compare;
use katapult_contract::json::eq::equal;
use katapult_contract::replay::decode_request;
use katapult_contract::sdk::registry::{AnyOperation, Registry};
use katapult_contract::spec::router::Route;
use katapult_openapi::{Operation, Spec};
use serde_json::Value;

/// The number of random values for each operation.
const ROUNDS: u64 = 40;

fn rounds(coverage: Coverage) -> std::ops::Range<u64> {
    match coverage {
        Coverage::Random => 0..ROUNDS,
        _ => 0..4,
    }
}

fn for_each(mut check: impl FnMut(&Operation, &dyn AnyOperation, Coverage, u64)) {
    let documents = Spec::embedded().unwrap();
    let registry = Registry::new();
    for documented in documents.operations() {
        let operation = registry.get(documented.api, &documented.id).unwrap();
        for coverage in Coverage::EACH {
            for seed in rounds(coverage) {
                check(documented, operation, coverage, seed);
            }
        }
    }
}

#[test]
fn every_allowed_response_is_read_without_loss() {
    for_each(|documented, operation, coverage, seed| {
        let at = format!("{} {coverage:?} {seed}", documented.id);
        let Some(schema) = documented.response() else {
            let text = operation.read("ünïcode\n".as_bytes()).unwrap();
            assert_eq!(text, "ünïcode\n", "{at}");
            return;
        };
        let mut generator = arbitrary::responses(coverage, seed);
        let response = generator.value(schema);
        let written = operation
            .read(response.to_string().as_bytes())
            .unwrap_or_else(|error| panic!("{at}: {error}: {response}"));
        let found = compare(schema, &response, &written);
        assert_eq!(found.differences, [], "{at}: {response}");
        let unknown: usize = found.unknown.values().sum();
        assert_eq!(unknown, generator.unknown_fields, "{at}: {response}");
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
    let back = decode_request::arguments(&route, &body).unwrap();
    assert!(
        equal(arguments, &back),
        "{at}: {arguments} was decoded as {back}"
    );
}

#[test]
fn every_allowed_request_is_sent_without_loss() {
    for_each(|documented, operation, coverage, seed| {
        let at = format!("{} {coverage:?} {seed}", documented.id);
        let arguments = arbitrary::requests(coverage, seed).arguments(documented);
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
            let mut generator = arbitrary::requests(Coverage::All, 1).by_key(key);
            let arguments = generator.arguments(documented);
            let at = format!("{} by key {key}", documented.id);
            send(documented, operation, &arguments, &at);
            sent.append(&mut generator.lookups);
        }
    }
    assert_eq!(sent, all);
}
