//! The checkpoint of an update: the documents to compare with, and the breaking changes that a person has accepted.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::release::{DOCUMENTS, Release};
use crate::util::fs;

/// A folder that keeps the state of an update until it ends.
pub(crate) struct Checkpoint {
    folder: PathBuf,
    /// `true` if an earlier run stopped.
    pub(crate) resumed: bool,
}

impl Checkpoint {
    /// Resumes an update, or begins one. Without a release, records the documents from before it.
    pub(crate) fn begin(root: &Path, release: Option<&Release>) -> Result<Self> {
        let folder = root.join("target").join("xtask-update");
        let checkpoint = Self {
            resumed: folder.exists(),
            folder,
        };
        let mut written = Vec::new();
        for file in DOCUMENTS {
            let path = checkpoint.before().join(file);
            match release {
                Some(release) => written.push((path, release.document(root, file)?)),
                // The first run recorded them, and wrote new ones to `openapi`.
                None if path.exists() => {}
                None => written.push((path, fs::read(&root.join("openapi").join(file))?)),
            }
        }
        fs::write_all(&written)?;
        Ok(checkpoint)
    }

    /// Returns the folder of the documents to compare with.
    pub(crate) fn before(&self) -> PathBuf {
        self.folder.join("before")
    }

    /// Records that these breaking changes were printed. Returns `true` the first time.
    ///
    /// The text of the changes counts, and not where the documents come from: another document of the same name can
    /// break something else.
    pub(crate) fn acknowledge_breaking(&self, changes: &str) -> Result<bool> {
        let mark = self.folder.join("breaking-acknowledged.md");
        if std::fs::read_to_string(&mark).is_ok_and(|known| known == changes) {
            return Ok(false);
        }
        fs::write_all(&[(mark, changes.to_owned())])?;
        Ok(true)
    }

    /// Removes the checkpoint at the end of the update.
    pub(crate) fn end(self) -> Result<()> {
        let folder = self.folder.display();
        std::fs::remove_dir_all(&self.folder)
            .with_context(|| format!("cannot remove {folder}: remove it yourself"))
    }
}
