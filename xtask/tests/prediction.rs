//! The breaks that `cargo xtask diff` predicts are those that rustdoc shows in the public API of the generated crates.
//!
//! Compiles many crates, so that only one mutant runs without `KATAPULT_LONG_TESTS=1`, which `.ci/nightly` sets.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{MUTANTS, Run, Small, core, is_long, print, root, shared, text, xtask};
use serde_json::Value;

/// The mutant that always runs. Reversed, a type is gone too.
const QUICK: &str = "field_becomes_an_enumeration";

/// Compares two documents and prints a row of the table. Returns the wrong predictions.
fn compared(name: &str, old: &Path, new: &Path, openapi: &Path) -> Vec<String> {
    let (row, wrong) = row(name, old, new, openapi);
    print(&row);
    wrong
}

fn row(name: &str, old: &Path, new: &Path, openapi: &Path) -> (String, Vec<String>) {
    let arguments = [
        "diff",
        text(old),
        text(new),
        "--verify",
        "--json",
        "--openapi",
        text(openapi),
    ];
    let run = xtask(arguments);
    // Documents that `vendor` refuses have no public API.
    if run.code == Some(1) && run.err.contains(" documents: ") {
        let reason = run.err.lines().next().unwrap_or_default().to_owned();
        return (format!("{name}: {reason}"), Vec::new());
    }
    let Ok(report) = serde_json::from_str::<Value>(&run.out) else {
        return (
            format!("{name}: FAILED"),
            vec![format!("{name}: {:?} {}", run.code, run.err)],
        );
    };
    let compared = &report["public_api"];
    if let Some(reason) = compared["not_run"].as_str() {
        // rustdoc's format changes with the compiler, and whoever runs the tests may have any.
        let tolerated = !is_long() && reason.contains("rustdoc's output cannot be read");
        let wrong = (!tolerated).then(|| format!("{name}: {reason}"));
        return (format!("{name}: NOT RUN: {reason}"), Vec::from_iter(wrong));
    }
    let items = |key: &str| -> Vec<String> {
        let items = compared[key].as_array().expect("a list").iter();
        items.map(|item| format!("{name}: {key} {item}")).collect()
    };
    let predicted = report["changes"].as_array().expect("a list").iter();
    let predicted = predicted
        .filter(|change| change["breaks_rust"] == true)
        .count();
    let row = format!(
        "{name}: {} items gone or changed, {predicted} breaks predicted",
        items("removed").len()
    );
    (row, [items("missed"), items("unfounded")].concat())
}

#[test]
fn predicted_breaks_of_mutants_are_those_of_the_public_api() {
    let mut chosen = MUTANTS
        .iter()
        .filter(|(name, _)| is_long() || *name == QUICK)
        .peekable();
    assert!(chosen.peek().is_some(), "there is no mutant {QUICK}");
    let mut wrong = Vec::new();
    for (name, change) in chosen {
        let small = Small::new("prediction");
        let newer = small.folder.join("newer");
        fs::create_dir_all(&newer).expect("a folder");
        let mut document = core();
        change(&mut document);
        fs::write(newer.join("core.json"), document.to_string()).expect("written");
        fs::copy(&small.public, newer.join("public.json")).expect("a copy");
        let (old, new) = (small.core.clone(), newer.join("core.json"));
        wrong.extend(compared(name, &old, &new, &small.openapi));
        wrong.extend(compared(
            &format!("{name}, reversed"),
            &new,
            &old,
            &small.openapi,
        ));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn predicted_breaks_of_the_upstream_documents_are_those_of_the_public_api() {
    if !is_long() {
        return print(
            "skipped: the predicted breaks of the upstream documents, which .ci/nightly compares (KATAPULT_LONG_TESTS=1)",
        );
    }
    let upstream = shared().join("upstream");
    let [older, newer] =
        ["2024-08", "2.68.0"].map(|version| upstream.join(format!("katapult-core-{version}.json")));
    if !newer.exists() {
        return print("skipped: no upstream documents in ../shared/upstream");
    }
    let openapi = root().join("openapi");
    let mut wrong = compared("2024-08 to 2.68.0", &older, &newer, &openapi);
    wrong.extend(compared("2.68.0 to 2024-08", &newer, &older, &openapi));
    let program = shared().join("mutants").join("mutate.py");
    let python = Command::new("python3").arg("--version").output();
    if !program.exists() || python.is_err() {
        print("skipped: the mutants of ../shared/mutants, which need python3");
        return assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    let list = Run::of(Command::new("python3").args([text(&program), "--list"])).ok();
    for name in list
        .out
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0))
    {
        let folder = common::folder(&format!("prediction-{name}"));
        let core = folder.join("core.json");
        Run::of(Command::new("python3").args([text(&program), name, text(&core)])).ok();
        let public = upstream.join("katapult-public-2.68.0.json");
        fs::copy(public, folder.join("public.json")).expect("a copy");
        wrong.extend(compared(name, &newer, &core, &openapi));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
