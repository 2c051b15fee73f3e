//! The scopes that a token needs for a set of operations.

use std::collections::BTreeSet;

use katapult_gen::OperationInfo;

/// The scopes that a token needs for a set of operations; created by [`required_scopes`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequiredScopes {
    /// For each operation, in the given order and without duplicates, the scopes any one of which is enough. Empty if
    /// the operation requires none.
    pub alternatives: Vec<(&'static OperationInfo, &'static [&'static str])>,
    /// The narrowest set of scopes that is enough for all the operations, sorted by name.
    pub choice: Vec<&'static str>,
}

/// Returns the scopes that a token needs for all of these operations.
///
/// For each operation, the result has the scopes that the API accepts, any one of which is enough, and of all these the
/// narrowest sufficient set: with as few scopes for everything on a resource (`disks`) as possible, then with as few for
/// certain actions (`virtual_machines:power_actions`), then with as few scopes as possible, reads (`disks:read`)
/// included.
///
#[cfg_attr(feature = "disks", doc = "```")]
#[cfg_attr(not(feature = "disks"), doc = "```ignore")]
/// use katapult_core::{Operation, disks, required_scopes};
///
/// let read_only = required_scopes([disks::Get::INFO, disks::List::INFO]);
/// assert_eq!(read_only.choice, ["disks:read"]);
///
/// // The scope to write is needed anyway, and permits the reads too.
/// let all = required_scopes([disks::Get::INFO, disks::Create::INFO]);
/// assert_eq!(all.choice, ["disks"]);
/// ```
pub fn required_scopes(
    operations: impl IntoIterator<Item = &'static OperationInfo>,
) -> RequiredScopes {
    let mut alternatives: Vec<(&OperationInfo, &[&str])> = Vec::new();
    for operation in operations {
        if alternatives.iter().all(|(known, _)| *known != operation) {
            alternatives.push((operation, operation.scopes));
        }
    }
    let choice = choose(alternatives.iter().map(|(_, scopes)| *scopes));
    RequiredScopes {
        alternatives,
        choice,
    }
}

/// The permissions of a scope, from the narrowest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Breadth {
    /// Reads: `disks:read`.
    Read,
    /// Certain actions: `virtual_machines:power_actions`.
    Actions,
    /// Everything on a resource: `disks`.
    Resource,
}

fn breadth(scope: &str) -> Breadth {
    match scope.split_once(':') {
        None => Breadth::Resource,
        Some((_, "read")) => Breadth::Read,
        Some(_) => Breadth::Actions,
    }
}

/// Returns the rank of a set; the narrower of two sets has the lower one.
fn width(scopes: &BTreeSet<&str>) -> [usize; 3] {
    let count = |wanted| {
        let matching = scopes.iter().filter(|scope| breadth(scope) == wanted);
        matching.count()
    };
    [
        count(Breadth::Resource),
        count(Breadth::Actions),
        scopes.len(),
    ]
}

// What follows is inline, so that only programs that call it compile it.

/// Returns the narrowest set that has one scope of each of these alternatives.
fn choose(alternatives: impl Iterator<Item = &'static [&'static str]>) -> Vec<&'static str> {
    let required = alternatives.filter(|scopes| !scopes.is_empty());
    let distinct: BTreeSet<BTreeSet<&str>> = required
        .map(|scopes| scopes.iter().copied().collect())
        .collect();
    let mut choice = BTreeSet::new();
    // The groups are decided one by one, because the combinations of them all are too many to search.
    for group in connected(distinct) {
        let mut narrowest = group.iter().flatten().copied().collect();
        search(&group, &BTreeSet::new(), &mut narrowest);
        choice.extend(narrowest);
    }
    choice.into_iter().collect()
}

/// Divides alternatives into groups that have no scope in common.
#[inline]
fn connected(alternatives: BTreeSet<BTreeSet<&str>>) -> Vec<Vec<BTreeSet<&str>>> {
    let mut groups: Vec<Vec<BTreeSet<&str>>> = Vec::new();
    for scopes in alternatives {
        let (related, others): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|group| group.iter().any(|member| !member.is_disjoint(&scopes)));
        let mut merged = related.concat();
        merged.push(scopes);
        groups = others;
        groups.push(merged);
    }
    groups
}

/// Replaces `narrowest` by the narrowest sufficient set that contains `chosen`, if that is narrower.
#[inline]
fn search<'a>(
    alternatives: &[BTreeSet<&'a str>],
    chosen: &BTreeSet<&'a str>,
    narrowest: &mut BTreeSet<&'a str>,
) {
    let open = alternatives
        .iter()
        .filter(|scopes| scopes.is_disjoint(chosen));
    // An alternative that leaves no choice costs no attempt.
    let Some(next) = open.min_by_key(|scopes| scopes.len()) else {
        narrowest.clone_from(chosen);
        return;
    };
    let mut scopes: Vec<&str> = next.iter().copied().collect();
    scopes.sort_by_key(|scope| breadth(scope));
    for scope in scopes {
        let mut further = chosen.clone();
        further.insert(scope);
        // Each further scope makes a set wider, so that the search of a wider one can end here.
        if width(&further) < width(narrowest) {
            search(alternatives, &further, narrowest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn narrowest_sufficient_scopes_are_chosen() {
        type Alternatives = &'static [&'static [&'static str]];
        let table: &[(Alternatives, &[&str])] = &[
            (&[], &[]),
            (&[&[]], &[]),
            (&[&["disks", "disks:read"]], &["disks:read"]),
            // A scope that is needed anyway makes the narrower one superfluous.
            (&[&["disks", "disks:read"], &["disks"]], &["disks"]),
            (
                &[&["vm", "vm:read"], &["vm", "vm:power"]],
                &["vm:power", "vm:read"],
            ),
            (
                &[
                    &["vm", "vm:read"],
                    &["vm", "vm:power"],
                    &["vm"],
                    &["dns:read"],
                ],
                &["dns:read", "vm"],
            ),
            // One scope for several operations, where it permits no more than several scopes.
            (
                &[&["a:read", "c:read"], &["b:read", "c:read"], &[]],
                &["c:read"],
            ),
            (
                &[&["a:x", "c:x"], &["b:x", "c:x"], &["b:x", "d:x"]],
                &["a:x", "b:x"],
            ),
            (&[&["a:read", "c"], &["b:read", "c"]], &["a:read", "b:read"]),
            (&[&["a", "c"], &["b", "c"]], &["c"]),
            (&[&["b:delete", "a:delete"]], &["a:delete"]),
        ];
        for (alternatives, expected) in table {
            let choice = choose(alternatives.iter().copied());
            assert_eq!(choice, *expected, "{alternatives:?}");
        }
    }
}
