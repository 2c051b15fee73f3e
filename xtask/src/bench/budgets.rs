//! `cargo xtask bench guard`: compares figures that do not depend on the machine with the limits of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::bench::command::{Cargo, output};
use crate::bench::programs::{self, Programs};
use crate::bench::report::{self, Row};
use crate::util::fs;

/// The file of the limits.
const LIMITS: &str = "xtask/limits.yaml";

/// The limits by the names of their figures.
type Limits = BTreeMap<String, f64>;

fn limits(root: &Path) -> Result<Limits> {
    serde_saphyr::from_str(&fs::read(&root.join(LIMITS))?)
        .with_context(|| format!("{LIMITS} is not a map of names to numbers: correct it"))
}

/// Returns a figure, or its ratio to that of a peer, with its limit as the goal. `None` is a figure that
/// could not be measured.
fn budget(name: &str, figure: Option<f64>, peer: Option<f64>, limits: &Limits) -> Result<Row> {
    let limit = limits
        .get(name)
        .with_context(|| format!("{name}: no limit: add one to {LIMITS}"))?;
    Ok(Row {
        measure: "guard",
        what: name.to_owned(),
        unit: "",
        ours: figure,
        peer,
        goal: Some(*limit),
    })
}

/// Returns the figures that need no build.
fn static_budgets(root: &Path, limits: &Limits) -> Result<Vec<Row>> {
    let lines = generated_lines(root)?;
    let [direct, all] = [
        dependencies(root, "katapult-core", &["--depth", "1"])?,
        dependencies(root, "katapult-core", &[])?,
    ];
    let sandbox = dependencies(root, "katapult-sandbox", &["--no-default-features"])?;
    [
        ("generated lines without documentation", lines),
        ("dependencies of katapult-core, direct", direct),
        ("dependencies of katapult-core, all", all),
        ("dependencies of katapult-sandbox as a library", sandbox),
    ]
    .map(|(name, figure)| budget(name, Some(figure as f64), None, limits))
    .into_iter()
    .collect()
}

pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let limits = limits(root)?;
    let mut rows = static_budgets(root, &limits)?;
    let programs = Programs::build(root)?;
    for request in &programs::REQUESTS {
        let words = request.words;
        // Counting instructions takes long, so that only some of the requests have limits.
        if !limits.contains_key(&format!("allocations of a GET of {words}")) {
            continue;
        }
        let [sdk, baseline] = programs::allocations(&programs, request)?.map(Some);
        let name = format!("allocations of a GET of {words}");
        rows.push(budget(&name, sdk, baseline, &limits)?);
        // Compared with the baseline, because the C library has functions of its own for each processor.
        let sdk = programs::instructions(&programs, request, "sdk")?;
        let baseline = programs::instructions(&programs, request, "baseline")?;
        let name = format!("instructions of a GET of {words}");
        rows.push(budget(&name, sdk, baseline, &limits)?);
    }
    println!("{}", report::table(&rows));
    if rows.iter().any(|row| row.ours.is_none()) {
        eprintln!("not run: valgrind is not installed");
    }
    // A figure that was not measured does not fail, because not every machine has valgrind.
    if rows.iter().all(|row| row.met() != Some(false)) {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "a figure is above its limit: find out why it grew, or raise the limit in {LIMITS} and give the reason"
    );
    Ok(ExitCode::FAILURE)
}

/// Counts the generated lines of katapult-gen, without documentation: a document with more words costs no compile time.
pub(crate) fn generated_lines(root: &Path) -> Result<usize> {
    lines_in(&root.join("katapult-gen").join("src").join("generated"))
}

fn lines_in(folder: &Path) -> Result<usize> {
    let mut lines = 0;
    for entry in std::fs::read_dir(folder).with_context(|| {
        format!(
            "cannot read {}: run `cargo xtask generate` first",
            folder.display()
        )
    })? {
        let path = entry?.path();
        lines += match path.is_dir() {
            true => lines_in(&path)?,
            false => code_lines(&fs::read(&path)?),
        };
    }
    Ok(lines)
}

/// Counts the lines that are neither empty nor a comment.
fn code_lines(text: &str) -> usize {
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with("//");
    text.lines().map(str::trim_start).filter(is_code).count()
}

/// Counts the crates that are compiled for packages and their tests on this platform, one package not counted.
pub(crate) fn crates_built(root: &Path, packages: &[&str]) -> Result<usize> {
    let arguments = "tree --edges normal,build,dev --prefix none";
    tree(root, arguments.split(' ').chain(packages.iter().copied()))
}

/// Counts the crates that a package depends on, itself not counted.
fn dependencies(root: &Path, package: &str, options: &[&str]) -> Result<usize> {
    // For all targets, because users of every platform count.
    let arguments = "tree --edges normal --prefix none --target all --package";
    let arguments = arguments.split(' ').chain([package]);
    tree(root, arguments.chain(options.iter().copied()))
}

fn tree<'a>(root: &Path, arguments: impl Iterator<Item = &'a str>) -> Result<usize> {
    let cargo = Cargo {
        folder: root.to_owned(),
        target: root.join("target"),
    };
    let (tree, _) = output(&mut cargo.command(arguments))?;
    Ok(crates(&tree))
}

fn crates(tree: &str) -> usize {
    let named = tree.lines().filter(|line| !line.is_empty());
    // cargo marks a crate that it printed before.
    let crates: BTreeSet<&str> = named.map(|line| line.trim_end_matches(" (*)")).collect();
    crates.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figure_above_its_limit_exceeds_the_budget() {
        let limits = Limits::from([("allocations".to_owned(), 65.0)]);
        for (figure, peer, met) in [
            (Some(65.0), None, Some(true)),
            (Some(71.0), None, Some(false)),
            (Some(71.0), Some(2.0), Some(true)),
            (None, None, None),
        ] {
            let row = budget("allocations", figure, peer, &limits).expect("a limit");
            assert_eq!(row.met(), met, "{row:?}");
        }
        let unknown = budget("lines", Some(1.0), None, &limits).expect_err("no limit");
        assert_eq!(
            unknown.to_string(),
            "lines: no limit: add one to xtask/limits.yaml"
        );
    }

    #[test]
    fn documentation_is_no_line_of_code() {
        let text = "//! Tags.\n\n/// A tag.\npub struct Tag {\n    /// Its id.\n    pub id: String, // text\n}\n";
        assert_eq!(code_lines(text), 3);
    }

    #[test]
    fn crates_of_a_tree_are_counted_once_each() {
        let tree = "katapult-core v0.1.0 (/here)\nbytes v1.1.0\nhttp v1.0.0\nbytes v1.1.0 (*)\nsyn v2.0.0\nsyn v3.0.0\n\n";
        assert_eq!(crates(tree), 4);
        assert_eq!(crates(""), 0);
    }

    #[test]
    fn generated_lines_and_dependencies_are_within_their_limits() {
        let root = fs::workspace_root().expect("a workspace");
        let rows = static_budgets(&root, &limits(&root).expect("limits")).expect("figures");
        assert!(rows.iter().all(|row| row.met() == Some(true)), "{rows:?}");
    }
}
