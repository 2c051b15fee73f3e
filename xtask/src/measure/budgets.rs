//! `cargo xtask measure guard`: compares figures that do not depend on the machine with the limits of a file.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::measure::command::{Cargo, output};
use crate::measure::programs::{self, Programs};
use crate::util::fs;

/// The file of the limits.
const LIMITS: &str = "xtask/limits.yaml";

#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Limits(BTreeMap<String, f64>);

/// A figure against its limit.
#[derive(Debug, PartialEq)]
enum Budget {
    Met(String),
    Exceeded(String),
    NotRun(String),
}

/// Compares one figure with its limit. `None` is a figure that could not be measured.
fn check(name: &str, figure: Option<f64>, limits: &Limits) -> Budget {
    let Some(limit) = limits.0.get(name) else {
        return Budget::Exceeded(format!("{name}: no limit: add one to {LIMITS}"));
    };
    match figure {
        None => Budget::NotRun(format!("{name}: NOT RUN: valgrind is not installed")),
        Some(figure) if figure <= *limit => {
            Budget::Met(format!("{name}: {figure:.0}, limit {limit}"))
        }
        Some(figure) => Budget::Exceeded(format!(
            "{name}: {figure:.0}, limit {limit}: find out why it grew, or raise the limit in {LIMITS} and give the reason"
        )),
    }
}

pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let limits: Limits = serde_saphyr::from_str(&fs::read(&root.join(LIMITS))?)
        .with_context(|| format!("{LIMITS} is not a map of names to numbers: correct it"))?;
    let mut figures = vec![
        (
            "generated lines without documentation".to_owned(),
            Some(generated_lines(root)? as f64),
        ),
        (
            "dependencies of katapult-core, direct".to_owned(),
            Some(dependencies(root, &["--depth", "1"])? as f64),
        ),
        (
            "dependencies of katapult-core, all".to_owned(),
            Some(dependencies(root, &[])? as f64),
        ),
    ];
    let programs = Programs::build(root)?;
    for (request, words) in programs::REQUESTS {
        let allocations = programs::allocations(&programs, request)?;
        figures.push((
            format!("allocations of a GET of {words}"),
            Some(allocations),
        ));
        let instructions = programs::instructions(&programs, request, "sdk")?;
        figures.push((format!("instructions of a GET of {words}"), instructions));
    }
    let budgets: Vec<Budget> = figures
        .iter()
        .map(|(name, figure)| check(name, *figure, &limits))
        .collect();
    let mut exceeded = false;
    for budget in budgets {
        exceeded |= matches!(budget, Budget::Exceeded(_));
        let (Budget::Met(text) | Budget::Exceeded(text) | Budget::NotRun(text)) = budget;
        println!("{text}");
    }
    Ok(if exceeded {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
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

/// Counts the crates that katapult-core depends on with default features, itself not counted.
fn dependencies(root: &Path, depth: &[&str]) -> Result<usize> {
    let cargo = Cargo {
        folder: root.to_owned(),
        target: root.join("target"),
    };
    // For all targets, because users of every platform count.
    let arguments = [
        "tree",
        "--package",
        "katapult-core",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--target",
        "all",
    ];
    let (tree, _) = output(&mut cargo.command([&arguments[..], depth].concat()))?;
    Ok(crates(&tree))
}

fn crates(tree: &str) -> usize {
    let mut names: Vec<&str> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let named = words.next().filter(|name| !name.is_empty())?;
            Some(&line[..named.len() + 1 + words.next()?.len()])
        })
        .collect();
    // cargo repeats a crate wherever something depends on it.
    names.sort_unstable();
    names.dedup();
    names.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figure_above_its_limit_exceeds_the_budget() {
        let limits = Limits(BTreeMap::from([("allocations".to_owned(), 65.0)]));
        for (figure, expected) in [
            (Some(65.0), Budget::Met("allocations: 65, limit 65".to_owned())),
            (
                Some(71.0),
                Budget::Exceeded(
                    "allocations: 71, limit 65: find out why it grew, or raise the limit in xtask/limits.yaml and give the reason"
                        .to_owned(),
                ),
            ),
            (None, Budget::NotRun("allocations: NOT RUN: valgrind is not installed".to_owned())),
        ] {
            assert_eq!(check("allocations", figure, &limits), expected);
        }
        let unknown = check("lines", Some(1.0), &limits);
        assert_eq!(
            unknown,
            Budget::Exceeded("lines: no limit: add one to xtask/limits.yaml".to_owned())
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

    /// These two budgets need no build, so a test checks them on every run.
    #[test]
    fn generated_lines_and_dependencies_are_within_their_limits() {
        let root = fs::workspace_root().expect("a workspace");
        let text = fs::read(&root.join(LIMITS)).expect("limits");
        let limits: Limits = serde_saphyr::from_str(&text).expect("limits");
        let lines = generated_lines(&root).expect("lines") as f64;
        let all = dependencies(&root, &[]).expect("dependencies") as f64;
        for (name, figure) in [
            ("generated lines without documentation", lines),
            ("dependencies of katapult-core, all", all),
        ] {
            let budget = check(name, Some(figure), &limits);
            assert!(matches!(budget, Budget::Met(_)), "{budget:?}");
        }
    }
}
