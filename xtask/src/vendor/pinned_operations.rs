//! The names of operations: pinned, or by rule.

use std::collections::BTreeMap;

use crate::naming::case::english;
use crate::naming::inflect::singular;
use crate::vendor::operation_name::{OperationFacts, Sibling, name_by_rule};
use crate::vendor::pinned_names::Names;

impl Names {
    /// Returns the name of an operation, `resource.action`. Adds it if it is new.
    ///
    /// `tags` has the tag of each operation in the document, by its key: a pin without one is stale, and does not block
    /// a name.
    pub(crate) fn operation(
        &mut self,
        facts: &OperationFacts,
        tags: &BTreeMap<String, String>,
    ) -> String {
        let key = operation_key(facts.api, facts.method, facts.path);
        self.survey.used_pins.insert(("operations", key.clone()));
        if let Some(name) = self.operations.get(&key) {
            return name.clone();
        }
        let name = self.operation_by_rule(facts, tags);
        // The stale pin of a name that is given away would be a second one.
        self.operations.retain(|_, other| *other != name);
        self.added.push(format!("operation {name}: {key}"));
        self.operations.insert(key, name.clone());
        name
    }

    /// Returns the name that the rule gives an operation, whether or not it is pinned.
    pub(crate) fn operation_by_rule(
        &self,
        facts: &OperationFacts,
        tags: &BTreeMap<String, String>,
    ) -> String {
        let key = operation_key(facts.api, facts.method, facts.path);
        let mut siblings = Vec::new();
        for (other, name) in &self.operations {
            let (Some(tag), Some((resource, action))) = (tags.get(other), name.split_once('.'))
            else {
                continue;
            };
            let mut parts = other.splitn(3, ' ');
            let is_same_api = parts.next() == Some(facts.api);
            if let (Some(path), true) = (parts.nth(1), is_same_api && *other != key) {
                siblings.push(Sibling {
                    path,
                    tag,
                    resource,
                    action,
                });
            }
        }
        let (resource, actions) = name_by_rule(facts, &siblings);
        let is_free = |action: &&String| {
            !siblings
                .iter()
                .any(|other| other.resource == resource && other.action == **action)
        };
        if let Some(action) = actions.iter().find(is_free) {
            return format!("{resource}.{action}");
        }
        // A number reads badly but is unique; a maintainer can pin a better name before the release.
        let action = actions.first().map_or("call", String::as_str);
        (2..)
            .map(|number| format!("{action}_{number}"))
            .find(|action| is_free(&action))
            .map_or_else(
                || format!("{resource}.{action}"),
                |action| format!("{resource}.{action}"),
            )
    }

    /// Returns an operation's title: `shutdown virtual machine`.
    pub(crate) fn title(&self, name: &str) -> String {
        if let Some(title) = self.titles.get(name) {
            return title.clone();
        }
        let (resource, action) = name.split_once('.').unwrap_or((name, ""));
        match action {
            "list" => format!("list {}", english(resource)),
            _ => format!("{} {}", english(action), english(&singular(resource))),
        }
    }
}

/// Returns the key of an operation in `names.yaml`.
pub(crate) fn operation_key(api: &str, method: &str, path: &str) -> String {
    format!("{api} {method} {path}")
}
