//! A recorded exchange, and its form as a line of JSON.

use std::fmt;

use serde_json::Value;

/// A recorded exchange with the API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// The method, in upper case.
    pub method: String,
    /// The path of the URL with its query.
    pub target: String,
    /// The request body; empty if there was none.
    pub request_body: String,
    /// The status of the response.
    pub status: u16,
    /// The body of the response.
    pub response_body: String,
}

/// A line that is not a recorded exchange.
#[derive(Debug)]
pub struct ExchangeError(String);

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a recorded exchange: {}", self.0)
    }
}

impl std::error::Error for ExchangeError {}

impl Exchange {
    /// Creates an exchange without bodies. `method` is in upper case, `target` the path of the URL with its query. The
    /// fields of the bodies can be set afterwards.
    pub fn new(method: impl Into<String>, target: impl Into<String>, status: u16) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            status,
            ..Self::default()
        }
    }

    /// Reads a line of a recording or of a journal: a JSON object with `method`, `url`, `request_body`,
    /// `status` and `response_body`.
    ///
    /// # Errors
    ///
    /// If the line is not a JSON object, or has no method, URL or status.
    pub fn from_json(line: &str) -> Result<Self, ExchangeError> {
        let line: Value =
            serde_json::from_str(line).map_err(|error| ExchangeError(error.to_string()))?;
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        let missing = |name: &str| ExchangeError(format!("`{name}` is missing"));
        let url = text("url").ok_or_else(|| missing("url"))?;
        let status = line["status"].as_u64();
        Ok(Self {
            method: text("method").ok_or_else(|| missing("method"))?,
            target: path_and_query(&url).to_owned(),
            request_body: text("request_body").unwrap_or_default(),
            status: status
                .and_then(|status| u16::try_from(status).ok())
                .ok_or_else(|| missing("status"))?,
            response_body: text("response_body").unwrap_or_default(),
        })
    }
}

fn path_and_query(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url[authority..].find('/');
    path.map_or("", |path| &url[authority + path..])
}
