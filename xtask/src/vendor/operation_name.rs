//! The rule that names operations.

use crate::naming::case::snake;
use crate::naming::inflect::{is_plural, singular};

/// Prefixes a name that begins with a digit, which no identifier can: `2fa` → `post_2fa`.
fn with_leading_letter(before: &str, name: String) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("{before}_{name}")
    } else {
        name
    }
}

/// The facts that an operation's name is made of.
pub(crate) struct OperationFacts<'a> {
    pub(crate) api: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) tag: &'a str,
    /// `true` if the response has a list.
    pub(crate) lists: bool,
}

/// Names an operation by its tag, method and last path segment. Returns the resource and the action.
pub(super) fn name_by_rule(facts: &OperationFacts) -> (String, String) {
    let parts: Vec<String> = facts
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(snake)
        .collect();
    let last = parts.last().cloned().unwrap_or_else(|| "root".to_owned());
    let resource = match snake(facts.tag) {
        tag if tag.is_empty() => parts.first().unwrap_or(&last).clone(),
        tag => tag,
    };
    let resource = with_leading_letter("resource", resource);
    let own = last == resource || singular(&last) == singular(&resource);
    let verb = match facts.method {
        "GET" if facts.lists => "list",
        "GET" => "get",
        // A POST to a collection creates one of its items.
        "POST" if is_plural(&last) => "create",
        "POST" if own => "create",
        // Any other POST is an action, whose verb is the last segment.
        "POST" => "",
        "PATCH" => "update",
        "PUT" => "set",
        _ => "delete",
    };
    let action = match (verb, own) {
        ("", _) => last.clone(),
        (verb, true) => verb.to_owned(),
        (verb, false) => format!("{verb}_{last}"),
    };
    let action = with_leading_letter(&facts.method.to_ascii_lowercase(), action);
    // The public API is small, so all its operations are methods of one resource.
    if facts.api == "public" {
        let noun = if own { resource } else { last };
        return (
            "public".to_owned(),
            if action.contains(&noun) {
                action
            } else {
                format!("{action}_{noun}")
            },
        );
    }
    (resource, action)
}
