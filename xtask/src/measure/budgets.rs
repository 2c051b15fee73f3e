//! Figures that do not depend on the machine, held to limits that are kept in a file: `cargo xtask measure guard`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::measure::command::{Cargo, said};
use crate::measure::programs::{self, Programs};
use crate::util::fs;

/// Where the limits are.
const LIMITS: &str = "xtask/limits.yaml";

#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Limits(BTreeMap<String, f64>);

/// A figure against its limit.
#[derive(Debug, PartialEq)]
enum Verdict {
    Kept(String),
    Passed(String),
    NotRun(String),
}

/// Judges one figure; `None` is one that could not be had.
fn judge(name: &str, figure: Option<f64>, limits: &Limits) -> Verdict {
    let Some(limit) = limits.0.get(name) else {
        return Verdict::Passed(format!("{name}: no limit is kept: add one to {LIMITS}"));
    };
    match figure {
        None => Verdict::NotRun(format!("{name}: NOT RUN: there is no valgrind here")),
        Some(figure) if figure <= *limit => {
            Verdict::Kept(format!("{name}: {figure:.0}, limit {limit}"))
        }
        Some(figure) => Verdict::Passed(format!(
            "{name}: {figure:.0}, limit {limit}: find out why it grew, or raise the limit in {LIMITS} and say why"
        )),
    }
}

pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let limits: Limits = serde_saphyr::from_str(&fs::read(&root.join(LIMITS))?)
        .with_context(|| format!("{LIMITS} holds no limits"))?;
    let mut figures = vec![
        (
            "generated lines".to_owned(),
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
    for (asked, words) in programs::ASKED {
        let allocations = programs::allocations(&programs, asked)?;
        figures.push((
            format!("allocations of a GET of {words}"),
            Some(allocations),
        ));
        let instructions = programs::instructions(&programs, asked, "sdk")?;
        figures.push((format!("instructions of a GET of {words}"), instructions));
    }
    let verdicts: Vec<Verdict> = figures
        .iter()
        .map(|(name, figure)| judge(name, *figure, &limits))
        .collect();
    let mut passed = false;
    for verdict in verdicts {
        passed |= matches!(verdict, Verdict::Passed(_));
        let (Verdict::Kept(text) | Verdict::Passed(text) | Verdict::NotRun(text)) = verdict;
        println!("{text}");
    }
    Ok(if passed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// How many lines there are in the generated part of katapult-gen.
pub(crate) fn generated_lines(root: &Path) -> Result<usize> {
    lines_in(&root.join("katapult-gen").join("src").join("generated"))
}

fn lines_in(folder: &Path) -> Result<usize> {
    let mut lines = 0;
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        lines += match path.is_dir() {
            true => lines_in(&path)?,
            false => fs::read(&path)?.lines().count(),
        };
    }
    Ok(lines)
}

/// How many crates katapult-core brings to a user who sets no features, itself not counted.
fn dependencies(root: &Path, depth: &[&str]) -> Result<usize> {
    let cargo = Cargo {
        folder: root.to_owned(),
        target: root.join("target"),
    };
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
    let (tree, _) = said(&mut cargo.command([&arguments[..], depth].concat()))?;
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
    names.sort_unstable();
    names.dedup();
    names.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_held_to_its_limit() {
        let limits = Limits(BTreeMap::from([("allocations".to_owned(), 65.0)]));
        for (figure, expected) in [
            (Some(65.0), Verdict::Kept("allocations: 65, limit 65".to_owned())),
            (
                Some(71.0),
                Verdict::Passed(
                    "allocations: 71, limit 65: find out why it grew, or raise the limit in xtask/limits.yaml and say why"
                        .to_owned(),
                ),
            ),
            (None, Verdict::NotRun("allocations: NOT RUN: there is no valgrind here".to_owned())),
        ] {
            assert_eq!(judge("allocations", figure, &limits), expected);
        }
        let unknown = judge("lines", Some(1.0), &limits);
        assert_eq!(
            unknown,
            Verdict::Passed("lines: no limit is kept: add one to xtask/limits.yaml".to_owned())
        );
    }

    #[test]
    fn crates_of_a_tree_are_counted_once_each() {
        let tree = "katapult-core v0.1.0 (/here)\nbytes v1.1.0\nhttp v1.0.0\nbytes v1.1.0 (*)\nsyn v2.0.0\nsyn v3.0.0\n\n";
        assert_eq!(crates(tree), 4);
        assert_eq!(crates(""), 0);
    }

    /// What needs nothing built, so that a test tells it.
    #[test]
    fn generated_lines_and_dependencies_keep_to_their_limits() {
        let root = fs::workspace_root();
        let text = fs::read(&root.join(LIMITS)).expect("limits");
        let limits: Limits = serde_saphyr::from_str(&text).expect("limits");
        let lines = generated_lines(&root).expect("lines") as f64;
        let all = dependencies(&root, &[]).expect("dependencies") as f64;
        for (name, figure) in [
            ("generated lines", lines),
            ("dependencies of katapult-core, all", all),
        ] {
            let verdict = judge(name, Some(figure), &limits);
            assert!(matches!(verdict, Verdict::Kept(_)), "{verdict:?}");
        }
    }
}
