//! The public API of katapult-gen: predicted from generated sources, and as rustdoc lists it.

mod coverage;
mod items;
pub(crate) mod rustdoc;
mod source;

pub(crate) use coverage::{uncovered, unfounded};
pub(crate) use items::{Break, ItemName, PublicApi};
