//! `cargo xtask generate`: the canonical documents → the generated part of katapult-gen.

pub(crate) mod document;
mod emit;
mod example;
mod features;
mod objects;
mod operations;
mod prepare;
mod progenitor;
mod types;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::util::{cargo as command, fs as files};

/// Generates into `out`: a crate's folder, or the folder of generated files in it.
pub(crate) fn run(openapi: &Path, out: &Path, check: bool) -> Result<ExitCode> {
    let folder = if out.join("Cargo.toml").exists() {
        out.join("src").join("generated")
    } else {
        out.to_owned()
    };
    let document = document::load(openapi)?;
    let mut wanted: Vec<(PathBuf, String)> = emit::files(&document)?
        .into_iter()
        .map(|(name, text)| (folder.join(name), text))
        .collect();
    wanted.extend(features::manifests(&folder, &document)?);
    let stale = stale(&folder, &wanted)?;
    if !check {
        files::write_all(&wanted)?;
        for path in stale {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        println!("generated {} files in {}", wanted.len(), folder.display());
        return Ok(ExitCode::SUCCESS);
    }
    let mut differs = false;
    for (path, text) in &wanted {
        let there = fs::read_to_string(path).unwrap_or_default();
        if there != *text {
            differs = true;
            println!("{}", difference(path, &there, text));
        }
    }
    for path in stale {
        differs = true;
        println!("{}: nothing generates it", path.display());
    }
    if differs {
        println!(
            "the generated code is not that of the documents: run `{}`",
            command::without_check()
        );
        return Ok(ExitCode::FAILURE);
    }
    println!("{} generated files are as they should be", wanted.len());
    Ok(ExitCode::SUCCESS)
}

/// Files that an earlier document brought and this one does not; what does not say that it is generated
/// is not touched.
fn stale(folder: &Path, wanted: &[(PathBuf, String)]) -> Result<Vec<PathBuf>> {
    let wanted: BTreeSet<&PathBuf> = wanted.iter().map(|(path, _)| path).collect();
    let mut stale = Vec::new();
    for folder in [folder, &folder.join("types")] {
        if !folder.exists() {
            continue;
        }
        files::check_folder(folder)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs")
                && !wanted.contains(&path)
                && fs::read_to_string(&path).is_ok_and(|text| text.starts_with(emit::HEADER))
            {
                stale.push(path);
            }
        }
    }
    stale.sort();
    Ok(stale)
}

/// The first line that differs.
fn difference(path: &Path, there: &str, wanted: &str) -> String {
    let (there, wanted): (Vec<&str>, Vec<&str>) = (
        there.split_inclusive('\n').collect(),
        wanted.split_inclusive('\n').collect(),
    );
    let first = there
        .iter()
        .zip(&wanted)
        .take_while(|(a, b)| a == b)
        .count();
    let at = |lines: &[&str]| lines.get(first).map(|line| (*line).to_owned());
    let (is, should_be) = (at(&there), at(&wanted));
    let ends_alone_differ =
        is.as_deref().map(str::trim_end) == should_be.as_deref().map(str::trim_end);
    let shown = |line: Option<String>| match line {
        None => "(end of file)".to_owned(),
        Some(line) if ends_alone_differ => format!("{line:?}"),
        Some(line) => line.trim_end().to_owned(),
    };
    format!(
        "{}:{}: is\n  {}\nand should be\n  {}",
        path.display(),
        first + 1,
        shown(is),
        shown(should_be)
    )
}
