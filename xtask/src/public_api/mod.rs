//! The public API: that of katapult-gen predicted from generated sources, and that of all crates as rustdoc lists it.

mod check;
mod coverage;
pub(crate) mod foreign_types;
mod items;
mod published;
mod rules;
pub(crate) mod rustdoc;
mod source;

pub(crate) use check::run;
pub(crate) use coverage::{uncovered, unfounded};
pub(crate) use items::{Break, ItemName, PublicApi};
