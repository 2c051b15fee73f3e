//! Requests built from operations, and responses decoded.

#[macro_use]
pub(crate) mod serialize;
#[macro_use]
pub(crate) mod placeholder;
#[macro_use]
pub(crate) mod deserialize;
#[macro_use]
pub(crate) mod envelope;
pub(crate) mod decode_error;
pub(crate) mod ids;
pub(crate) mod json;
#[cfg(test)]
mod lamp;
pub(crate) mod object_visitor;
#[cfg(feature = "__one-or-many")]
pub(crate) mod one_or_many;
pub(crate) mod place;
pub(crate) mod query_pairs;
pub(crate) mod raw_path;
pub(crate) mod request;
