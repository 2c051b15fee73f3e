//! Who uses each type, and which way it goes over the wire.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::generate::document::{Document, Operation};
use crate::generate::types::Ways;

/// Types that every build has, since the crate's traits name them.
const ALWAYS: &[&str] = &["Pagination", "Task", "TrashObject"];

/// Which resources use each type.
pub(super) fn uses(document: &Document) -> BTreeMap<String, BTreeSet<String>> {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in document.operations.values() {
        let mut found = BTreeSet::new();
        for schema in schemas(operation) {
            document.reachable(schema, &mut found);
        }
        for name in found {
            uses.entry(name)
                .or_default()
                .insert(operation.spec.resource.clone());
        }
    }
    let mut always = BTreeSet::new();
    for name in ALWAYS
        .iter()
        .copied()
        .chain(document.codes.values().flatten().map(String::as_str))
    {
        document.reachable(&serde_json::json!({ "$ref": name }), &mut always);
    }
    for name in always {
        uses.insert(name, BTreeSet::new());
    }
    uses
}

fn schemas(operation: &Operation) -> impl Iterator<Item = &Value> {
    let query = operation.query.values().map(|param| &param.schema);
    query.chain(&operation.body).chain(&operation.response)
}

/// Which way each type goes.
pub(super) fn ways(document: &Document) -> BTreeMap<String, Ways> {
    let (mut sent, mut received) = (BTreeSet::new(), BTreeSet::new());
    for operation in document.operations.values() {
        for param in operation.query.values() {
            document.reachable(&param.schema, &mut sent);
        }
        if let Some(body) = &operation.body {
            document.reachable(body, &mut sent);
        }
        if let Some(response) = &operation.response {
            document.reachable(response, &mut received);
        }
    }
    for detail in document.codes.values().flatten() {
        document.reachable(&serde_json::json!({ "$ref": detail }), &mut received);
    }
    document
        .types
        .keys()
        .map(|name| {
            let ways = Ways {
                sent: sent.contains(name),
                received: received.contains(name),
            };
            (name.clone(), ways)
        })
        .collect()
}
