//! The SDK under test, called by the names of operations.

pub mod client;
mod doubles;
pub mod json_form;
pub mod lists;
pub mod registry;
pub mod request;
pub mod storage;
