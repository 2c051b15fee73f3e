//! `cargo xtask diff`: what a new document changes, for whom, and what a release of it must be.

mod compare;
mod judge;
mod print;
mod source;
mod surface;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

#[cfg(test)]
pub(crate) use judge::Step;
pub(crate) use print::Report;

/// How a comparison is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Table,
    Markdown,
    Json,
}

/// The exit code where something breaks.
pub(crate) const BREAKING: u8 = 3;

/// Prints what changes from `old` to `new`.
pub(crate) fn run(old: &Path, new: &Path, openapi: &Path, form: Form) -> Result<ExitCode> {
    let report = report(old, new, openapi)?;
    match form {
        Form::Table => println!("{}", report.table()),
        Form::Markdown => println!("{}\n\n{}", report.markdown(), report.semver()),
        Form::Json => println!("{}", serde_json::to_string_pretty(&report.json())?),
    }
    Ok(match report.breaking() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(BREAKING),
    })
}

/// Compares two folders of documents.
pub(crate) fn report(old: &Path, new: &Path, openapi: &Path) -> Result<Report> {
    let old = source::read(old, openapi).context("the old documents")?;
    let new = source::read(new, openapi).context("the new documents")?;
    let changes = compare::compare(&surface::of(&old), &surface::of(&new));
    Ok(Report {
        from: old.version,
        to: new.version,
        step: judge::step(changes.iter().map(|change| change.kind)),
        changes,
        version: version()?,
    })
}

/// The version of the workspace, of which this crate is a member.
fn version() -> Result<[u64; 3]> {
    let number = |text: &str| {
        text.parse()
            .context("the workspace's version is no version")
    };
    Ok([
        number(env!("CARGO_PKG_VERSION_MAJOR"))?,
        number(env!("CARGO_PKG_VERSION_MINOR"))?,
        number(env!("CARGO_PKG_VERSION_PATCH"))?,
    ])
}
