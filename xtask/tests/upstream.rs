//! The upstream documents, if they are next to the workspace: the canonical documents are reproduced from them byte for
//! byte, and older ones are accepted too.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

use common::{Dice, Small, cargo, copy, crate_copy, current_version, folder, root, shared, tree};
use serde_json::Value;

/// Returns the two documents of a version, or `None` if there are no upstream documents.
fn documents(version: &str) -> Option<[PathBuf; 2]> {
    static SKIPPED: Once = Once::new();
    let upstream = shared().join("upstream");
    if !upstream.exists() {
        SKIPPED.call_once(|| {
            // The test harness captures `eprintln!`, so that nobody would see the message.
            let _ = writeln!(
                std::io::stderr(),
                "skipped: no upstream documents in ../shared/upstream"
            );
        });
        return None;
    }
    Some(["core", "public"].map(|api| upstream.join(format!("katapult-{api}-{version}.json"))))
}

/// Both documents, with a copy of the repository's names and corrections.
fn with_our_names(test: &str, [core, public]: [PathBuf; 2]) -> Small {
    let folder = folder(test);
    let openapi = folder.join("openapi");
    copy(&root().join("openapi"), &openapi);
    Small {
        folder,
        openapi,
        core,
        public,
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

/// The names and the text of all files of `openapi`.
fn files(openapi: &Path) -> Vec<(String, String)> {
    tree(openapi)
        .into_iter()
        .map(|(path, text)| {
            let name = path.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), text)
        })
        .collect()
}

#[track_caller]
fn assert_is_ours(small: &Small, what: &str) {
    small.vendor().ok();
    let ours = files(&root().join("openapi"));
    let theirs = files(&small.openapi);
    for (ours, theirs) in ours.iter().zip(&theirs) {
        // Not `assert_eq!`, which would print two documents of 700 kB.
        assert!(
            ours == theirs,
            "{what}: {} differs from {}",
            theirs.0,
            ours.0
        );
    }
    assert_eq!(ours.len(), theirs.len(), "{what}");
}

#[test]
fn current_documents_reproduce_the_canonical_ones() {
    let Some(documents) = documents(&current_version()) else {
        return;
    };
    assert_is_ours(&with_our_names("current", documents.clone()), "with names");

    // Without the canonical documents, the output depends only on the input, the names and the corrections.
    let small = with_our_names("current", documents);
    for file in ["katapult-core.json", "katapult-public.json"] {
        fs::remove_file(small.openapi.join(file)).expect("removed");
    }
    assert_is_ours(&small, "anew");
}

#[test]
fn order_prose_and_component_names_of_current_documents_do_not_change_the_output() {
    let Some(documents) = documents(&current_version()) else {
        return;
    };
    for seed in 0..3 {
        let mut small = with_our_names("disguised", documents.clone());
        for path in [&mut small.core, &mut small.public] {
            let dice = &mut Dice(seed);
            let mut document = json(path);
            common::for_prose(&mut document, &mut |prose| *prose = "Other words.".into());
            let document = common::renamed(document, dice);
            let file = path.file_name().expect("a name").to_owned();
            *path = small.folder.join(file);
            fs::write(&path, common::shuffled(&document, dice)).expect("written");
        }
        for file in ["katapult-core.json", "katapult-public.json"] {
            fs::remove_file(small.openapi.join(file)).expect("removed");
        }
        assert_is_ours(&small, &format!("seed {seed}"));
    }
}

