//! Mutants of the upstream document, if they are next to the workspace.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::common::{Run, copy, current_document, folder, is_long, print, root, shared, text};
use crate::pipeline::{Mutant, Required, is_chosen, table, vendor};

/// Mutants that run without `KATAPULT_LONG_TESTS=1` too: one that is accepted, and one that is refused.
const QUICK: &[&str] = &["names_with_hyphens", "resource_named_like_a_feature"];

/// Reads a line of `mutate.py --list`: `name: vendor ok; rust False; …`.
fn parse(line: &str) -> Required {
    let (name, facts) = line.split_once(": ").expect("a name");
    let fact = |key: &str| {
        let mut facts = facts.split("; ");
        facts.find_map(|fact| fact.strip_prefix(key)?.strip_prefix(' '))
    };
    let flag = |key: &str| fact(key).map(|value| value == "True");
    Required {
        name: name.to_owned(),
        vendor: fact("vendor").map(str::to_owned),
        rust: flag("rust"),
        wire: flag("wire"),
        ..Required::default()
    }
}

/// Returns the program that writes the mutants, or `None` with one printed line.
fn mutate() -> Option<PathBuf> {
    let program = shared().join("mutants/mutate.py");
    let python = Command::new("python3").arg("--version").output();
    let reason = match (program.exists(), python) {
        (true, Ok(_)) => return Some(program),
        (false, _) => "no mutants in ../shared/mutants",
        (true, Err(_)) => "no python3",
    };
    print(&format!("skipped: {reason}"));
    None
}

/// Returns the folder of the documents without the rules `required`, in which the upstream document alone decides what a
/// request requires: a mutant that requires what a correction requires already would change nothing.
fn before() -> PathBuf {
    let before = folder("mutants-upstream-before");
    copy(&root().join("openapi"), &before);
    let file = before.join("corrections.yaml");
    let corrections = fs::read_to_string(&file).expect("corrections");
    let (head, rules) = corrections.split_once("\n- rule:\n").expect("a correction");
    let rules = rules.split("\n- rule:\n");
    let kept = rules.filter(|rule| !rule.starts_with("    required:"));
    let kept: String = kept.map(|rule| format!("\n- rule:\n{rule}")).collect();
    fs::write(&file, format!("{head}{kept}\n")).expect("written");
    let [core, public] = ["core", "public"].map(current_document);
    vendor(&core, &public, &before).ok();
    before
}

#[test]
fn mutants_of_the_upstream_document_give_the_required_results() {
    let Some(program) = mutate() else { return };
    let list = Run::of(Command::new("python3").args([text(&program), "--list"])).ok();
    let mutants: Vec<Required> = (list.out.lines().map(parse))
        .filter(|mutant| is_chosen(&mutant.name))
        .filter(|mutant| is_long() || QUICK.contains(&mutant.name.as_str()))
        .collect();
    let documents = folder("mutants-upstream");
    let before = before();
    let wrong = table("mutants-upstream", &mutants, &|required| {
        let core = documents.join(format!("{}.json", required.name));
        let name = required.name.as_str();
        Run::of(Command::new("python3").args([text(&program), name, text(&core)])).ok();
        Mutant {
            required: required.clone(),
            core,
            public: current_document("public"),
            before: before.clone(),
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.concat());
}
