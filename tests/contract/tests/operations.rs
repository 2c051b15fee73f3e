//! Every operation of the SDK against the canonical documents, one by one.

use std::collections::{BTreeMap, BTreeSet};

use katapult_contract::generators::minimal;
use katapult_contract::sdk::registry::{Registry, all, spec_api};
use katapult_gen::OperationInfo;
use katapult_openapi::{Api, Operation, Spec};

const CORE: usize = 189;
const PUBLIC: usize = 6;

#[test]
fn there_are_as_many_as_in_the_documents() {
    let documents = Spec::embedded().unwrap();
    let count = |api| {
        all()
            .iter()
            .filter(|operation| spec_api(operation.info().api) == api)
            .count()
    };
    let documented = |api| {
        documents
            .operations()
            .filter(|operation| operation.api == api)
            .count()
    };
    assert_eq!((count(Api::Core), count(Api::Public)), (CORE, PUBLIC));
    assert_eq!(
        (documented(Api::Core), documented(Api::Public)),
        (CORE, PUBLIC)
    );
    let names: BTreeSet<_> = all().iter().map(|operation| operation.info().id).collect();
    assert_eq!(names.len(), CORE + PUBLIC, "each has a name of its own");
}

#[test]
fn each_states_what_its_document_states() {
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
fn each_can_be_called_with_the_least_that_it_takes() {
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
fn only_reads_and_writes_that_set_a_state_are_idempotent() {
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
