//! HTTP: the server, and the steps from a request to its response.

pub(crate) mod body;
pub(crate) mod control;
pub(crate) mod journal;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod message;
pub(crate) mod pipeline;
pub(crate) mod server;
mod service;
pub(crate) mod shared;
mod stall;
#[cfg(feature = "tls")]
pub(crate) mod tls;
