//! `cargo xtask generate`: writes the generated part of katapult-gen from the canonical documents.

mod aliases;
mod cargo_features;
mod check;
mod descriptions;
mod deserialize;
pub(crate) mod documented_fields;
mod example;
mod files;
mod macro_call;
mod operation;
mod places;
mod progenitor;
mod re_exports;
pub(crate) mod sample;
mod section;
mod serialize;
mod types;
mod usage;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

pub(crate) use aliases::{
    of_operation as aliases_of_operation, of_resource as aliases_of_resource,
};
pub(crate) use usage::exported_types;

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
    let document = spec::load(openapi)?;
    if check {
        let Expected {
            files: expected,
            stale,
            ..
        } = expected(&document, out)?;
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
    let (number, folder) = write(&document, out)?;
    for place in places::stale(&document) {
        println!("described but not in the documents: {place}");
    }
    println!("generated {number} files in {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

/// Generates from a document into `out`. Returns the number of the files, and their folder.
pub(crate) fn write(document: &spec::Document, out: &Path) -> Result<(usize, PathBuf)> {
    let Expected {
        folder,
        files,
        stale,
    } = expected(document, out)?;
    files_on_disk::write_all(&files)?;
    for path in stale {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok((files.len(), folder))
}

/// The files that a document requires in a folder.
struct Expected {
    folder: PathBuf,
    files: Vec<(PathBuf, String)>,
    /// Files in the folder that it no longer requires.
    stale: Vec<PathBuf>,
}

/// Returns the crate's folder of a folder that is the crate's, or that of its generated files. `None` is a folder of its
/// own, around which nothing is written.
fn crate_of(out: &Path) -> Option<&Path> {
    let around = || out.ancestors().nth(2);
    match out.ends_with("src/generated") {
        true => around().filter(|folder| folder.join("Cargo.toml").exists()),
        false => out.join("Cargo.toml").exists().then_some(out),
    }
}

fn expected(document: &spec::Document, out: &Path) -> Result<Expected> {
    let gen_crate = crate_of(out);
    let folder = match gen_crate {
        Some(gen_crate) => gen_crate.join("src").join("generated"),
        None => out.to_owned(),
    };
    let generated = files::files(document)?;
    let mut expected = Vec::new();
    if let Some(gen_crate) = gen_crate {
        expected.extend(cargo_features::manifests(gen_crate, document, &generated)?);
        expected.extend(re_exports::of_core(gen_crate, document)?);
    }
    let named = generated.into_iter();
    expected.extend(named.map(|(name, text)| (folder.join(name), text)));
    // Found before anything is written, so that an unreadable folder changes nothing.
    let stale = check::stale_files(&folder, &expected)?;
    Ok(Expected {
        folder,
        files: expected,
        stale,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_of_its_own_has_no_crate_around_it() {
        let root = files_on_disk::workspace_root().expect("the workspace");
        let own = root.join("katapult-gen");
        assert_eq!(crate_of(&own), Some(&*own));
        assert_eq!(crate_of(&own.join("src/generated")), Some(&*own));
        for other in [
            "generated",
            "target/tmp/generated",
            "katapult-gen/src/other",
        ] {
            assert_eq!(crate_of(&root.join(other)), None, "{other}");
        }
    }
}
