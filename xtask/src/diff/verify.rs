//! Verifies the prediction: compares the public APIs of the crates that are generated from both documents, as rustdoc
//! lists them.

use std::collections::BTreeSet;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::generate;
use crate::public_api::rustdoc::{self, Listing};
use crate::public_api::{self, Break};
use crate::spec::Document;
use crate::util::{cargo, fs};

/// The result of a comparison.
pub(crate) enum Verified {
    /// Nothing could be compared, for this reason.
    NotRun(String),
    Compared {
        /// The listed items that are gone or changed.
        removed: BTreeSet<String>,
        /// Those of them that the prediction lacks.
        missed: Vec<String>,
        /// Predicted breaks that no item bears out.
        unfounded: Vec<String>,
    },
}

impl Verified {
    /// Returns the result in words, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (removed, missed, unfounded) = match self {
            Self::NotRun(reason) => return vec![format!("NOT RUN: {reason}")],
            Self::Compared {
                removed,
                missed,
                unfounded,
            } => (removed, missed, unfounded),
        };
        let mut lines = vec![format!(
            "{} listed items are gone or changed",
            removed.len()
        )];
        lines.extend(missed.iter().map(|item| format!("not predicted: {item}")));
        lines.extend(
            unfounded
                .iter()
                .map(|item| format!("predicted, and not found: {item}")),
        );
        if missed.is_empty() && unfounded.is_empty() {
            lines.push("the prediction has all of them, and no others".to_owned());
        }
        lines
    }

    /// Returns the result for programs.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::NotRun(reason) => json!({ "not_run": reason }),
            Self::Compared {
                removed,
                missed,
                unfounded,
            } => {
                json!({ "removed": removed, "missed": missed, "unfounded": unfounded })
            }
        }
    }

    /// Returns the work that the result leaves, if any.
    pub(crate) fn remains(&self) -> Option<String> {
        match self {
            Self::NotRun(_) => Some("compare the public API: that step was not run".to_owned()),
            Self::Compared {
                missed, unfounded, ..
            } => {
                let wrong = missed.len() + unfounded.len();
                let repair =
                    || format!("repair xtask/src/diff: it predicted {wrong} items wrongly");
                (wrong > 0).then(repair)
            }
        }
    }
}

/// Generates the crate of both documents into a copy, lists its public items, and compares the difference with the
/// prediction.
///
/// Both come from the same generator, so that only the documents make a difference.
pub(super) fn verify(
    root: &Path,
    documents: [&Document; 2],
    predicted: &[Break],
) -> Result<Verified> {
    let folder = cargo::target(root).join("xtask-public-api");
    let _turn = turn(&folder)?;
    let mut listed = Vec::new();
    for document in documents {
        match listing(root, &folder, document)? {
            Listing::Items(items) => listed.push(items),
            Listing::NotRun(reason) => return Ok(Verified::NotRun(reason)),
        }
    }
    let removed = rustdoc::difference(&listed[0], &listed[1]);
    let missed = public_api::uncovered(&removed, predicted);
    let unfounded = public_api::unfounded(&removed, predicted);
    Ok(Verified::Compared {
        missed: missed.into_iter().map(str::to_owned).collect(),
        unfounded: unfounded
            .into_iter()
            .map(|one| format!("{} {}", one.item.owner, one.item.member))
            .collect(),
        removed,
    })
}

/// Waits until no other process compares: they share the copy of the crate.
fn turn(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let locked = std::fs::create_dir_all(folder)
        .and_then(|()| File::create(&path))
        .and_then(|file| file.lock().map(|()| file));
    locked.with_context(|| format!("cannot lock {}: make its folder writable", path.display()))
}

/// Lists the public items of the crate that is generated from a document.
///
/// The listing is kept in `folder` by the content of the crate: the same crate is often listed again, as the one before
/// an update, and the compiler takes most of the time.
fn listing(root: &Path, folder: &Path, document: &Document) -> Result<Listing> {
    let copy = folder.join("crate");
    copy_crate(root, &copy)?;
    if let Err(error) = generate::write(document, &copy.join("katapult-gen")) {
        return Ok(Listing::NotRun(format!(
            "the crate cannot be generated: {error:#}"
        )));
    }
    let kept = folder
        .join("listings")
        .join(format!("{:016x}.txt", content(&copy)?));
    if let Ok(text) = std::fs::read_to_string(&kept) {
        return Ok(Listing::Items(text.lines().map(str::to_owned).collect()));
    }
    let listing = rustdoc::list(&copy, &folder.join("target"))?;
    if let Listing::Items(items) = &listing {
        let lines = items.iter().map(|item| format!("{item}\n"));
        fs::write_all(&[(kept, lines.collect())])?;
    }
    Ok(listing)
}

/// Returns a hash of all that a listing depends on: the compiler, the features, the dependencies and the files of the
/// crate.
fn content(copy: &Path) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    let version = cargo::output(cargo::in_folder(copy).args(["version", "--verbose"]))?;
    version.stdout.hash(&mut hasher);
    rustdoc::FEATURES.hash(&mut hasher);
    let mut files = vec![(
        PathBuf::from("Cargo.lock"),
        fs::read(&copy.join("Cargo.lock"))?,
    )];
    files.push((
        PathBuf::from("Cargo.toml"),
        fs::read(&copy.join("Cargo.toml"))?,
    ));
    collect(&copy.join("katapult-gen"), Path::new(""), &[], &mut files)?;
    files.sort();
    files.hash(&mut hasher);
    Ok(hasher.finish())
}

/// Copies katapult-gen without its generated files into a workspace of its own.
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
    let manifest = format!("{before}\nmembers = [\"katapult-gen\"]{after}");
    let mut files = vec![(copy.join("Cargo.toml"), manifest)];
    files.push((copy.join("Cargo.lock"), fs::read(&root.join("Cargo.lock"))?));
    // The generated files follow from the document.
    let skipped = ["generated", "target"];
    collect(
        &root.join("katapult-gen"),
        &copy.join("katapult-gen"),
        &skipped,
        &mut files,
    )?;
    fs::write_all(&files)
}

/// Collects the files of a folder with their texts, as files of the folder `to`.
fn collect(
    from: &Path,
    to: &Path,
    skipped: &[&str],
    files: &mut Vec<(PathBuf, String)>,
) -> Result<()> {
    for entry in
        std::fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?
    {
        let path = entry?.path();
        let to = to.join(path.file_name().unwrap_or_default());
        if !path.is_dir() {
            files.push((to, fs::read(&path)?));
        } else if !skipped.iter().any(|name| path.ends_with(name)) {
            collect(&path, &to, skipped, files)?;
        }
    }
    Ok(())
}
