//! The client under test, and the fields of its errors.

use katapult_core::error_codes::ErrorDetail;
use katapult_core::{Client, ConfigError, DecodeError, Error, RateLimit, RetryPolicy};
use serde_json::Value;

/// The fields of an API error.
#[derive(Debug, Default, PartialEq)]
pub struct ErrorFields {
    /// The status.
    pub status: Option<u16>,
    /// The code.
    pub code: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The raw detail.
    pub detail: Value,
    /// `true` if the detail was decoded into a type of its own.
    pub typed: bool,
}

/// Returns a client for the server at `url`, without retries and rate limiting.
///
/// # Errors
///
/// If the client cannot be built.
pub fn connect(url: &str) -> Result<Client, ConfigError> {
    let builder = Client::builder().base_url(url).token("token-of-the-replay");
    builder
        // A second attempt would consume the response of the next exchange.
        .retry(RetryPolicy::none())
        .rate_limit(RateLimit::Off)
        .build()
}

/// Returns the fields of an error.
pub fn error_fields(error: &Error) -> ErrorFields {
    ErrorFields {
        status: error.status().map(|status| status.as_u16()),
        code: error.code().map(ToString::to_string),
        description: error.description().map(str::to_owned),
        detail: detail(error).unwrap_or_default(),
        typed: error
            .detail()
            .is_some_and(|detail| !matches!(detail, ErrorDetail::Other(_))),
    }
}

/// Returns the raw detail. A typed detail has documented fields only, so it is read from the body.
fn detail(error: &Error) -> Option<Value> {
    match error.detail()? {
        ErrorDetail::Other(value) => Some(value),
        _ => {
            // The API wraps errors; the detail is inside the envelope.
            let mut body: Value = serde_json::from_slice(error.body()?).ok()?;
            Some(body.get_mut("error")?.get_mut("detail")?.take())
        }
    }
}

/// Returns line and column at which a successful response could not be decoded.
pub fn position(error: &Error) -> Option<(usize, usize)> {
    let cause = error.cause()?.downcast_ref::<DecodeError>()?;
    Some((cause.line(), cause.column()))
}
