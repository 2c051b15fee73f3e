//! What an update remembers until it ends: the documents from before it, and what a person has been shown.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::util::fs;

/// What is shown once.
#[derive(Clone, Copy)]
pub(crate) enum Seen {
    Breaking,
}

pub(crate) struct State {
    folder: PathBuf,
    /// Whether an earlier run was stopped.
    pub(crate) resumed: bool,
}

const DOCUMENTS: [&str; 2] = ["katapult-core.json", "katapult-public.json"];

impl State {
    /// Takes up the update of these documents, or begins one.
    pub(crate) fn begin(root: &Path, core: &str, public: &str) -> Result<Self> {
        let folder = root.join("target").join("xtask-update");
        let inputs = folder.join("documents.txt");
        let wanted = format!("{core}\n{public}\n");
        // What is compared with stays as it is when another document is taken in before the first is done.
        let resumed = inputs.exists();
        let same = std::fs::read_to_string(&inputs).is_ok_and(|known| known == wanted);
        let state = Self { folder, resumed };
        let mut written = Vec::new();
        if !same {
            written.push((inputs, wanted));
            let _ = std::fs::remove_file(state.mark(Seen::Breaking));
        }
        if !resumed {
            for file in DOCUMENTS {
                let text = fs::read(&root.join("openapi").join(file))?;
                written.push((state.before().join(file), text));
            }
        }
        // The documents first: the inputs say that they are there.
        written.reverse();
        fs::write_all(&written)?;
        Ok(state)
    }

    /// The folder of the documents from before.
    pub(crate) fn before(&self) -> PathBuf {
        self.folder.join("before")
    }

    /// Whether a thing is shown for the first time.
    pub(crate) fn first(&self, seen: Seen) -> Result<bool> {
        let mark = self.mark(seen);
        if mark.exists() {
            return Ok(false);
        }
        fs::write_all(&[(mark, String::new())])?;
        Ok(true)
    }

    fn mark(&self, seen: Seen) -> PathBuf {
        self.folder.join(match seen {
            Seen::Breaking => "breaking-was-shown",
        })
    }

    /// Forgets the update.
    pub(crate) fn end(self) -> Result<()> {
        let folder = self.folder.display();
        std::fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove {folder}"))
    }
}
