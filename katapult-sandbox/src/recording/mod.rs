//! Initial states from recorded exchanges.
//!
//! A recording presupposes objects: those that it reads before it creates them, and those that the API
//! does not create for callers, such as packages and networks. [`world`] finds them, so that a sandbox
//! can answer the requests of the recording.

mod collect;
mod complete;
mod links;
mod names;

use std::fmt;

use serde_json::{Value, json};

use crate::spec::{CompiledSpec, DocumentError};

/// A recorded exchange with the API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// Returns the initial state that a recording presupposes, for [`Builder::world`](crate::Builder::world).
///
/// Exchanges of several recordings can follow each other. Objects that the requests only name, such as
/// a package by its permalink, are invented.
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use katapult_sandbox::{Sandbox, recording};
///
/// let zone = r#"{"dns_zone": {"id": "dnszone_aaaaaaaaaaaaaaaa", "name": "acme.example"}}"#;
/// let exchange = recording::Exchange {
///     method: "GET".into(),
///     target: "/core/v1/dns_zones/dns_zone?dns_zone[name]=acme.example".into(),
///     status: 200,
///     response_body: zone.into(),
///     ..recording::Exchange::default()
/// };
/// let world = recording::world(&[exchange])?;
/// let sandbox = Sandbox::builder().world(world).start().await?;
/// assert!(sandbox.world(|world| world.get("dnszone_aaaaaaaaaaaaaaaa").is_some()));
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
/// ```
///
/// # Errors
///
/// If the embedded API document is invalid, which the tests of this crate exclude.
pub fn world(exchanges: &[Exchange]) -> Result<String, DocumentError> {
    let spec = CompiledSpec::embedded()?;
    let mut found = collect::Collector::new(&spec.spec);
    for exchange in exchanges {
        found.add(exchange);
    }
    Ok(json!({"objects": complete::objects(found)}).to_string())
}

#[cfg(test)]
mod tests;
