//! Builds from nothing: the quickstart as in a fresh checkout, and all tests.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::bench::budgets::crates_built;
use crate::bench::command::{Cargo, ResourceUsage, measured};
use crate::bench::options::Options;
use crate::bench::report::{Row, median};

/// The goal for the quickstart, in seconds on 2 cores.
const QUICKSTART_GOAL: f64 = 60.0;

/// Measures the quickstart from nothing, and counts the crates that it is built from.
pub(crate) fn quickstart(root: &Path, options: &Options) -> Result<Vec<Row>> {
    const WHAT: &str = "cargo run --example quickstart";
    let cargo = cargo(root);
    // Cargo downloads the sources of the crates that it lists, so that the first run does not.
    let crates = crates_built(root, &["--package", "katapult-examples"])?;
    let mut runs = Vec::new();
    for _ in 0..options.runs() {
        remove(&cargo)?;
        let mut command = cargo.command(["run", "--quiet", "--locked", "--example", "quickstart"]);
        // With a token, it would use the real API.
        runs.push(measured(command.env_remove("KATAPULT_API_KEY"))?);
    }
    remove(&cargo)?;
    Ok(vec![
        seconds(WHAT, wall(&runs), Some(QUICKSTART_GOAL)),
        seconds(format!("CPU time of {WHAT}"), cpu(&runs), None),
        Row {
            unit: "",
            ..seconds(format!("crates of {WHAT}"), crates as f64, None)
        },
    ])
}

/// Measures all tests twice: from nothing, and with everything built.
pub(crate) fn tests(root: &Path) -> Result<Vec<Row>> {
    let cargo = cargo(root);
    crates_built(root, &["--workspace"])?; // downloads, as above
    remove(&cargo)?;
    let mut rows = Vec::new();
    for state in ["cold", "warm"] {
        let what = format!("cargo test --workspace, {state}");
        let mut command = cargo.command(["test", "--quiet", "--locked", "--workspace"]);
        let run = [measured(&mut command)?];
        rows.push(seconds(&what, wall(&run), None));
        rows.push(seconds(format!("CPU time of {what}"), cpu(&run), None));
    }
    remove(&cargo)?;
    Ok(rows)
}

/// Returns cargo with a target folder of its own.
fn cargo(root: &Path) -> Cargo {
    Cargo {
        folder: root.to_owned(),
        target: root.join("target").join("bench").join("cold"),
    }
}

fn remove(cargo: &Cargo) -> Result<()> {
    match fs::remove_dir_all(&cargo.target) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let target = cargo.target.display();
            Err(error).with_context(|| format!("cannot remove {target}: remove it by hand"))
        }
        _ => Ok(()),
    }
}

fn seconds(what: impl Into<String>, value: f64, goal: Option<f64>) -> Row {
    Row {
        measure: "cold",
        what: what.into(),
        unit: "s",
        ours: Some(value),
        peer: None,
        goal,
    }
}

fn wall(runs: &[ResourceUsage]) -> f64 {
    median(runs.iter().map(|run| run.wall.as_secs_f64()))
}

fn cpu(runs: &[ResourceUsage]) -> f64 {
    median(runs.iter().map(|run| run.cpu.as_secs_f64()))
}
