//! The names of operations: pinned, or by rule.

use std::collections::BTreeMap;

use crate::naming::case::english;
use crate::naming::inflect::singular;
use crate::vendor::assign_names::lists;
use crate::vendor::operation_name::{OperationFacts, Sibling, name_by_rule};
use crate::vendor::pinned_names::Names;
use crate::vendor::upstream::Upstream;

impl Names {
    /// Returns the name of each operation of a document, in its order. Adds those that are new.
    pub(crate) fn operations_of(&mut self, api: &str, upstream: &Upstream) -> Vec<String> {
        let tags = tags(api, upstream);
        let operations = upstream.operations.iter();
        operations
            .map(|operation| {
                let facts = OperationFacts {
                    api,
                    method: &operation.method,
                    path: &operation.path,
                    tag: &operation.tag,
                    lists: lists(upstream, &operation.response),
                };
                self.operation(&facts, &tags)
            })
            .collect()
    }

    /// Returns the name of an operation, `resource.action`. Adds it if it is new.
    ///
    /// `tags` has the tag of each operation in the document, by its key: a pin without one is stale, and does not block
    /// a name.
    fn operation(&mut self, facts: &OperationFacts, tags: &BTreeMap<String, String>) -> String {
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

/// Returns the tag of each operation of a document, by its key.
fn tags(api: &str, upstream: &Upstream) -> BTreeMap<String, String> {
    let operations = upstream.operations.iter();
    operations
        .map(|operation| {
            let key = operation_key(api, &operation.method, &operation.path);
            (key, operation.tag.clone())
        })
        .collect()
}

/// Returns the key of an operation in `names.yaml`.
pub(crate) fn operation_key(api: &str, method: &str, path: &str) -> String {
    format!("{api} {method} {path}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::vendor::upstream;

    /// Each pinned operation as if it were new: the rule must find the name that a person chose.
    #[test]
    fn name_by_rule_differs_from_the_pinned_one_for_few_operations() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let documents = root.join("../shared/upstream");
        if !documents.exists() {
            println!("skipped: no upstream documents in ../shared/upstream");
            return;
        }
        let names = Names::load(&root.join("openapi/names.yaml")).expect("names");
        let mut differing = Vec::new();
        let canonical = crate::spec::load(&root.join("openapi")).expect("a document");
        let version = canonical.version.expect("a version");
        for api in ["core", "public"] {
            let file = documents.join(format!("katapult-{api}-{version}.json"));
            let text = std::fs::read_to_string(file).expect("a file");
            let document = upstream::read(api, &text, &[]).expect("a document");
            let tags = tags(api, &document);
            for operation in &document.operations {
                let facts = OperationFacts {
                    api,
                    method: &operation.method,
                    path: &operation.path,
                    tag: &operation.tag,
                    lists: lists(&document, &operation.response),
                };
                let by_rule = names.operation_by_rule(&facts, &tags);
                let key = operation_key(api, &operation.method, &operation.path);
                let pinned = names.operations.get(&key);
                if pinned != Some(&by_rule) {
                    differing.push(format!("{key}: {by_rule}, pinned {pinned:?}"));
                }
            }
        }
        println!("{}", differing.join("\n"));
        assert!(differing.len() <= 10, "{}", differing.join("\n"));
    }
}
