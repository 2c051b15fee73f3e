//! The content of the packages that are published.

use std::process::Command;

use serde_json::Value;

/// Files that a package must have.
const REQUIRED: [&str; 4] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];
/// Folders that a package must not have: only developers need them, and every user would download them.
const EXCLUDED: [&str; 3] = ["benches/", "examples/", "tests/"];

/// Runs cargo in the workspace and returns its output.
fn cargo(arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO")).args(arguments).output();
    let done = done.expect("cargo runs");
    assert!(done.status.success(), "cargo {arguments:?} failed");
    String::from_utf8(done.stdout).expect("UTF-8")
}

/// Returns the first problem of a package, of whose files each has a line.
fn problem(listed: &str) -> Option<String> {
    let missing = REQUIRED
        .iter()
        .find(|file| listed.lines().all(|line| line != **file));
    if let Some(file) = missing {
        return Some(format!(
            "has no {file}: add it next to Cargo.toml and to `include`"
        ));
    }
    let mut files = listed.lines();
    let extra = files.find(|file| EXCLUDED.iter().any(|folder| file.starts_with(folder)));
    extra.map(|file| format!("has {file}: leave it out of `include` in Cargo.toml"))
}

#[test]
fn packages_have_readme_and_licences_and_no_test_data() {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let published = packages.filter(|package| package["publish"].is_null());
    let mut names: Vec<_> = published
        .filter_map(|package| package["name"].as_str())
        .collect();
    names.sort_unstable();
    for name in &names {
        let listed = cargo(&["package", "--package", name, "--list", "--allow-dirty"]);
        assert_eq!(problem(&listed), None, "{name}");
    }
    let expected = [
        "build-spec",
        "core",
        "gen",
        "openapi",
        "sandbox",
        "workflows",
    ];
    assert_eq!(names, expected.map(|name| format!("katapult-{name}")));
}

#[test]
fn package_without_a_licence_or_with_test_data_is_a_problem() {
    let complete = "Cargo.toml\nLICENSE-APACHE\nLICENSE-MIT\nREADME.md\nsrc/lib.rs\nsrc/retry/tests/decide.rs\n";
    assert_eq!(problem(complete), None);
    let without = problem(&complete.replace("LICENSE-MIT\n", "")).expect("a problem");
    assert!(without.starts_with("has no LICENSE-MIT"), "{without}");
    let with = problem(&format!("{complete}tests/data/recording.jsonl\n")).expect("a problem");
    assert!(with.starts_with("has tests/data/recording.jsonl"), "{with}");
}
