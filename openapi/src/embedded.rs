//! The documents that this crate includes.

use std::sync::LazyLock;

use crate::error::ParseError;
use crate::spec::Spec;

/// The text of the core API's canonical document.
pub const CORE_JSON: &str = include_str!("../katapult-core.json");

/// The text of the public API's canonical document.
pub const PUBLIC_JSON: &str = include_str!("../katapult-public.json");

// Parsed once: the documents are 750 kB of text, and tests start many sandboxes in one process.
static SPEC: LazyLock<Result<Spec, ParseError>> =
    LazyLock::new(|| Spec::parse(CORE_JSON, PUBLIC_JSON));

impl Spec {
    /// Returns the included documents, which are parsed at the first call of a process.
    ///
    /// # Errors
    ///
    /// Never fails in a released crate: its tests parse the same text. A build with edited
    /// documents gets the error of [`Spec::parse`].
    pub fn embedded() -> Result<Self, ParseError> {
        SPEC.clone()
    }
}
