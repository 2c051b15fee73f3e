//! The changes of a workflow as a value that can be displayed.

use std::fmt;

/// A change that a workflow would make, or made, to an object of type `T`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change<T> {
    /// A missing object is created.
    Create(T),
    /// An existing object is updated.
    #[non_exhaustive]
    Update {
        /// The id of the object.
        id: String,
        /// The state before.
        from: T,
        /// The state after.
        to: T,
    },
    /// An existing object is deleted.
    #[non_exhaustive]
    Delete {
        /// The id of the object.
        id: String,
        /// The state before.
        was: T,
    },
}

impl<T: fmt::Display> fmt::Display for Change<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Create(item) => write!(f, "+ {item}"),
            Change::Update { from, to, .. } => write!(f, "~ {from} -> {to}"),
            Change::Delete { was, .. } => write!(f, "- {was}"),
        }
    }
}

/// Returns `true` if the first object is to be updated to the second.
#[cfg(feature = "__diff")]
type CanUpdate<'a, T> = &'a dyn Fn(&T, &T) -> bool;

/// The changes that a workflow would make, or made, in order.
///
/// Displayed, it has one line for each change: `+` creates, `~` updates, `-` deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<T> {
    changes: Vec<Change<T>>,
    unchanged: usize,
}

impl<T> Plan<T> {
    /// Returns the changes, in the order in which they are applied.
    pub fn changes(&self) -> &[Change<T>] {
        &self.changes
    }

    /// Returns the number of objects that are in the wanted state already.
    pub fn unchanged(&self) -> usize {
        self.unchanged
    }

    /// Returns `true` if there are no changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Creates a plan of these changes, and a number of objects without any.
    #[cfg(any(feature = "dns", feature = "load-balancers"))]
    pub(crate) fn new(changes: Vec<Change<T>>, unchanged: usize) -> Self {
        Self { changes, unchanged }
    }

    /// Returns the changes from `existing` objects (with their ids) to the `wanted` ones.
    ///
    /// Objects that are `same` stay. Of the others, pairs that one of `can_update` accepts, in its order, are updated;
    /// the remaining ones are created and deleted.
    #[cfg(feature = "__diff")]
    pub(crate) fn diff(
        mut existing: Vec<(String, T)>,
        wanted: Vec<T>,
        same: impl Fn(&T, &T) -> bool,
        can_update: &[CanUpdate<'_, T>],
    ) -> Self {
        let wanted_count = wanted.len();
        let mut missing = Vec::new();
        for want in wanted {
            match existing.iter().position(|(_, is)| same(is, &want)) {
                Some(index) => drop(existing.remove(index)),
                None => missing.push(want),
            }
        }
        let unchanged = wanted_count - missing.len();
        let mut updates = Vec::new();
        for can_update in can_update {
            let mut rest = Vec::new();
            for want in missing {
                match existing.iter().position(|(_, is)| can_update(is, &want)) {
                    Some(index) => {
                        let (id, from) = existing.remove(index);
                        updates.push(Change::Update { id, from, to: want });
                    }
                    None => rest.push(want),
                }
            }
            missing = rest;
        }
        // Created before anything is deleted, so that at no time both are missing.
        let mut changes: Vec<_> = missing.into_iter().map(Change::Create).collect();
        changes.extend(updates);
        changes.extend(
            existing
                .into_iter()
                .map(|(id, was)| Change::Delete { id, was }),
        );
        Self { changes, unchanged }
    }

    /// Returns the plan with the changes of another one after its own.
    #[cfg(feature = "load-balancers")]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.changes.extend(other.changes);
        self.unchanged += other.unchanged;
        self
    }

    /// Returns the plan with each change converted.
    #[cfg(feature = "load-balancers")]
    pub(crate) fn map<U>(self, convert: impl FnMut(Change<T>) -> Change<U>) -> Plan<U> {
        Plan {
            changes: self.changes.into_iter().map(convert).collect(),
            unchanged: self.unchanged,
        }
    }

    /// Returns a plan that deletes these objects (with their ids).
    #[cfg(feature = "ephemeral-machines")]
    pub(crate) fn deletions(objects: impl Iterator<Item = (String, T)>, unchanged: usize) -> Self {
        Self {
            changes: objects
                .map(|(id, was)| Change::Delete { id, was })
                .collect(),
            unchanged,
        }
    }

    /// Returns a plan without the changes, to which those that were applied are added.
    #[cfg(feature = "__diff")]
    pub(crate) fn without_changes(&self) -> Self {
        Self {
            changes: Vec::new(),
            unchanged: self.unchanged,
        }
    }

    /// Adds a change.
    #[cfg(feature = "__diff")]
    pub(crate) fn push(&mut self, change: Change<T>) {
        self.changes.push(change);
    }
}

impl<T: fmt::Display> fmt::Display for Plan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        match self.changes.len() {
            0 => write!(f, "no changes; ")?,
            1 => write!(f, "1 change; ")?,
            count => write!(f, "{count} changes; ")?,
        }
        write!(f, "{} unchanged", self.unchanged)
    }
}

#[cfg(all(test, feature = "__diff"))]
mod tests {
    use super::*;

    fn plan(existing: &[&str], wanted: &[&str]) -> String {
        let existing = existing
            .iter()
            .enumerate()
            .map(|(index, text)| (format!("id_{index}"), (*text).to_owned()));
        let wanted = wanted.iter().map(|text| (*text).to_owned()).collect();
        let initial = |is: &String, want: &String| is.as_bytes().first() == want.as_bytes().first();
        Plan::diff(
            existing.collect(),
            wanted,
            |is, want| is == want,
            &[&initial],
        )
        .to_string()
    }

    #[test]
    fn plan_has_only_the_changes_that_remain() {
        let table: [(&[&str], &[&str], &str); 6] = [
            (&[], &[], "no changes; 0 unchanged"),
            (&["a1"], &["a1"], "no changes; 1 unchanged"),
            (&[], &["a1"], "+ a1\n1 change; 0 unchanged"),
            (&["a1"], &[], "- a1\n1 change; 0 unchanged"),
            (
                &["a1", "b1"],
                &["a2", "b1"],
                "~ a1 -> a2\n1 change; 1 unchanged",
            ),
            (
                &["a1", "a1", "b1"],
                &["a1", "c1"],
                "+ c1\n- a1\n- b1\n3 changes; 1 unchanged",
            ),
        ];
        for (existing, wanted, expected) in table {
            assert_eq!(plan(existing, wanted), expected);
        }
    }
}
