//! The checkpoint of an update: the documents before it, and the decisions that were made.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::util::fs;

/// A folder that keeps the state of an update until it ends.
pub(crate) struct Checkpoint {
    folder: PathBuf,
    /// `true` if an earlier run stopped.
    pub(crate) resumed: bool,
}

const DOCUMENTS: [&str; 2] = ["katapult-core.json", "katapult-public.json"];

impl Checkpoint {
    /// Resumes the update to these documents, or begins one.
    pub(crate) fn begin(root: &Path, core: &str, public: &str) -> Result<Self> {
        let folder = root.join("target").join("xtask-update");
        let inputs = folder.join("documents.txt");
        let wanted = format!("{core}\n{public}\n");
        // An update to other documents that begins before this one ends compares with the same old documents: the
        // changes of both belong to one release.
        let resumed = inputs.exists();
        let same = std::fs::read_to_string(&inputs).is_ok_and(|known| known == wanted);
        let checkpoint = Self { folder, resumed };
        let mut written = Vec::new();
        if !resumed {
            for file in DOCUMENTS {
                let text = fs::read(&root.join("openapi").join(file))?;
                written.push((checkpoint.before().join(file), text));
            }
        }
        // Last, because the file of inputs says that the documents are there.
        if !same {
            written.push((inputs, wanted));
            let _ = std::fs::remove_file(checkpoint.breaking_acknowledged());
        }
        fs::write_all(&written)?;
        Ok(checkpoint)
    }

    /// Returns the folder of the documents from before the update.
    pub(crate) fn before(&self) -> PathBuf {
        self.folder.join("before")
    }

    /// Records that the breaking changes were printed. Returns `true` the first time.
    pub(crate) fn acknowledge_breaking(&self) -> Result<bool> {
        let mark = self.breaking_acknowledged();
        if mark.exists() {
            return Ok(false);
        }
        fs::write_all(&[(mark, String::new())])?;
        Ok(true)
    }

    fn breaking_acknowledged(&self) -> PathBuf {
        self.folder.join("breaking-acknowledged")
    }

    /// Removes the checkpoint at the end of the update.
    pub(crate) fn end(self) -> Result<()> {
        let folder = self.folder.display();
        std::fs::remove_dir_all(&self.folder)
            .with_context(|| format!("cannot remove {folder}: remove it yourself"))
    }
}
