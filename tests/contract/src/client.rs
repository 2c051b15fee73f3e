//! The client under test, and what its errors tell.

use std::error::Error as _;

use katapult_core::error_codes::ErrorDetail;
use katapult_core::{Client, ConfigError, Error, RateLimit, RetryPolicy};
use serde_json::Value;

/// What an error told of a failed response.
#[derive(Debug, Default, PartialEq)]
pub struct Told {
    /// The status.
    pub status: Option<u16>,
    /// The code.
    pub code: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The detail as it came.
    pub detail: Value,
    /// Whether the detail has a type of its own.
    pub typed: bool,
}

/// A client that sends each request once, at once, to the server at `url`.
///
/// # Errors
///
/// When the client cannot be built.
pub fn connect(url: &str) -> Result<Client, ConfigError> {
    let builder = Client::builder().base_url(url).token("token-of-the-replay");
    builder
        .retry(RetryPolicy::none())
        .rate_limit(RateLimit::Off)
        .build()
}

/// Reads an error.
pub fn told(error: &Error) -> Told {
    Told {
        status: error.status().map(|status| status.as_u16()),
        code: error.code().map(ToString::to_string),
        description: error.description().map(str::to_owned),
        detail: detail(error).unwrap_or_default(),
        typed: error
            .detail()
            .is_some_and(|detail| !matches!(detail, ErrorDetail::Other(_))),
    }
}

/// The detail as it came: typed details keep what they know, so the body says the rest.
fn detail(error: &Error) -> Option<Value> {
    match error.detail()? {
        ErrorDetail::Other(value) => Some(value),
        _ => {
            let mut body: Value = serde_json::from_slice(error.body()?).ok()?;
            Some(body.get_mut("error")?.get_mut("detail")?.take())
        }
    }
}

/// Line and column at which a response of success could not be read.
pub fn position(error: &Error) -> Option<(usize, usize)> {
    let cause = error.source()?.downcast_ref::<serde_json::Error>()?;
    Some((cause.line(), cause.column()))
}
