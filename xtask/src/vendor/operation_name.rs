//! The rule that names operations, by their siblings: the pinned operations under the same path or with the same tag.

use std::collections::BTreeMap;

use crate::naming::case::snake;
use crate::naming::inflect::{is_plural, singular};

/// First words of path segments that are actions: `regenerate_secret`. Any other segment is a noun.
#[rustfmt::skip] // one word a line would hide the code
const VERBS: &[&str] = &[
    "accept", "activate", "add", "allocate", "archive", "assign", "attach", "cancel", "clear", "copy", "detach",
    "disable", "enable", "generate", "hibernate", "import", "invalidate", "migrate", "move", "purge", "reboot",
    "regenerate", "release", "remove", "rename", "reset", "resize", "restart", "restore", "resume", "revoke",
    "rotate", "run", "send", "set", "shutdown", "start", "stop", "suspend", "test", "transfer", "unallocate",
    "unassign", "update", "upgrade", "validate", "verify",
];

/// Actions on the resource itself.
const OWN_ACTIONS: &[&str] = &["create", "delete", "get", "list", "update"];

/// The facts that an operation's name is made of.
pub(crate) struct OperationFacts<'a> {
    pub(crate) api: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) tag: &'a str,
    /// `true` if the response has a list.
    pub(crate) lists: bool,
}

/// A pinned operation of the same API that is in the document.
pub(crate) struct Sibling<'a> {
    pub(crate) path: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) action: &'a str,
}

/// Actions whose operation would have the name of a type that every document must have.
const TYPES: &[&str] = &["pagination", "task", "trash_object"];

/// Prefixes a name that begins with a digit, which no identifier can: `2fa` → `post_2fa`.
fn with_leading_letter(before: &str, name: String) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("{before}_{name}")
    } else {
        name
    }
}

fn segments(path: &str) -> Vec<String> {
    let parts = path.split('/').map(snake);
    parts.filter(|part| !part.is_empty()).collect()
}

/// Names an operation. Returns the resource and the actions that it can have, the best first.
pub(super) fn name_by_rule(facts: &OperationFacts, siblings: &[Sibling]) -> (String, Vec<String>) {
    let path = segments(facts.path);
    let last = path.last().cloned().unwrap_or_else(|| "root".to_owned());
    // The public API is small, so all its operations are methods of one resource.
    let resource = match facts.api {
        "public" => "public".to_owned(),
        _ => resource(facts, &path, siblings),
    };
    let own_action = own_action(facts, &resource, &last, siblings);
    let action = match facts.api {
        "public" => public_action(facts, &last),
        _ => own_action.unwrap_or_else(|| other_action(facts, &resource, &last)),
    };
    let method = facts.method.to_ascii_lowercase();
    let action = match TYPES.contains(&action.as_str()) {
        true => format!("{method}_{action}"),
        false => with_leading_letter(&method, action),
    };
    let others = path.iter().rev().skip(1);
    let others = others.map(|parent| format!("{action}_for_{}", singular(parent)));
    let actions = std::iter::once(action.clone()).chain(others).collect();
    (resource, actions)
}

/// Returns the resource of the operations with the same path, or else with the same tag, or else of most operations
/// next to it; otherwise, the tag.
fn resource(facts: &OperationFacts, path: &[String], siblings: &[Sibling]) -> String {
    let same_path = siblings.iter().filter(|other| other.path == facts.path);
    let same_tag = siblings
        .iter()
        .filter(|other| !facts.tag.is_empty() && other.tag == facts.tag);
    if let Some((name, _)) = most_frequent(same_path).or_else(|| most_frequent(same_tag)) {
        return name.to_owned();
    }
    let parent = path.split_last().map_or(&[][..], |(_, parent)| parent);
    let next_to_it: Vec<&Sibling> = siblings
        .iter()
        .filter(|other| {
            let other = segments(other.path);
            let others_parent = other.split_last().map(|(_, parent)| parent);
            !parent.is_empty() && (other == parent || others_parent == Some(parent))
        })
        .collect();
    if let Some((name, count)) = most_frequent(next_to_it.iter().copied())
        && count * 2 > next_to_it.len()
    {
        return name.to_owned();
    }
    let name = match snake(facts.tag) {
        tag if tag.is_empty() => path.first().cloned().unwrap_or_else(|| "root".to_owned()),
        tag => tag,
    };
    with_leading_letter("resource", name)
}

fn most_frequent<'a>(
    operations: impl Iterator<Item = &'a Sibling<'a>>,
) -> Option<(&'a str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for operation in operations {
        *counts.entry(operation.resource).or_default() += 1;
    }
    // Of equal counts, the first in the order of names, so that the result does not depend on the document's order.
    counts.into_iter().rev().max_by_key(|(_, count)| *count)
}

/// Returns the action of an operation on the resource itself; `None` if the last segment is another noun or a verb.
fn own_action(
    facts: &OperationFacts,
    resource: &str,
    last: &str,
    siblings: &[Sibling],
) -> Option<String> {
    let one = singular(resource);
    let is_noun = last == resource || last == one;
    let is_end = |name: &str| name.ends_with(&format!("_{last}"));
    let mut same_path = siblings.iter().filter(|other| other.path == facts.path);
    let for_parent = same_path
        .clone()
        .find_map(|other| Some((other, other.action.split_once("_for_")?.1)));
    let is_own = is_noun
        || is_end(resource)
        || is_end(&one)
        || resource.starts_with(&format!("{last}_"))
        || for_parent.is_some()
        || same_path.any(|other| OWN_ACTIONS.contains(&other.action));
    if !is_own {
        return None;
    }
    let action = match facts.method {
        "GET" if is_plural(last) => "list",
        "GET" if facts.lists && last != one && !is_end(&one) => "list",
        "GET" => "get",
        "POST" => "create",
        "PATCH" => "update",
        "PUT" => "set",
        _ => "delete",
    };
    Some(match for_parent {
        Some((_, parent)) => format!("{action}_for_{parent}"),
        None => action.to_owned(),
    })
}

/// Returns the action of an operation on something else than the resource itself.
fn other_action(facts: &OperationFacts, resource: &str, last: &str) -> String {
    let is_verb = last
        .split('_')
        .next()
        .is_some_and(|word| VERBS.contains(&word));
    let prefix = match facts.method {
        // `available_networks` of the resource `networks` is `networks.available`.
        "GET" => {
            let rest = last.strip_suffix(resource);
            let rest = rest.and_then(|rest| rest.strip_suffix('_'));
            return rest.unwrap_or(last).to_owned();
        }
        "POST" if is_verb => return last.to_owned(),
        "POST" if is_plural(last) => return format!("create_{}", singular(last)),
        "POST" => return creation(&singular(resource), last).unwrap_or_else(|| last.to_owned()),
        _ if is_verb => return last.to_owned(),
        "PATCH" => "update",
        "PUT" => "set",
        _ => "delete",
    };
    format!("{prefix}_{last}")
}

/// Returns the action of a second way to create a resource: `build_from_spec` of `virtual_machine_build` is
/// `create_from_spec`.
fn creation(one: &str, last: &str) -> Option<String> {
    let ends = one.match_indices('_').map(|(at, _)| &one[at + 1..]);
    let rest = ends
        .filter_map(|end| last.strip_prefix(end))
        .find(|rest| rest.starts_with('_'))?;
    Some(format!("create{rest}"))
}

fn public_action(facts: &OperationFacts, last: &str) -> String {
    match facts.method {
        "GET" if facts.lists => format!("list_{last}"),
        "GET" => format!("get_{last}"),
        _ => last.to_owned(),
    }
}
