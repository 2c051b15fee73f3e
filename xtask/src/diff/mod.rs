//! `cargo xtask diff`: reports the changes between two documents, their severity, and the version that a release needs.

mod api_model;
mod compare;
mod facts;
mod input;
mod predict;
mod report;
mod severity;
#[cfg(test)]
mod tests;
mod verify;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::public_api::Break;

pub(crate) use report::Report;
#[cfg(test)]
pub(crate) use severity::SemverBump;
pub(crate) use verify::Verified;

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

/// Prints the changes between two documents.
///
/// With `verify`, the root of the workspace, compares them with the public API of the generated crates too.
pub(crate) fn run(pair: &Pair, format: Format, verify: Option<&Path>) -> Result<ExitCode> {
    let mut report = pair.report()?;
    if let Some(root) = verify {
        report.verified = Some(pair.verify(root, &report.breaks)?);
    }
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

/// The documents before and after.
pub(crate) struct Pair {
    old: input::Source,
    new: input::Source,
}

impl Pair {
    /// Reads two folders of documents. Names and corrections for upstream documents are read from `openapi`.
    pub(crate) fn read(old: &Path, new: &Path, openapi: &Path) -> Result<Self> {
        Ok(Self {
            old: input::read(old, openapi).context("the old documents")?,
            new: input::read(new, openapi).context("the new documents")?,
        })
    }

    /// Returns the changes from the old document to the new one.
    pub(crate) fn report(&self) -> Result<Report> {
        let Self { old, new } = self;
        let apis = predict::api(old).and_then(|api| Ok([api, predict::api(new)?]));
        let mut changes = compare::compare(old, new, apis.as_ref().ok());
        let breaks = match apis {
            Ok([before, after]) => {
                let breaks = before.breaks(&after);
                predict::reconcile(&mut changes, &breaks, old);
                breaks
            }
            Err(error) => {
                changes.push(compare::not_generated(&error));
                Vec::new()
            }
        };
        let changes = compare::sorted(changes);
        Ok(Report {
            from: old.version.clone(),
            to: new.version.clone(),
            bump: severity::semver_bump(
                changes.iter().map(|change| (change.kind, change.severity)),
            ),
            changes,
            breaks,
            verified: None,
            version: version()?,
        })
    }

    /// Compares the predicted breaks with what rustdoc lists of the crates that are generated in the workspace `root`.
    pub(crate) fn verify(&self, root: &Path, predicted: &[Break]) -> Result<Verified> {
        verify::verify(root, [&self.old.document, &self.new.document], predicted)
    }
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
