//! Verifies the prediction of `diff`: compares the public API of the generated crate before and after the update, as
//! rustdoc lists it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

use crate::generate;
use crate::public_api::rustdoc::{self, Listing};
use crate::public_api::{self, Break};
use crate::util::fs;

/// The result of a comparison.
pub(super) enum Verified {
    /// Nothing could be compared, for this reason.
    NotRun(String),
    Compared {
        /// The number of listed items that are gone or changed.
        removed: usize,
        /// Those of them that the prediction lacks.
        missed: Vec<String>,
        /// Predicted breaks that no item bears out.
        unfounded: Vec<String>,
    },
}

/// Compares the crate of `old` documents, generated into a copy, with the crate of the workspace.
///
/// Both come from the same generator, so that only the documents make a difference.
pub(super) fn verify(root: &Path, old: &Path, predicted: &[Break]) -> Result<Verified> {
    let folder = root.join("target").join("xtask-public-api");
    let copy = folder.join("before");
    copy_crate(root, &copy)?;
    // In another place of its workspace than ours, for cargo takes crates at equal places for the same one.
    generate::run(old, &copy.join("released").join("katapult-gen"), false)?;
    let build =
        std::env::var_os("CARGO_BUILD_BUILD_DIR").map_or_else(|| folder.join("build"), Into::into);
    let mut listed = Vec::new();
    for (workspace, side) in [(copy.as_path(), "listing-before"), (root, "listing-after")] {
        match rustdoc::list(workspace, &folder.join(side), &build)? {
            Listing::Items(items) => listed.push(items),
            Listing::NotRun(reason) => return Ok(Verified::NotRun(reason)),
        }
    }
    let (before, after) = (&listed[0], &listed[1]);
    let removed: BTreeSet<String> = before.difference(after).cloned().collect();
    let missed = public_api::uncovered(&removed, predicted);
    let unfounded = public_api::unfounded(&removed, predicted);
    Ok(Verified::Compared {
        removed: removed.len(),
        missed: missed.into_iter().map(str::to_owned).collect(),
        unfounded: unfounded
            .into_iter()
            .map(|one| format!("{} {}", one.item.owner, one.item.member))
            .collect(),
    })
}

/// Copies katapult-gen into a workspace of its own.
fn copy_crate(root: &Path, copy: &Path) -> Result<()> {
    let manifest = fs::read(&root.join("Cargo.toml"))?;
    let parts = manifest
        .split_once("\nmembers = [")
        .and_then(|(before, members)| {
            let (_, after) = members.split_once(']')?;
            Some((before, after))
        });
    let (before, after) = parts.context("Cargo.toml has no list of members")?;
    let after: String = after
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("default-members"))
        .collect();
    let manifest = format!("{before}\nmembers = [\"released/katapult-gen\"]{after}");
    let mut files = vec![(copy.join("Cargo.toml"), manifest)];
    files.push((copy.join("Cargo.lock"), fs::read(&root.join("Cargo.lock"))?));
    let from = root.join("katapult-gen");
    collect(
        &from,
        &copy.join("released").join("katapult-gen"),
        &mut files,
    )?;
    fs::write_all(&files)
}

fn collect(from: &Path, to: &Path, files: &mut Vec<(std::path::PathBuf, String)>) -> Result<()> {
    for entry in
        std::fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?
    {
        let path = entry?.path();
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            // The generated files follow from the documents, and what is left of others would be compiled.
            if !path.ends_with("generated") && !path.ends_with("target") {
                collect(&path, &to, files)?;
            }
        } else {
            files.push((to, fs::read(&path)?));
        }
    }
    Ok(())
}
