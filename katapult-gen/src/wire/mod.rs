//! Decoding of responses, for the generated code.

#[macro_use]
pub(crate) mod deserialize;
pub(crate) mod ids;
#[cfg(feature = "__one-or-many")]
pub(crate) mod one_or_many;
