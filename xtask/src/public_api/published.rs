//! The published crates, documented together.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::rustdoc::{self, Documented};
use crate::util::cargo;

/// The published crates.
const CRATES: [&str; 6] = [
    "katapult-openapi",
    "katapult-gen",
    "katapult-core",
    "katapult-build-spec",
    "katapult-workflows",
    "katapult-sandbox",
];
/// The features that add to their public API.
const FEATURES: &str = "katapult-core/full,katapult-core/blocking,katapult-core/httpmock,katapult-core/jiff,katapult-core/schemars,katapult-core/serde,katapult-core/test-util,katapult-core/tower,katapult-gen/reqwest,katapult-sandbox/tls";

/// The documentation of the published crates as JSON.
pub(crate) enum Published {
    /// Each crate with its file.
    Json(Vec<(&'static str, PathBuf)>),
    /// The reason why there is none.
    NotRun(String),
}

/// Documents the published crates as JSON, in the target folder of the workspace.
pub(crate) fn document(root: &Path) -> Result<Published> {
    let documented = rustdoc::json(root, &cargo::target(root), &CRATES, FEATURES)?;
    Ok(match documented {
        Documented::Json(files) => Published::Json(CRATES.into_iter().zip(files).collect()),
        Documented::NotRun(reason) => Published::NotRun(reason),
    })
}
