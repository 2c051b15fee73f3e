//! Helpers that know nothing of the API: files and cargo.

pub(crate) mod cargo;
pub(crate) mod fs;
