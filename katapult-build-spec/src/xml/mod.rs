//! The XML form.

mod parse;
mod reader;
mod write;
