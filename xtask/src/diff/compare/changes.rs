//! A collection of changes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::diff::severity::{Kind, Severity, severity};
use crate::naming::case::pascal;
use crate::public_api::PublicApi;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    /// The severity of the kind, unless the generated API shows that it breaks no Rust.
    pub(crate) severity: Severity,
    /// The public name that it affects: `types::VirtualMachine.hypervisor`.
    pub(crate) name: String,
    /// A description of the change.
    pub(crate) what: String,
    /// The operations that it affects, unless the name is that of an operation.
    pub(crate) operations: Vec<String>,
}

/// Collects differences. Equal ones of several operations are one change.
#[derive(Default)]
pub(super) struct Changes<'a> {
    found: BTreeMap<(Kind, String, String), BTreeSet<String>>,
    /// What the generator makes of both documents.
    apis: Option<&'a [PublicApi; 2]>,
}

impl<'a> Changes<'a> {
    pub(super) fn new(apis: Option<&'a [PublicApi; 2]>) -> Self {
        Self {
            apis,
            ..Self::default()
        }
    }

    /// Returns the variant of an enumeration's value, as the generator calls it.
    pub(super) fn variant(&self, owner: &str, value: &str) -> String {
        let mut apis = self.apis.into_iter().flatten();
        let known = apis.find_map(|api| api.variant(owner, value));
        // Without generated code there is no name, so the rule for most values must do.
        known.map_or_else(|| pascal(value), str::to_owned)
    }

    pub(super) fn add(&mut self, kind: Kind, name: impl Into<String>, what: impl Into<String>) {
        self.found
            .entry((kind, name.into(), what.into()))
            .or_default();
    }

    pub(super) fn add_in(&mut self, kind: Kind, name: String, what: String, operation: &str) {
        self.found
            .entry((kind, name, what))
            .or_default()
            .insert(operation.to_owned());
    }

    /// Returns the last words of the names of the changes that break the wire: fields, values and operations.
    pub(super) fn wire(&self) -> BTreeSet<String> {
        let breaks = self
            .found
            .keys()
            .filter(|(kind, ..)| severity(*kind).breaks_wire());
        breaks.map(|(_, name, _)| field(name)).collect()
    }

    /// Returns the changes of places that no change of a type or an operation covers.
    pub(super) fn uncovered(mut self, wire: &BTreeSet<String>) -> Self {
        self.found.retain(|(_, name, what), _| {
            let received = name.split_once("response").map(|(_, at)| at);
            let at = received.unwrap_or(what.split(' ').next().unwrap_or_default());
            // A change of an object covers what is in it.
            !at.split('.').any(|part| wire.contains(&field(part)))
        });
        self
    }

    pub(super) fn extend(&mut self, more: Self) {
        self.found.extend(more.found);
    }

    /// Returns the changes, the most severe first.
    pub(super) fn sorted(self) -> Vec<Change> {
        let changes = self
            .found
            .into_iter()
            .map(|((kind, name, what), operations)| Change {
                kind,
                severity: severity(kind),
                name,
                what,
                operations: operations.into_iter().collect(),
            })
            .collect();
        sorted(changes)
    }
}

/// Returns the field that a name ends with: `id` of `types::Tag.id` and of `tags().get(…) → response.tags[].id`.
fn field(name: &str) -> String {
    let name = name.trim_end_matches("[]");
    let last = name.rsplit(['.', ':']).next().unwrap_or(name);
    // A keyword ends with `_` in Rust, and a type is in capitals.
    last.trim_end_matches('_').to_lowercase()
}

/// Sorts changes, the most severe first.
pub(crate) fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    // Within a severity by name, which keeps the changes of a type together.
    changes.sort_by_key(|change| (Reverse(change.severity), change.name.clone()));
    changes
}

/// Pairs the values of two maps by their keys; a key of only one map has one value.
pub(super) fn zipped<'a, T>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a String, Option<&'a T>, Option<&'a T>)> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .map(move |name| (name, old.get(name), new.get(name)))
}
