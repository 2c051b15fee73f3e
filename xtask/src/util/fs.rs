//! Reading and writing of whole files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::util::cargo;

/// Returns the root folder of the workspace to work on: that of the `cargo xtask` that started this program, or of the
/// current folder.
pub(crate) fn workspace_root() -> Result<PathBuf> {
    // At run time: two copies of the workspace with one target folder share one compiled xtask.
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), PathBuf::from);
    let mut locate = cargo::in_folder(&folder);
    locate.args(["locate-project", "--workspace", "--message-format", "plain"]);
    let found = cargo::output(&mut locate)?;
    let manifest = String::from_utf8(found.stdout).context("the workspace's path is not UTF-8")?;
    let root = Path::new(manifest.trim()).parent();
    let root = root.filter(|root| found.status.success() && root.is_dir());
    root.map(Path::to_owned).with_context(|| {
        format!(
            "{} is in no workspace: run `cargo xtask` in a copy of the repository",
            folder.display()
        )
    })
}

/// Reads a file as text; the error names the file.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| {
        format!(
            "cannot read {}: give an existing, readable text file",
            path.display()
        )
    })
}

/// Returns an error if a file is in the place of a folder that is to be written.
pub(crate) fn check_folder(folder: &Path) -> Result<()> {
    for at in folder.ancestors().filter(|at| at.exists()).take(1) {
        if !at.is_dir() {
            bail!(
                "cannot write into {}: {} is not a folder; move it away or give another folder",
                folder.display(),
                at.display()
            );
        }
    }
    Ok(())
}

/// Writes files. A failure leaves each of them whole, with its old text or its new one: all are written to temporary
/// files in the same folders first, and then renamed. A file that has the text already is not touched.
pub(crate) fn write_all(files: &[(PathBuf, String)]) -> Result<()> {
    let mut staged = Vec::new();
    let written = stage(files, &mut staged).and_then(|()| {
        staged.iter().try_for_each(|(temporary, path)| {
            fs::rename(temporary, path).with_context(|| unwritable(path))
        })
    });
    if written.is_err() {
        // An error here would hide the first one, which is the cause.
        for (temporary, _) in &staged {
            let _ = fs::remove_file(temporary);
        }
    }
    written
}

fn stage<'a>(files: &'a [(PathBuf, String)], staged: &mut Vec<(PathBuf, &'a Path)>) -> Result<()> {
    let changed = files
        .iter()
        .filter(|(path, text)| !fs::read(path).is_ok_and(|current| current == text.as_bytes()));
    for (path, text) in changed {
        if path.is_dir() {
            bail!(
                "cannot write {}: it is a folder; move it away",
                path.display()
            );
        }
        if let Some(folder) = path.parent() {
            check_folder(folder)?;
            fs::create_dir_all(folder).with_context(|| {
                format!(
                    "cannot create {}: make its folder writable",
                    folder.display()
                )
            })?;
        }
        let mut temporary = path.clone().into_os_string();
        temporary.push(".new");
        let temporary = PathBuf::from(temporary);
        staged.push((temporary.clone(), path));
        fs::write(&temporary, text).with_context(|| unwritable(path))?;
    }
    Ok(())
}

fn unwritable(path: &Path) -> String {
    format!(
        "cannot write {}: make the file and its folder writable",
        path.display()
    )
}
