//! Kinds of change, each with its severity and the public name that it affects.

use std::collections::BTreeMap;

use katapult_openapi::Api;
use serde::Deserialize;
use serde_json::Value;

use crate::diff::compare::{Change, compare};
use crate::diff::facts::Facts;
use crate::diff::input::Source;
use crate::diff::predict;
use crate::public_api::PublicApi;
use crate::spec::Document;

/// Returns a small canonical document.
fn base() -> Value {
    serde_saphyr::from_str(include_str!("base.yaml")).expect("a document")
}

fn source(core: &Value) -> Source {
    let mut facts = Facts::default();
    facts.add(core);
    let core = katapult_openapi::Document::from_json(Api::Core, core.clone()).expect("canonical");
    let mut document = Document::default();
    document.add(&core).expect("canonical");
    Source {
        version: "1".to_owned(),
        document,
        facts,
    }
}

/// A mutation of the base document, and the changes that the comparison must report.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    change: String,
    /// From where a value is copied, by where to.
    #[serde(default)]
    copy: BTreeMap<String, String>,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    add: BTreeMap<String, Value>,
    #[serde(default)]
    expected: Vec<String>,
}

fn rows() -> Vec<Row> {
    serde_saphyr::from_str(include_str!("changes.yaml")).expect("rows")
}

impl Row {
    fn mutated(&self) -> Value {
        let mut document = base();
        for (to, from) in &self.copy {
            let value = document.pointer(from).expect("a value").clone();
            add(&mut document, to, value);
        }
        for pointer in &self.remove {
            let (parent, key) = split(&mut document, pointer);
            let removed = parent
                .as_object_mut()
                .and_then(|fields| fields.remove(&key));
            assert!(removed.is_some(), "no {pointer}");
        }
        for (pointer, value) in &self.add {
            add(&mut document, pointer, value.clone());
        }
        document
    }
}

/// Returns the value around a pointer, and the pointer's last key.
fn split<'a>(document: &'a mut Value, pointer: &str) -> (&'a mut Value, String) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("a value");
    (parent, key.replace("~1", "/").replace("~0", "~"))
}

fn add(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = split(document, pointer);
    match parent.as_array_mut() {
        Some(items) => items.push(value),
        None => parent[key] = value,
    }
}

#[test]
fn mutated_document_gives_exactly_the_expected_changes() {
    let old = source(&base());
    let mut wrong = Vec::new();
    for row in rows() {
        let new = source(&row.mutated());
        let mut found: Vec<String> = compare(&old, &new, None)
            .iter()
            .map(|change| {
                let severity = change.severity.key();
                format!("{:?} | {severity} | {}", change.kind, change.name)
            })
            .collect();
        let mut expected = row.expected;
        found.sort();
        expected.sort();
        if found != expected {
            wrong.push(format!(
                "{}:\n  found    {found:?}\n  expected {expected:?}",
                row.change
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn reverse_comparison_reports_changes_too() {
    let old = source(&base());
    for row in rows() {
        let new = source(&row.mutated());
        assert_eq!(
            compare(&old, &new, None).is_empty(),
            compare(&new, &old, None).is_empty(),
            "{}",
            row.change
        );
    }
}

#[test]
fn printed_names_are_those_of_the_generated_code() {
    let old = source(&base());
    let before = predict::api(&old).expect("generated");
    let mut unknown = Vec::new();
    for row in rows() {
        let new = source(&row.mutated());
        let Ok(after) = predict::api(&new) else {
            continue; // the generator refuses it, so no code has any name
        };
        let apis = [before.clone(), after];
        let mut changes = compare(&old, &new, Some(&apis));
        predict::reconcile(&mut changes, &apis[0].breaks(&apis[1]), &old);
        let lacks = |change: &&Change| !apis.iter().any(|api| is_in(&change.name, api));
        let lacking = changes.iter().filter(lacks);
        unknown.extend(lacking.map(|change| format!("{}: {}", row.change, change.name)));
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// Returns `true` if an API has what a report calls `name`.
fn is_in(name: &str, api: &PublicApi) -> bool {
    // What follows is a place of the response on the wire.
    let (name, _) = name.split_once(" → ").unwrap_or((name, ""));
    if name.starts_with("scope") || name == "Lamps" {
        return true; // a scope, and the API itself
    }
    if let Some((resource, rest)) = name.split_once("()") {
        let in_resource = |owner: &str| {
            owner
                .trim_start_matches("Call<")
                .starts_with(&format!("{resource}::"))
        };
        let words: Vec<&str> = rest.trim_start_matches('.').split("(…)").collect();
        let words = words.iter().map(|word| word.trim_start_matches('.'));
        return api.has("Client", resource)
            && words.filter(|word| !word.is_empty()).all(|word| {
                // An input is a setter, or a field of what an operation sends.
                let mut items = api.names();
                items.any(|(owner, member)| {
                    in_resource(owner) && member == word.trim_start_matches("r#")
                })
            });
    }
    let name = name
        .trim_start_matches("Patch<")
        .trim_end_matches('>')
        .trim_end_matches("(…)");
    let name = match name.starts_with("Error") {
        true => format!("error_codes::{name}"),
        false => name.to_owned(),
    };
    let member = name.rsplit_once('.').or_else(|| name.rsplit_once("::"));
    api.has(&name, "") || member.is_some_and(|(owner, member)| api.has(owner, member))
}
