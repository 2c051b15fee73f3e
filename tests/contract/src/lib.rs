//! Contract tests: the SDK and the sandbox against the API's document and recorded exchanges.
//!
//! - [`replay`] sends every recorded exchange through the public client and compares both directions.
//! - [`drift`] compares recordings with the document, and lists the evidence for each correction.
//! - [`conformance`] sends recorded requests to the sandbox and compares its responses.
//! - [`sandbox_contract`] sends valid, invalid and random requests to the sandbox.
//! - [`scenarios`] runs tables of retry scenarios in paused time.
//! - [`chaos`] makes many calls over a network that fails; [`quota`] shares a rate limit between
//!   processes, and [`waits`] the part of it that is for polls; [`endurance`] makes calls for an hour.
//!
//! [`spec`] finds the operations of URLs, [`json`] compares values, [`sdk`] calls operations by name,
//! [`generators`] make values from schemas. Everything but the [`mock_server`] and the loops is a pure
//! function over values.

pub mod chaos;
pub mod conformance;
pub mod drift;
pub mod endurance;
pub mod generators;
pub mod json;
pub mod mock_server;
pub mod quota;
pub mod replay;
pub mod sandbox_contract;
pub mod scenarios;
pub mod sdk;
pub mod spec;
mod table;
pub mod waits;

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
