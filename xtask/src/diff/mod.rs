//! `cargo xtask diff`: reports the changes between two documents, their severity, and the version that a release needs.

mod api_model;
mod compare;
mod input;
mod predict;
mod report;
mod severity;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

pub(crate) use report::Report;
#[cfg(test)]
pub(crate) use severity::SemverBump;

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Table,
    Markdown,
    Json,
}

impl Format {
    /// Returns the format that the flags `--json` and `--markdown` select. Default: a table.
    pub(crate) fn of_flags(json: bool, markdown: bool) -> Self {
        match (json, markdown) {
            (true, _) => Self::Json,
            (false, true) => Self::Markdown,
            (false, false) => Self::Table,
        }
    }
}

/// The exit code if a change breaks users.
pub(crate) const BREAKING: u8 = 3; // not 1, which means that the documents could not be compared

/// Prints the changes from `old` to `new`.
pub(crate) fn run(old: &Path, new: &Path, openapi: &Path, format: Format) -> Result<ExitCode> {
    let report = report(old, new, openapi)?;
    match format {
        Format::Table => println!("{}", report.table()),
        Format::Markdown => println!("{}\n\n{}", report.markdown(), report.semver()),
        Format::Json => println!("{}", serde_json::to_string_pretty(&report.json())?),
    }
    Ok(match report.breaking() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(BREAKING),
    })
}

/// Compares two folders of documents. Names and corrections for upstream documents are read from `openapi`.
pub(crate) fn report(old: &Path, new: &Path, openapi: &Path) -> Result<Report> {
    let old = input::read(old, openapi).context("the old documents")?;
    let new = input::read(new, openapi).context("the new documents")?;
    let mut changes = compare::compare(&old, &new);
    let breaks = match predict::breaks(&old, &new) {
        Ok(breaks) => {
            predict::reconcile(&mut changes, &breaks, &old);
            breaks
        }
        Err(error) => {
            changes.push(compare::not_generated(&error));
            Vec::new()
        }
    };
    let changes = compare::sorted(changes);
    Ok(Report {
        from: old.version,
        to: new.version,
        bump: severity::semver_bump(changes.iter().map(|change| (change.kind, change.severity))),
        changes,
        breaks,
        version: version()?,
    })
}

/// Returns the version of the workspace, which is that of this crate.
fn version() -> Result<[u64; 3]> {
    let number = |text: &str| {
        text.parse()
            .context("the workspace's version is not of the form 1.2.3: correct it in Cargo.toml")
    };
    Ok([
        number(env!("CARGO_PKG_VERSION_MAJOR"))?,
        number(env!("CARGO_PKG_VERSION_MINOR"))?,
        number(env!("CARGO_PKG_VERSION_PATCH"))?,
    ])
}
