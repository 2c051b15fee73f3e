//! What a workflow would do, as a value that can be shown.

use std::fmt;

/// One thing that would be done, or was; `T` is what it is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change<T> {
    /// Something is made that isn't there.
    Make(T),
    /// Something that is there is changed.
    #[non_exhaustive]
    Alter {
        /// Its id.
        id: String,
        /// What it is.
        from: T,
        /// What it will be.
        to: T,
    },
    /// Something that is there is removed.
    #[non_exhaustive]
    Remove {
        /// Its id.
        id: String,
        /// What it is.
        was: T,
    },
}

impl<T: fmt::Display> fmt::Display for Change<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Make(what) => write!(f, "+ {what}"),
            Change::Alter { from, to, .. } => write!(f, "~ {from} -> {to}"),
            Change::Remove { was, .. } => write!(f, "- {was}"),
        }
    }
}

/// Whether one is to be changed into the other.
type Pair<'a, T> = &'a dyn Fn(&T, &T) -> bool;

/// What would be done, in order, or was; displayed, a line for each change:
/// `+` is made, `~` changed, `-` removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<T> {
    changes: Vec<Change<T>>,
    unchanged: usize,
}

impl<T> Plan<T> {
    /// The changes, in the order in which they are made.
    pub fn changes(&self) -> &[Change<T>] {
        &self.changes
    }

    /// How many are as they should be.
    pub fn unchanged(&self) -> usize {
        self.unchanged
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// From what is there and what is wanted. Those that are the same stay; of the others, those that `pairs` are
    /// changed from one into the other; what is left over is removed, and what is missing made.
    pub(crate) fn between(
        mut there: Vec<(String, T)>,
        wanted: Vec<T>,
        same: impl Fn(&T, &T) -> bool,
        pairs: &[Pair<'_, T>],
    ) -> Self {
        let before = wanted.len();
        let mut missing = Vec::new();
        for want in wanted {
            match there.iter().position(|(_, is)| same(is, &want)) {
                Some(at) => drop(there.remove(at)),
                None => missing.push(want),
            }
        }
        let unchanged = before - missing.len();
        let mut altered = Vec::new();
        for pair in pairs {
            let mut rest = Vec::new();
            for want in missing {
                match there.iter().position(|(_, is)| pair(is, &want)) {
                    Some(at) => {
                        let (id, from) = there.remove(at);
                        altered.push(Change::Alter { id, from, to: want });
                    }
                    None => rest.push(want),
                }
            }
            missing = rest;
        }
        // Made before anything is removed, so that there is no moment with neither.
        let mut changes: Vec<_> = missing.into_iter().map(Change::Make).collect();
        changes.extend(altered);
        changes.extend(
            there
                .into_iter()
                .map(|(id, was)| Change::Remove { id, was }),
        );
        Self { changes, unchanged }
    }

    /// None of the changes, yet.
    pub(crate) fn none_of(&self) -> Self {
        Self {
            changes: Vec::new(),
            unchanged: self.unchanged,
        }
    }

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
            0 => write!(f, "nothing to do; ")?,
            1 => write!(f, "1 change; ")?,
            count => write!(f, "{count} changes; ")?,
        }
        write!(f, "{} as wanted", self.unchanged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(there: &[&str], wanted: &[&str]) -> String {
        let there = there
            .iter()
            .enumerate()
            .map(|(at, text)| (format!("id_{at}"), (*text).to_owned()));
        let wanted = wanted.iter().map(|text| (*text).to_owned()).collect();
        let initial = |is: &String, want: &String| is.as_bytes().first() == want.as_bytes().first();
        Plan::between(there.collect(), wanted, |is, want| is == want, &[&initial]).to_string()
    }

    #[test]
    fn does_no_more_than_is_needed() {
        let table: [(&[&str], &[&str], &str); 6] = [
            (&[], &[], "nothing to do; 0 as wanted"),
            (&["a1"], &["a1"], "nothing to do; 1 as wanted"),
            (&[], &["a1"], "+ a1\n1 change; 0 as wanted"),
            (&["a1"], &[], "- a1\n1 change; 0 as wanted"),
            (
                &["a1", "b1"],
                &["a2", "b1"],
                "~ a1 -> a2\n1 change; 1 as wanted",
            ),
            (
                &["a1", "a1", "b1"],
                &["a1", "c1"],
                "+ c1\n- a1\n- b1\n3 changes; 1 as wanted",
            ),
        ];
        for (there, wanted, says) in table {
            assert_eq!(plan(there, wanted), says);
        }
    }
}
