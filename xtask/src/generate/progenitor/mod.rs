//! progenitor: the document that it gets, and the parts that are used of its output.

mod arguments;
pub(super) mod input;
pub(super) mod output;
// The rule of katapult-gen, which logs use too, so that types and logs agree. Compiled into both, since
// the generator cannot depend on what it generates.
#[path = "../../../../katapult-gen/src/values/secret_words.rs"]
mod secret_words;