#[test]
fn repository_contains_no_prose_of_current_documents() {
    let Some(documents) = documents(&current_version()) else {
        return;
    };
    let ours: String = files(&root().join("openapi"))
        .into_iter()
        .map(|(_, text)| text)
        .chain(tree(&root().join("katapult-gen").join("src").join("generated")).into_values())
        .collect();
    let mut sentences = BTreeSet::new();
    for path in documents {
        common::for_prose(&mut json(&path), &mut |prose| {
            // A shorter text can often be worded in one way only, as `Get default network of data center`.
            if prose.split_whitespace().count() >= 8 {
                sentences.insert(prose.clone());
            }
        });
    }
    assert!(!sentences.is_empty(), "the documents have no prose");
    let found: Vec<&String> = sentences
        .iter()
        .filter(|sentence| ours.contains(sentence.as_str()))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn older_documents_keep_all_names_and_generate_a_crate_that_compiles() {
    let Some(documents) = documents("2024-08") else {
        return;
    };
    let small = with_our_names("older", documents);
    small.vendor().ok();

    let names = fs::read_to_string(root().join("openapi").join("names.yaml")).expect("a file");
    let names_now = small.file("names.yaml");
    let now: BTreeSet<&str> = names_now.lines().collect();
    for line in names.lines() {
        assert!(now.contains(line), "names.yaml lost {line}");
    }
    for file in ["katapult-core.json", "katapult-public.json"] {
        let ours = json(&root().join("openapi").join(file));
        let older = json(&small.openapi.join(file));
        let mut names = Names::default();
        names.compare_operations(&ours, &older);
        assert!(names.differ.is_empty(), "{file}: {:#?}", names.differ);
        // Without a common operation, the comparison above would prove nothing.
        assert!(names.compared, "{file}: no operation is in both");
    }

    let out = crate_copy(&small.folder);
    small.generate(&out, &[]).ok();
    small.generate(&out, &["--check"]).ok();
    cargo(&small.folder, &["check"]);
}

/// Compares the names of the items in the same places of two documents.
#[derive(Default)]
struct Names {
    compared: bool,
    differ: BTreeSet<String>,
    seen: BTreeSet<(String, String)>,
}

impl Names {
    fn compare_operations(&mut self, ours: &Value, older: &Value) {
        for (path, item) in ours["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let old = &older["paths"][path][method];
                if old.is_null() {
                    continue;
                }
                self.compared = true;
                let at = format!("{method} {path}");
                if operation["operationId"] != old["operationId"] {
                    self.differ.insert(format!("{at}: {}", old["operationId"]));
                }
                self.compare((ours, operation), (older, old), &at);
            }
        }
    }

    /// Compares the items that both documents have, under any key.
    fn compare(&mut self, (ours, a): (&Value, &Value), (older, b): (&Value, &Value), at: &str) {
        if let (Some(a), Some(b)) = (reference(a), reference(b)) {
            let (schema, old) = (component(ours, a), component(older, b));
            let (name, old_name) = (type_name(a, schema), type_name(b, old));
            if name != old_name {
                self.differ
                    .insert(format!("{at}: {old_name} is now {name}"));
            }
            if self.seen.insert((a.to_owned(), b.to_owned())) {
                self.compare((ours, schema), (older, old), at);
            }
            return;
        }
        match (a, b) {
            (Value::Object(a), Value::Object(b)) => {
                for (key, a) in a {
                    if let Some(b) = b.get(key) {
                        self.compare((ours, a), (older, b), &format!("{at} {key}"));
                    }
                }
            }
            (Value::Array(a), Value::Array(b)) => {
                // Parameters with the same name are in the same place; nothing else has a name.
                for a in a.iter().filter(|a| a["name"].is_string()) {
                    let b = b.iter().find(|b| b["name"] == a["name"]);
                    if let Some(b) = b {
                        self.compare((ours, a), (older, b), at);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Returns the reference of a schema. An `allOf` around it only makes it nullable.
fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str())
}

fn component<'a>(document: &'a Value, reference: &str) -> &'a Value {
    document
        .pointer(reference.trim_start_matches('#'))
        .unwrap_or_else(|| panic!("no {reference}"))
}

fn type_name<'a>(reference: &'a str, schema: &'a Value) -> &'a str {
    let own = reference.rsplit('/').next().unwrap_or(reference);
    schema["x-katapult-type"].as_str().unwrap_or(own)
}
