//! Values made from schemas: responses, valid arguments and invalid ones.
//!
//! The one [`Generator`] decides which parts of a schema are present, by [`Coverage`]. The leaves come
//! from a source of values: [constants](minimal), [edge cases](arbitrary), or the
//! [objects of a sandbox](valid_args). [`invalid_input`] breaks valid arguments in every way that the
//! document excludes.

pub mod arbitrary;
pub mod generator;
pub mod invalid_input;
pub mod minimal;
pub mod valid_args;

pub use generator::{Coverage, Generator};
