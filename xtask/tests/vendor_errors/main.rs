//! `cargo xtask vendor` on invalid input: each error names the fault and the way out, and nothing is written.

#[path = "../common/mod.rs"]
mod common;
mod documents;
mod settings;

use std::fs;

use common::{CORRECTIONS, NAMES, Run, Small, core, tree};
use serde_json::Value;

#[test]
fn correction_with_since_need_not_apply_to_an_older_document() {
    let add = |type_name: &str, since: &str| {
        format!(
            "- rule:\n    add:\n      type: {type_name}\n      fields: {{ age: integer }}\n  evidence: Recorded.\n  since: {since}\n"
        )
    };
    let small = Small::new("since");
    correction(&small, &add("Buoy", "2.10.0")); // the document is of 2.1.0
    small.vendor().ok();
    correction(&small, &add("Buoy", "2.1.0"));
    let run = small.vendor();
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("number 6"), "{}", run.err);
    correction(&small, &add("Keeper", "2.10.0"));
    small.vendor().ok();
    assert!(small.file("katapult-core.json").contains("\"age\""));
}

/// An invalid input by name, and the parts of the message that it must cause.
type Invalid = (&'static str, fn(&mut Small), &'static [&'static str]);

fn change(small: &Small, change: impl FnOnce(&mut Value)) {
    let mut document = core();
    change(&mut document);
    fs::write(&small.core, document.to_string()).expect("written");
}

fn write(small: &Small, file: &str, text: &str) {
    fs::write(small.openapi.join(file), text).expect("written");
}

fn names(small: &Small, from: &str, to: &str) {
    assert!(NAMES.contains(from));
    write(small, "names.yaml", &NAMES.replace(from, to));
}

fn correction(small: &Small, text: &str) {
    write(small, "corrections.yaml", &format!("{CORRECTIONS}{text}"));
}

#[test]
fn invalid_input_is_an_error_with_a_way_out_and_writes_nothing() {
    let cases = documents::INVALID.iter().chain(settings::INVALID);
    let mut wrong = Vec::new();
    for (number, (input, make, says)) in cases.enumerate() {
        let mut small = Small::new(&format!("invalid-{number}"));
        make(&mut small);
        let before = tree(&small.folder);
        let Run { code, out, err } = small.vendor();
        let mut missing: Vec<&str> = says
            .iter()
            .copied()
            .filter(|says| !err.contains(says))
            .collect();
        if code != Some(1) {
            missing.push("exit code 1");
        }
        if err.contains("panicked") {
            missing.push("no panic");
        }
        if tree(&small.folder) != before {
            missing.push("nothing written");
        }
        if !missing.is_empty() {
            wrong.push(format!(
                "{input}: lacks {missing:?}: exit {code:?}: {out}{err}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
