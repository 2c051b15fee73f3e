//! A collection of changes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::diff::severity::{Kind, Severity, severity};

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
pub(super) struct Changes(BTreeMap<(Kind, String, String), BTreeSet<String>>);

impl Changes {
    pub(super) fn add(&mut self, kind: Kind, name: impl Into<String>, what: impl Into<String>) {
        self.0.entry((kind, name.into(), what.into())).or_default();
    }

    pub(super) fn add_in(&mut self, kind: Kind, name: String, what: String, operation: &str) {
        self.0
            .entry((kind, name, what))
            .or_default()
            .insert(operation.to_owned());
    }

    /// Returns the last words of the names of the changes that break the wire: fields, values and operations.
    pub(super) fn wire(&self) -> BTreeSet<String> {
        let breaks = self
            .0
            .keys()
            .filter(|(kind, ..)| severity(*kind).breaks_wire());
        breaks.map(|(_, name, _)| field(name)).collect()
    }

    /// Returns the changes of places that no change of a type or an operation covers.
    pub(super) fn uncovered(mut self, wire: &BTreeSet<String>) -> Self {
        self.0.retain(|(_, name, what), _| {
            let at = what.split(' ').next().unwrap_or_default();
            !wire.contains(&field(name)) && !wire.contains(&field(at))
        });
        self
    }

    pub(super) fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Returns the changes, the most severe first.
    pub(super) fn sorted(self) -> Vec<Change> {
        let changes = self
            .0
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
    name.rsplit(['.', ':']).next().unwrap_or(name).to_owned()
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
