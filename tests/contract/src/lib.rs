//! Tests of the SDK against the API.
//!
//! Recorded exchanges with the real API are replayed through the public client: a [recording] is
//! read, its address [routed](route) to an operation of the [canonical documents](katapult_openapi), its response given
//! by a loopback [server] to a call of that operation, and what the client made of it
//! [compared](compare) with what was recorded, which gives a [verdict](judge). [`replay`] is the loop, [`report`] what it tells.
//!
//! The other way, the typed request is built [from the recorded one](from_wire), and what arrives at the
//! server compared with [it in canonical form](request); what cannot be sent again is [excused](excuse) by rule.
//! Beside it, tables of [scenarios] show when the client tries again, in paused time, and
//! [chaos] that it keeps to the truth over a network that fails,
//! and [quota] that processes share theirs.
//!
//! Every step is a pure function over values but for the server and the loop.

pub mod against;
pub mod asked;
pub mod chance;
pub mod chaos;
pub mod client;
pub mod compare;
pub mod corrections;
pub mod drift;
pub mod excuse;
pub mod from_wire;
pub mod invent;
pub mod judge;
pub mod locate;
pub mod operations;
pub mod place;
pub mod quota;
pub mod recording;
pub mod replay;
pub mod report;
pub mod request;
pub mod route;
pub mod sample;
pub mod scenarios;
pub mod server;
pub mod value;

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
