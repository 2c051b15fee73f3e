//! Initial states from recorded exchanges.
//!
//! A recording presupposes objects: those that it reads before it creates them, and those that the API
//! does not create for callers, such as packages and networks. [`world`] finds them, so that a sandbox
//! can answer the requests of the recording.

mod collect;
mod complete;
mod exchange;
mod links;
mod names;

use serde_json::json;

pub use self::exchange::{Exchange, ExchangeError};
use crate::spec::{CompiledSpec, DocumentError};

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
/// let target = "/core/v1/dns_zones/dns_zone?dns_zone[name]=acme.example";
/// let mut exchange = recording::Exchange::new("GET", target, 200);
/// exchange.response_body = zone.into();
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
