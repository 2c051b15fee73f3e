//! Helpers without knowledge of the API: files and cargo.

pub(crate) mod cargo;
pub(crate) mod fs;
