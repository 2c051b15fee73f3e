//! Every operation of the SDK against the canonical documents.

use std::collections::{BTreeMap, BTreeSet};

use katapult_contract::generators::minimal;
use katapult_contract::sdk::registry::{Registry, all};
use katapult_contract::spec::spec_api;
use katapult_gen::OperationInfo;
use katapult_openapi::{Operation, Spec};

#[test]
fn sdk_has_exactly_the_documented_operations() {
    let documents = Spec::embedded().unwrap();
    let documented: Vec<_> = documents
        .operations()
        .map(|operation| (operation.api.prefix(), &*operation.id))
        .collect();
    let ours: Vec<_> = all()
        .iter()
        .map(|operation| (operation.info().api.prefix(), operation.info().id))
        .collect();
    assert_eq!(BTreeSet::from_iter(&ours), BTreeSet::from_iter(&documented));
    let ids: BTreeSet<_> = all().iter().map(|operation| operation.info().id).collect();
    assert_eq!(ids.len(), ours.len(), "an id is used twice");
}

/// An operation that the document and the SDK lost together is still in the file of names.
#[test]
fn every_named_operation_is_documented() {
    #[derive(serde::Deserialize)]
    struct Names {
        operations: BTreeMap<String, String>,
    }
    let names = include_str!("../../../../openapi/names.yaml");
    let names: Names = serde_saphyr::from_str(names).unwrap();
    let documents = Spec::embedded().unwrap();
    let documented = documents.operations().map(|operation| {
        let api = operation.api.to_string();
        let place = format!("{api} {} {}", operation.method, operation.path);
        (place, operation.id.clone())
    });
    assert_eq!(names.operations, documented.collect());
}

#[test]
fn metadata_is_as_documented() {
    let documents = Spec::embedded().unwrap();
    let registry = Registry::new();
    for documented in documents.operations() {
        let id = &documented.id;
        let operation = registry
            .get(documented.api, id)
            .unwrap_or_else(|| panic!("{id} is missing"));
        assert_facts(operation.info(), documented);
    }
}

fn assert_facts(info: &OperationInfo, documented: &Operation) {
    let id = &documented.id;
    assert_eq!(info.id, id);
    assert_eq!(spec_api(info.api), documented.api, "{id}");
    assert_eq!(info.method.as_str(), documented.method, "{id}");
    assert_eq!(info.path, documented.path, "{id}");
    assert_eq!(info.title, documented.title, "{id}");
    assert_eq!(info.scopes, documented.scopes, "{id}");
    assert_eq!(info.idempotent, documented.idempotent, "{id}");
    let mut codes: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for (status, code) in info.all_error_codes() {
        codes.entry(status).or_default().push(code.to_owned());
    }
    codes.values_mut().for_each(|codes| codes.sort());
    assert_eq!(codes, documented.error_codes, "{id}");
}

#[test]
fn required_arguments_suffice_for_a_call() {
    let documents = Spec::embedded().unwrap();
    let registry = Registry::new();
    for documented in documents.operations() {
        let arguments = minimal::arguments(documented);
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
