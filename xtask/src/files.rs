//! Reading and writing: whole files, all of them or none.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The workspace's folder: the one that holds this crate's.
pub(crate) fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Reads a file as text; the error names the file.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes files so that a failure leaves each of them whole, the old one or the new one: all are
/// written beside their places first, and then moved.
pub(crate) fn write_all(files: &[(PathBuf, String)]) -> Result<()> {
    let mut staged = Vec::new();
    for (path, text) in files {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let beside = path.with_extension("new");
        if let Err(error) = fs::write(&beside, text) {
            for (beside, _) in &staged {
                let _ = fs::remove_file(beside);
            }
            return Err(error).with_context(|| format!("cannot write {}", path.display()));
        }
        staged.push((beside, path));
    }
    for (beside, path) in staged {
        fs::rename(&beside, path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
