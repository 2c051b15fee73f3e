//! `cargo xtask public-api`: checks the public API of the published crates, and lists it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::published::{self, Published};
use super::rules;
use super::rustdoc::{self, Listing};
use crate::util::fs;

/// Checks the rules, and writes a listing of each crate to a folder, if there is one.
pub(crate) fn run(root: &Path, listings: Option<&Path>) -> Result<ExitCode> {
    let crates = match published::document(root)? {
        Published::Json(crates) => crates,
        Published::NotRun(reason) => {
            println!("NOT RUN: {reason}");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let mut applied = BTreeSet::new();
    let mut problems = Vec::new();
    for (package, json) in crates {
        let docs = serde_json::from_str(&fs::read(&json)?)
            .with_context(|| format!("cannot read {}", json.display()))?;
        for violation in rules::violations(&docs, &mut applied) {
            problems.push(format!("{} {}", violation.item, violation.rule.message()));
        }
        if let Some(folder) = listings
            && let Listing::Items(items) = rustdoc::items(&json)
        {
            let lines: String = items.into_iter().map(|line| line + "\n").collect();
            let path = folder.join(format!("{package}.txt"));
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&path, lines))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    let unused = rules::unused_exceptions(&applied);
    problems.extend(unused.map(|item| format!("no item needs the exception for {item}")));
    for problem in &problems {
        println!("{problem}");
    }
    Ok(match problems.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
