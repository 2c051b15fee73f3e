//! `cargo xtask generate`: writes the generated part of katapult-gen from the canonical documents.

mod cargo_features;
mod check;
mod deserialize;
mod example;
mod files;
mod operation;
mod progenitor;
mod types;
mod usage;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::spec;
use crate::util::{cargo, fs as files_on_disk};

/// Returns the generated files of a document by name, without writing them.
pub(crate) fn sources(document: &spec::Document) -> Result<BTreeMap<String, String>> {
    files::files(document)
}

/// Generates into `out`: a crate's folder, or the folder of its generated files.
///
/// With `check`, writes nothing, prints each difference, and returns failure if there is one.
pub(crate) fn run(openapi: &Path, out: &Path, check: bool) -> Result<ExitCode> {
    let folder = if out.join("Cargo.toml").exists() {
        out.join("src").join("generated")
    } else {
        out.to_owned()
    };
    let document = spec::load(openapi)?;
    let generated = files::files(&document)?;
    let mut expected = cargo_features::manifests(&folder, &document, &generated)?;
    let named = generated.into_iter();
    expected.extend(named.map(|(name, text)| (folder.join(name), text)));
    // Found before anything is written, so that an unreadable folder changes nothing.
    let stale = check::stale_files(&folder, &expected)?;
    if check {
        let differences = check::differences(&expected, &stale);
        for difference in &differences {
            println!("{difference}");
        }
        if differences.is_empty() {
            println!("{} generated files are up to date", expected.len());
            return Ok(ExitCode::SUCCESS);
        }
        println!(
            "{} generated files are out of date: run `{}`",
            differences.len(),
            cargo::without_check()
        );
        return Ok(ExitCode::FAILURE);
    }
    files_on_disk::write_all(&expected)?;
    for path in stale {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    println!("generated {} files in {}", expected.len(), folder.display());
    Ok(ExitCode::SUCCESS)
}
