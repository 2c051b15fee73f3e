//! The body of a failure.

use serde_json::Value;

use crate::error_codes::{ErrorCode, ErrorDetail};

/// What the API says of a failure: `{"error": {"code": …, "description": …, "detail": {…}}}`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ApiError {
    /// What went wrong, as one of the API's codes.
    pub code: ErrorCode,
    /// The API's own words, for people.
    pub description: Option<String>,
    /// What the code brings with it, as it came; `null` when the body has none.
    pub detail: Value,
}

impl ApiError {
    /// Reads the body of a failed response; `None` when it does not come from the API (a proxy's
    /// page, an empty or broken body). Only the code is needed: whatever else is missing or of
    /// another type is left out.
    pub fn from_body(body: &[u8]) -> Option<Self> {
        let mut body: Value = serde_json::from_slice(body).ok()?;
        let error = body.get_mut("error")?;
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

    /// What the code brings with it, typed by the code.
    pub fn typed_detail(&self) -> ErrorDetail {
        ErrorDetail::from_parts(&self.code, &self.detail)
    }
}
