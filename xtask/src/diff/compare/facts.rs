//! Compares the facts of documents that change no generated item.

use serde_json::Value;

use super::changes::{Changes, zipped};
use crate::diff::facts::Facts;
use crate::diff::severity::Kind;

pub(super) fn facts(old: &Facts, new: &Facts, changes: &mut Changes<'_>) {
    for (api, before, after) in zipped(&old.servers, &new.servers) {
        let (Some(before), Some(after)) = (before, after) else {
            continue;
        };
        for url in before.iter().filter(|url| !after.contains(url)) {
            let what = format!("`{url}` is no longer an address of the API");
            changes.add(Kind::ServerRemoved, api, what);
        }
        for url in after.iter().filter(|url| !before.contains(url)) {
            changes.add(Kind::ServerAdded, api, format!("new address: `{url}`"));
        }
    }
    for (operation, before, after) in zipped(&old.statuses, &new.statuses) {
        // A new operation has all its statuses from the beginning.
        let (Some(before), Some(after)) = (before, after) else {
            continue;
        };
        for status in after.difference(before) {
            let what = format!("can answer {status} now, which is a success too");
            changes.add(Kind::StatusAdded, operation, what);
        }
        for status in before.difference(after) {
            changes.add(
                Kind::StatusRemoved,
                operation,
                format!("no longer answers {status}"),
            );
        }
    }
    for name in new.deprecated.difference(&old.deprecated) {
        changes.add(Kind::Deprecated, name, "is deprecated now");
    }
    for name in old.deprecated.difference(&new.deprecated) {
        changes.add(Kind::NotDeprecated, name, "is no longer deprecated");
    }
    // An operation that is new or gone as a whole changes no default.
    let in_both = |name: &str| {
        let operation = name.split_once("(…)");
        let operation = operation.map(|(operation, _)| format!("{operation}(…)"));
        operation.is_none_or(|operation| {
            old.statuses.contains_key(&operation) && new.statuses.contains_key(&operation)
        })
    };
    for (name, before, after) in zipped(&old.defaults, &new.defaults) {
        let text =
            |value: Option<&Value>| value.map_or("none".to_owned(), |value| format!("`{value}`"));
        if before != after && in_both(name) {
            let what = format!(
                "its default was {} and is {} now",
                text(before),
                text(after)
            );
            changes.add(Kind::DefaultChanged, name, what);
        }
    }
}
