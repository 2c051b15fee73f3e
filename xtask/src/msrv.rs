//! `cargo xtask supply`: the dependencies of the library crates against the workspace's promises: the licences that
//! are allowed, the oldest compiler that is supported, and nothing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// What a user of an MIT crate takes on without asking anyone.
const LICENCES: [&str; 9] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Unicode-3.0",
    "Zlib",
    "CDLA-Permissive-2.0", // the list of root certificates
];
/// Beside those, in the crates named: what they are compiled from.
const ALSO: [(&str, &str); 1] = [("aws-lc-sys", "OpenSSL")];
const LIBRARIES: [&str; 2] = ["katapult-core", "katapult-gen"];

/// Checks what the library crates bring to a user who builds them with every feature.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let done = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--features",
            "katapult-core/full,katapult-core/native-tls",
        ])
        .current_dir(root)
        .output()
        .context("cannot run cargo: install Rust")?;
    if !done.status.success() {
        bail!(
            "`cargo metadata` failed: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
    let metadata: Value =
        serde_json::from_slice(&done.stdout).context("`cargo metadata` is no JSON")?;
    let packages = used(&metadata);
    let findings = findings(&packages)?;
    for finding in &findings.wrong {
        println!("{finding}");
    }
    for note in &findings.notes {
        println!("worth noting: {note}");
    }
    println!(
        "{} crates, {} without a stated rust-version; {} wrong",
        packages.len(),
        findings.unstated,
        findings.wrong.len()
    );
    Ok(match findings.wrong.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The packages that a user compiles: those that the libraries lead to, without what only tests need.
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
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id.clone()) {
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
        .filter(|package| package["id"].as_str().is_some_and(|id| seen.contains(id)))
        .collect()
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    wrong: Vec<String>,
    notes: Vec<String>,
    unstated: usize,
}

fn findings(packages: &[&Value]) -> Result<Findings> {
    let mut findings = Findings::default();
    let ours = packages
        .iter()
        .find(|package| package["name"] == LIBRARIES[0])
        .context("the workspace has no katapult-core")?;
    let promised = version(
        ours["rust_version"]
            .as_str()
            .context("katapult-core states no rust-version")?,
    );
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let number = package["version"].as_str().unwrap_or_default();
        versions.entry(name).or_default().push(number);
        match package["rust_version"].as_str() {
            Some(stated) if version(stated) > promised => findings.wrong.push(format!(
                "{name} {number} needs Rust {stated}, and the workspace promises less: take an older one, or raise `rust-version` in Cargo.toml"
            )),
            Some(_) => {}
            None => findings.unstated += 1,
        }
        match package["license"].as_str() {
            Some(licence) if allowed(name, licence) => {}
            licence => findings.wrong.push(format!(
                "{name} {number} has the licence {}: do without it, or allow the licence in xtask/src/supply.rs",
                licence.unwrap_or("of none that it states")
            )),
        }
    }
    for (name, numbers) in versions {
        if numbers.len() > 1 {
            findings.notes.push(format!(
                "{name} is there in {} versions: {}",
                numbers.len(),
                numbers.join(", ")
            ));
        }
    }
    Ok(findings)
}

fn version(text: &str) -> [u64; 3] {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(0));
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

/// Whether an SPDX expression can be kept by licences that are allowed. `AND` binds before `OR`; parentheses are as in
/// the expressions that crates carry: around one alternative.
fn allowed(name: &str, expression: &str) -> bool {
    let mut expression = expression.replace('/', " OR ");
    while let Some(end) = expression.find(')') {
        let Some(begin) = expression[..end].rfind('(') else {
            return false;
        };
        let kept = if holds(name, &expression[begin + 1..end]) {
            "MIT"
        } else {
            "none"
        };
        expression.replace_range(begin..=end, kept);
    }
    holds(name, &expression)
}

fn holds(name: &str, expression: &str) -> bool {
    let one = |licence: &str| {
        let licence = licence.trim();
        LICENCES.contains(&licence) || ALSO.contains(&(name, licence))
    };
    expression
        .split(" OR ")
        .any(|all| all.split(" AND ").all(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn licences_are_read_as_they_are_meant() {
        for (expression, expected) in [
            ("MIT", true),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0 OR MIT", true),
            ("MIT AND GPL-3.0", false),
            ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
            ("(GPL-2.0 OR GPL-3.0) AND MIT", false),
            ("Apache-2.0 WITH LLVM-exception OR MIT", true),
            ("OpenSSL", false),
            ("", false),
            ("MIT)", false),
        ] {
            assert_eq!(allowed("a", expression), expected, "{expression}");
        }
        assert!(allowed("aws-lc-sys", "ISC AND OpenSSL"));
    }

    #[test]
    fn what_breaks_a_promise_is_told() {
        let package = |name: &str, number: &str, rust: Value, licence: Value| json!({ "name": name, "version": number, "rust_version": rust, "license": licence });
        let packages = [
            package("katapult-core", "0.1.0", json!("1.89"), json!("MIT")),
            package("older", "1.0.0", json!("1.56.1"), json!("MIT")),
            package("newer", "1.0.0", json!("1.90"), json!("MIT")),
            package("strict", "1.0.0", json!(null), json!("GPL-3.0")),
            package("silent", "1.0.0", json!(null), json!(null)),
            package("older", "2.0.0", json!("1.89.0"), json!("MIT")),
        ];
        let found = findings(&packages.iter().collect::<Vec<_>>()).expect("findings");
        assert_eq!(found.unstated, 2);
        assert_eq!(found.notes, ["older is there in 2 versions: 1.0.0, 2.0.0"]);
        let wrong: Vec<&str> = found
            .wrong
            .iter()
            .map(|line| line.split(':').next().unwrap_or(""))
            .collect();
        assert_eq!(
            wrong,
            [
                "newer 1.0.0 needs Rust 1.90, and the workspace promises less",
                "strict 1.0.0 has the licence GPL-3.0",
                "silent 1.0.0 has the licence of none that it states",
            ]
        );
    }
}
