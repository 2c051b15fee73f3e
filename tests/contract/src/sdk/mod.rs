//! The SDK under test, called by the names of operations.

pub mod client;
mod doubles;
pub mod lists;
pub mod registry;
pub mod request;
pub mod storage;
