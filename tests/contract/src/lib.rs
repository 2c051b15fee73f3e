//! Tests of the SDK against the API.
//!
//! Recorded exchanges with the real API are replayed through the public client: a [recording] is
//! read, its address [routed](route) to an operation of the canonical [document], its reply given
//! by a loopback [server] to a call of that operation, and what the client made of it
//! [compared](compare) with what was recorded, which gives a [verdict](judge). [`replay`] is the loop, [`report`] what it tells.
//!
//! Every step is a pure function over values but for the server and the loop.

pub mod against;
pub mod client;
pub mod compare;
pub mod document;
pub mod from_wire;
pub mod judge;
pub mod locate;
pub mod operations;
pub mod place;
pub mod recording;
pub mod replay;
pub mod report;
pub mod route;
pub mod sample;
pub mod schema;
pub mod server;
pub mod value;

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
