//! JSON values: paths, equality, and comparison by a schema.

pub mod compare;
pub mod eq;
pub(crate) mod locate;
pub mod path;
