//! The API documents of the sandbox.

use std::fmt;

use katapult_openapi::{Api, Document, ParseError, Spec, embedded};

/// An API document that the sandbox cannot use.
#[derive(Clone, Debug)]
pub struct DocumentError(ParseError);

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; `cargo xtask vendor` makes canonical ones", self.0)
    }
}

impl std::error::Error for DocumentError {}

impl From<ParseError> for DocumentError {
    fn from(error: ParseError) -> Self {
        Self(error)
    }
}

/// Returns another core document, with the public document of this version.
pub(crate) fn with_core(json: &str) -> Result<Spec, DocumentError> {
    let core = Document::parse(Api::Core, json)?;
    let public = Document::parse(Api::Public, embedded::PUBLIC_JSON)?;
    Ok(Spec::new(core, public))
}

/// Returns `true` if one of the documents has the operation, or none is named.
pub(crate) fn has_operation(spec: &Spec, id: Option<&str>) -> bool {
    let mut operations = spec.operations();
    id.is_none_or(|id| operations.any(|operation| operation.id == id))
}
