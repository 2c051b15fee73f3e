//! The resources that use each type, and its directions over the wire.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::spec::{Document, Operation};

/// Types that every build has, since the crate's traits name them.
const ALWAYS: &[&str] = &["Pagination", "Task", "TrashObject"];

/// The directions in which a type goes over the wire.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) request: bool,
    pub(super) response: bool,
}

impl Usage {
    pub(super) const REQUEST: Self = Self {
        request: true,
        response: false,
    };
    pub(super) const RESPONSE: Self = Self {
        request: false,
        response: true,
    };
}

/// Returns the resources that use each type; none for a type that every build has.
pub(super) fn users(document: &Document) -> BTreeMap<String, BTreeSet<String>> {
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in document.operations.values() {
        let mut found = BTreeSet::new();
        for schema in schemas(operation) {
            document.reachable(schema, &mut found);
        }
        for name in found {
            users
                .entry(name)
                .or_default()
                .insert(operation.spec.resource.clone());
        }
    }
    let mut always = BTreeSet::new();
    for name in ALWAYS.iter().copied().chain(details(document)) {
        document.reachable(&json!({ "$ref": name }), &mut always);
    }
    // In every build, even if resources use them as well.
    users.extend(always.into_iter().map(|name| (name, BTreeSet::new())));
    users
}

/// Returns the types of the module `types`, with the resources that use them.
pub(crate) fn exported_types(document: &Document) -> BTreeMap<String, BTreeSet<String>> {
    let mut types = users(document);
    // Details of errors are in the module of error codes.
    let details: BTreeSet<&str> = details(document).collect();
    types.retain(|name, _| !details.contains(name.as_str()));
    types
}

/// Returns the directions of each type.
pub(super) fn usages(document: &Document) -> BTreeMap<String, Usage> {
    let (mut request, mut response) = (BTreeSet::new(), BTreeSet::new());
    for operation in document.operations.values() {
        for param in operation.query.values() {
            document.reachable(&param.schema, &mut request);
        }
        if let Some(body) = &operation.body {
            document.reachable(body, &mut request);
        }
        if let Some(schema) = &operation.response {
            document.reachable(schema, &mut response);
        }
    }
    for detail in details(document) {
        document.reachable(&json!({ "$ref": detail }), &mut response);
    }
    let usage = |name: &String| Usage {
        request: request.contains(name),
        response: response.contains(name),
    };
    document
        .types
        .keys()
        .map(|name| (name.clone(), usage(name)))
        .collect()
}

fn schemas(operation: &Operation) -> impl Iterator<Item = &Value> {
    let query = operation.query.values().map(|param| &param.schema);
    query.chain(&operation.body).chain(&operation.response)
}

fn details(document: &Document) -> impl Iterator<Item = &str> {
    document.codes.values().flatten().map(String::as_str)
}
