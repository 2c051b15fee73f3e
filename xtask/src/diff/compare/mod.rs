//! Two surfaces held against each other: every difference as a change of a kind, with the public name it touches.

mod fields;
mod operations;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::api_model::{Surface, variant};
use crate::diff::severity::{Kind, judge};
use crate::naming::reserved::identifier;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    /// The public name that it touches: `types::VirtualMachine.hypervisor`.
    pub(crate) name: String,
    /// What happened to it, in words.
    pub(crate) what: String,
    /// The operations in which it happened, where that is not said by the name.
    pub(crate) operations: Vec<String>,
}

/// Every difference, the worst first.
pub(crate) fn compare(old: &Surface, new: &Surface) -> Vec<Change> {
    let mut changes = Changes::default();
    resources(old, new, &mut changes);
    operations::operations(old, new, &mut changes);
    types::types(old, new, &mut changes);
    codes(old, new, &mut changes);
    changes.sorted()
}

/// Differences, those that are alike as one.
#[derive(Default)]
struct Changes(BTreeMap<(Kind, String, String), BTreeSet<String>>);

impl Changes {
    fn add(&mut self, kind: Kind, name: impl Into<String>, what: impl Into<String>) {
        self.0.entry((kind, name.into(), what.into())).or_default();
    }

    fn add_in(&mut self, kind: Kind, name: String, what: String, operation: &str) {
        self.0
            .entry((kind, name, what))
            .or_default()
            .insert(operation.to_owned());
    }

    fn sorted(self) -> Vec<Change> {
        let mut changes: Vec<Change> = self
            .0
            .into_iter()
            .map(|((kind, name, what), operations)| Change {
                kind,
                name,
                what,
                operations: operations.into_iter().collect(),
            })
            .collect();
        changes.sort_by_key(|change| (std::cmp::Reverse(judge(change.kind)), change.name.clone()));
        changes
    }
}

/// What only one of two maps has, and what both have.
fn zipped<'a, T>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a String, Option<&'a T>, Option<&'a T>)> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .map(move |name| (name, old.get(name), new.get(name)))
}

fn resources(old: &Surface, new: &Surface, changes: &mut Changes) {
    let of = |surface: &Surface| -> BTreeSet<String> {
        let operations = surface.operations.values();
        operations
            .map(|operation| operation.resource.clone())
            .collect()
    };
    let (old, new) = (of(old), of(new));
    let name = |resource: &str| format!("{}()", identifier(resource));
    let feature = |resource: &str| resource.replace('_', "-");
    for resource in new.difference(&old) {
        let what = format!("a new resource, with the feature `{}`", feature(resource));
        changes.add(Kind::ResourceAdded, name(resource), what);
    }
    for resource in old.difference(&new) {
        let what = format!("gone, with the feature `{}`", feature(resource));
        changes.add(Kind::ResourceRemoved, name(resource), what);
    }
}

fn codes(old: &Surface, new: &Surface, changes: &mut Changes) {
    for (code, before, after) in zipped(&old.codes, &new.codes) {
        let error = format!("ErrorCode::{}", variant(code));
        let detail = format!("ErrorDetail::{}", variant(code));
        match (before, after) {
            (None, Some(_)) => changes.add(Kind::CodeAdded, error, format!("new code `{code}`")),
            (Some(_), None) => {
                changes.add(Kind::CodeRemoved, error, format!("gone: the code `{code}`"))
            }
            (Some(None), Some(Some(_))) => {
                changes.add(
                    Kind::DetailAdded,
                    detail,
                    format!("what comes with `{code}` is typed now, and no longer `Other`"),
                );
            }
            (Some(Some(_)), Some(None)) => {
                changes.add(
                    Kind::DetailRemoved,
                    detail,
                    format!("nothing is known of what comes with `{code}`"),
                );
            }
            _ => {}
        }
    }
}
