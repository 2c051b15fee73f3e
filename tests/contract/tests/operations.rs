//! Every operation of the SDK against the canonical documents.

use std::collections::{BTreeMap, BTreeSet};

use katapult_contract::document::{Documents, OperationDoc};
use katapult_contract::operations::{Registry, all};
use katapult_contract::sample;
use katapult_gen::{Api, OperationInfo};

#[test]
fn sdk_has_exactly_the_documented_operations() {
    let documents = Documents::load().unwrap();
    let key = |api: Api, id: &str| format!("{} {id}", api.prefix());
    let documented: Vec<_> = documents
        .operations()
        .iter()
        .map(|operation| key(operation.api, &operation.id))
        .collect();
    let ours: Vec<_> = all()
        .iter()
        .map(|operation| key(operation.info().api, operation.info().id))
        .collect();
    let set = |keys: &[String]| keys.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(set(&ours), set(&documented));
    let ids: BTreeSet<_> = all().iter().map(|operation| operation.info().id).collect();
    assert_eq!(ids.len(), ours.len(), "an id is used twice");
}

#[test]
fn metadata_is_as_documented() {
    let documents = Documents::load().unwrap();
    let registry = Registry::new();
    for documented in documents.operations() {
        let id = &documented.id;
        let operation = registry
            .get(documented.api, id)
            .unwrap_or_else(|| panic!("{id} is missing"));
        assert_facts(operation.info(), documented);
    }
}

fn assert_facts(info: &OperationInfo, documented: &OperationDoc) {
    let id = &documented.id;
    let facts = &documented.facts;
    assert_eq!(info.id, id);
    assert_eq!(info.api, documented.api, "{id}");
    assert_eq!(info.method.as_str(), documented.method, "{id}");
    assert_eq!(info.path, documented.path, "{id}");
    assert_eq!(info.title, facts.title, "{id}");
    assert_eq!(info.scopes, facts.scopes, "{id}");
    assert_eq!(info.idempotent, facts.idempotent, "{id}");
    let codes: BTreeMap<String, Vec<String>> = info
        .error_codes
        .iter()
        .map(|(status, codes)| {
            (
                status.to_string(),
                codes.iter().map(ToString::to_string).collect(),
            )
        })
        .collect();
    assert_eq!(codes, facts.errors, "{id}");
}

#[test]
fn required_arguments_suffice_for_a_call() {
    let documents = Documents::load().unwrap();
    let registry = Registry::new();
    for documented in documents.operations() {
        let arguments = sample::arguments(&documents, documented);
        let operation = registry.get(documented.api, &documented.id).unwrap();
        if let Err(error) = operation.check(&arguments) {
            panic!("{} does not take {arguments}: {error}", documented.id);
        }
    }
}

#[test]
fn every_method_but_post_is_idempotent() {
    for operation in all() {
        let info = operation.info();
        let by_method = info.method != "POST";
        assert_eq!(
            info.idempotent, by_method,
            "{} is a {}",
            info.id, info.method
        );
    }
}
