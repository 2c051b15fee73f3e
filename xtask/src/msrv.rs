//! `cargo xtask msrv`: checks that the dependencies of the library crates compile with the workspace's `rust-version`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::util::cargo;

const LIBRARIES: [&str; 2] = ["katapult-core", "katapult-gen"];

/// Checks the dependencies of the library crates with all features.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let done = cargo::output(cargo::in_folder(root).args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--features",
        "katapult-core/full,katapult-core/native-tls",
    ]))?;
    if !done.status.success() {
        bail!(
            "`cargo metadata` failed: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
    let metadata: Value = serde_json::from_slice(&done.stdout)
        .context("the output of `cargo metadata` is not JSON: update cargo")?;
    let packages = used(&metadata);
    let Findings { newer, unstated } = findings(&packages)?;
    for line in &newer {
        println!("{line}");
    }
    println!(
        "{} crates, {unstated} without a rust-version; {} need a newer Rust than the workspace promises",
        packages.len(),
        newer.len()
    );
    Ok(match newer.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Returns the packages that a user compiles: the libraries and their dependencies, without those of tests.
fn used(metadata: &Value) -> Vec<&Value> {
    let list =
        |value: &'static str, of: &'_ Value| of[value].as_array().cloned().unwrap_or_default();
    let nodes: BTreeMap<String, Value> = list("nodes", &metadata["resolve"])
        .into_iter()
        .filter_map(|node| Some((node["id"].as_str()?.to_owned(), node)))
        .collect();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut waiting: Vec<String> = packages
        .clone()
        .filter(|package| LIBRARIES.iter().any(|name| package["name"] == *name))
        .filter_map(|package| package["id"].as_str().map(str::to_owned))
        .collect();
    let mut visited = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !visited.insert(id.clone()) {
            continue;
        }
        for dependency in nodes
            .get(&id)
            .into_iter()
            .flat_map(|node| list("deps", node))
        {
            let needed = list("dep_kinds", &dependency)
                .iter()
                .any(|kind| kind["kind"] != "dev");
            if needed && let Some(id) = dependency["pkg"].as_str() {
                waiting.push(id.to_owned());
            }
        }
    }
    packages
        .filter(|package| {
            package["id"]
                .as_str()
                .is_some_and(|id| visited.contains(id))
        })
        .collect()
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    /// A line for each crate that needs a newer compiler than the workspace promises.
    newer: Vec<String>,
    /// The number of crates without a `rust-version`.
    unstated: usize,
}

fn findings(packages: &[&Value]) -> Result<Findings> {
    let ours = packages
        .iter()
        .find(|package| package["name"] == LIBRARIES[0])
        .context("`cargo metadata` lists no katapult-core: run it in the workspace")?;
    let promised = ours["rust_version"]
        .as_str()
        .context("katapult-core has no rust-version: set it in Cargo.toml")?;
    let mut findings = Findings::default();
    for package in packages {
        match package["rust_version"].as_str() {
            Some(stated) if version(stated) > version(promised) => findings.newer.push(format!(
                "{} {} needs Rust {stated}, and the workspace promises {promised}: use an older version, or raise `rust-version` in Cargo.toml",
                package["name"].as_str().unwrap_or_default(),
                package["version"].as_str().unwrap_or_default(),
            )),
            Some(_) => {}
            None => findings.unstated += 1,
        }
    }
    Ok(findings)
}

fn version(text: &str) -> [u64; 3] {
    // A missing number is zero: 1.89 means 1.89.0.
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(0));
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn crate_with_newer_rust_version_is_reported() {
        let package = |name: &str, rust: Value| json!({ "name": name, "version": "1.0.0", "rust_version": rust });
        let packages = [
            package("katapult-core", json!("1.89")),
            package("older", json!("1.56.1")),
            package("same", json!("1.89.0")),
            package("newer", json!("1.90")),
            package("newer-by-a-patch", json!("1.89.1")),
            package("silent", json!(null)),
        ];
        let found = findings(&packages.iter().collect::<Vec<_>>()).expect("findings");
        assert_eq!(found.unstated, 1);
        assert_eq!(
            found.newer,
            ["newer 1.0.0 needs Rust 1.90", "newer-by-a-patch 1.0.0 needs Rust 1.89.1"]
                .map(|line| format!("{line}, and the workspace promises 1.89: use an older version, or raise `rust-version` in Cargo.toml"))
        );
    }

    #[test]
    fn dev_dependencies_are_not_counted() {
        let needs = |id: &str, kind: Value| json!({ "pkg": id, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [
                { "id": "core", "name": "katapult-core" },
                { "id": "http", "name": "http" },
                { "id": "cc", "name": "cc" },
                { "id": "insta", "name": "insta" },
                { "id": "clap", "name": "clap" },
            ],
            "resolve": { "nodes": [
                { "id": "core", "deps": [needs("http", json!(null)), needs("insta", json!("dev"))] },
                { "id": "http", "deps": [needs("cc", json!("build")), needs("core", json!("dev"))] },
            ] },
        });
        let names: Vec<_> = used(&metadata)
            .iter()
            .map(|package| package["name"].clone())
            .collect();
        assert_eq!(names, ["katapult-core", "http", "cc"]);
    }
}
