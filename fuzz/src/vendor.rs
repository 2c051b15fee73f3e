//! Upstream documents, in the form of the small one of xtask's tests.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, fs, process};

use katapult_openapi::Document;

#[path = "../../xtask/tests/common/lamps.rs"]
mod lamps;

/// A folder with names and corrections, the public document, and a place for the core document.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    // Each process has its own, because libFuzzer runs several.
    let folder = env::temp_dir().join(format!("katapult-fuzz-{}", process::id()));
    let files = [
        ("names.yaml", lamps::NAMES.to_owned()),
        ("corrections.yaml", lamps::CORRECTIONS.to_owned()),
        ("public.json", lamps::public().to_string()),
    ];
    fs::create_dir_all(&folder).expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("a temporary file");
    }
    folder
});

/// Panics if the conversion panics, returns a document that is not canonical, or an error without a text.
pub fn check(input: &[u8]) {
    let core = FOLDER.join("core.json");
    fs::write(&core, input).expect("a temporary file");
    match xtask::canonical_documents(&core, &FOLDER.join("public.json"), &FOLDER) {
        Ok(documents) => assert!(documents.iter().all(Document::is_canonical)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Returns the core document.
pub fn seeds() -> Vec<Vec<u8>> {
    vec![lamps::core().to_string().into_bytes()]
}
