//! The error of a document that cannot be read.

use std::fmt;

use crate::operation::Api;

/// The reason for which a document cannot be read.
///
/// `Display` names the document, the place in it and the fault. The error has no source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    api: Api,
    is_json: bool,
    reason: String,
}

impl ParseError {
    pub(crate) fn not_json(api: Api, error: &serde_json::Error) -> Self {
        Self {
            api,
            is_json: false,
            reason: error.to_string(),
        }
    }

    pub(crate) fn not_canonical(api: Api, reason: String) -> Self {
        Self {
            api,
            is_json: true,
            reason,
        }
    }

    /// Returns the API whose document it is.
    pub fn api(&self) -> Api {
        self.api
    }

    /// Returns `true` if the text is JSON, but not a canonical document.
    pub fn is_syntax(&self) -> bool {
        self.is_json
    }

    /// Returns the fault with its place in the document, without the name of the document.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = if self.is_json {
            "not a canonical document"
        } else {
            "not JSON"
        };
        write!(f, "the {} document is {fault}: {}", self.api, self.reason)
    }
}

impl std::error::Error for ParseError {}
