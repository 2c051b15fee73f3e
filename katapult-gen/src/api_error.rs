//! Error responses of the API.

use std::fmt;

use serde_json::Value;

use crate::error_codes::{ErrorCode, ErrorDetail};

/// The largest body whose details are read.
// A value takes many times the size of its text; the details of the API have some hundred bytes.
const MAX_DETAIL_BODY: usize = 256 * 1024;

/// The body of an error response: `{"error": {"code": …, "description": …, "detail": {…}}}`.
///
/// Its text has the code and the description: `validation_error: Name can't be blank`.
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
    /// are ignored, and so are the details of a body of more than 256 KiB.
    pub fn from_body(body: &[u8]) -> Option<Self> {
        if body.len() > MAX_DETAIL_BODY {
            return Self::from_large_body(body);
        }
        let mut body: Value = serde_json::from_slice(body).ok()?;
        let error = body.get_mut("error")?;
        // A proxy may send JSON with an `error` of its own, without a code.
        let code = ErrorCode::unknown(error.get("code")?.as_str()?);
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

    /// Parses a body without its details, which would take many times its size.
    fn from_large_body(body: &[u8]) -> Option<Self> {
        let body: LargeBody = serde_json::from_slice(body).ok()?;
        Some(Self {
            code: ErrorCode::unknown(body.error.code),
            description: body.error.description,
            detail: Value::Null,
        })
    }

    /// Returns the details of the error in the type that belongs to the code.
    #[inline] // with the types of all details, which few programs need
    pub fn typed_detail(&self) -> ErrorDetail {
        ErrorDetail::from_parts(&self.code, &self.detail)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        match &self.description {
            Some(description) => write!(f, ": {description}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}

#[derive(Debug)]
struct LargeBody {
    error: LargeError,
}

impl_deserialize_only!(LargeBody { error: "error" });

/// The texts of an error; serde skips the details without storing them.
#[derive(Debug)]
struct LargeError {
    code: String,
    description: Option<String>,
}

impl_deserialize!(LargeError, 1 { 0 code: "code" } optional { 1 description: "description" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_body_is_read_without_its_details() {
        let detail = "[],".repeat(MAX_DETAIL_BODY / 3);
        let body = format!(r#"{{"error":{{"detail":[{detail}[]],"code":"c","description":"d"}}}}"#);
        let error = ApiError::from_body(body.as_bytes()).unwrap();
        assert_eq!(
            (error.code.as_str(), error.description.as_deref()),
            ("c", Some("d"))
        );
        assert_eq!(error.detail, Value::Null);
    }
}
