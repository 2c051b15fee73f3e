//! Reading and writing: whole files, all of them or none.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The workspace's folder: the one that holds this crate's.
pub(crate) fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Reads a file as text; the error names the file.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| {
        format!(
            "cannot read {}: give a text file that is there and that you may read",
            path.display()
        )
    })
}

/// Refuses what stands where a folder is to be written.
pub(crate) fn check_folder(folder: &Path) -> Result<()> {
    for at in folder.ancestors().filter(|at| at.exists()).take(1) {
        if !at.is_dir() {
            bail!(
                "cannot write into {}: {} is no folder; move it away or give another folder",
                folder.display(),
                at.display()
            );
        }
    }
    Ok(())
}

/// Writes files so that a failure leaves each of them whole, the old one or the new one: all are
/// written beside their places first, and then moved. A file that is as it should be is not touched.
pub(crate) fn write_all(files: &[(PathBuf, String)]) -> Result<()> {
    let mut staged = Vec::new();
    let written = stage(files, &mut staged).and_then(|()| {
        staged.iter().try_for_each(|(beside, path)| {
            fs::rename(beside, path).with_context(|| unwritable(path))
        })
    });
    if written.is_err() {
        for (beside, _) in &staged {
            let _ = fs::remove_file(beside);
        }
    }
    written
}

fn stage<'a>(files: &'a [(PathBuf, String)], staged: &mut Vec<(PathBuf, &'a Path)>) -> Result<()> {
    let changed = files
        .iter()
        .filter(|(path, text)| !fs::read(path).is_ok_and(|there| there == text.as_bytes()));
    for (path, text) in changed {
        if path.is_dir() {
            bail!(
                "cannot write {}: it is a folder; move it away",
                path.display()
            );
        }
        if let Some(folder) = path.parent() {
            check_folder(folder)?;
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let mut beside = path.clone().into_os_string();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        staged.push((beside.clone(), path));
        fs::write(&beside, text).with_context(|| unwritable(path))?;
    }
    Ok(())
}

fn unwritable(path: &Path) -> String {
    format!(
        "cannot write {}: free it or its folder for writing",
        path.display()
    )
}
