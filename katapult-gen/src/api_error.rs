//! Error responses of the API.

use serde_json::Value;

use crate::error_codes::{ErrorCode, ErrorDetail};

/// The body of an error response: `{"error": {"code": …, "description": …, "detail": {…}}}`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ApiError {
    /// The error code.
    pub code: ErrorCode,
    /// The API's description of the error, for people.
    pub description: Option<String>,
    /// The details of the error as JSON, with fields that depend on the code. `null` if absent.
    pub detail: Value,
}

impl ApiError {
    /// Parses the body of an error response. `None` if the body is not one of the API: a proxy's
    /// page, an empty or truncated body.
    ///
    /// Only the code is required. A description or details that are absent or have another type
    /// are ignored.
    pub fn from_body(body: &[u8]) -> Option<Self> {
        let mut body: Value = serde_json::from_slice(body).ok()?;
        let error = body.get_mut("error")?;
        // A proxy may send JSON with an `error` of its own, without a code.
        let code = error.get("code")?.as_str()?.into();
        let description = error
            .get("description")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let detail = error.get_mut("detail").map(Value::take).unwrap_or_default();
        Some(Self {
            code,
            description,
            detail,
        })
    }

    /// Returns the details of the error in the type that belongs to the code.
    pub fn typed_detail(&self) -> ErrorDetail {
        ErrorDetail::from_parts(&self.code, &self.detail)
    }
}
