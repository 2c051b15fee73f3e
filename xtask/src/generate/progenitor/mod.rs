//! progenitor: the document that it gets, and the parts that are used of its output.

mod arguments;
pub(super) mod input;
pub(super) mod output;
