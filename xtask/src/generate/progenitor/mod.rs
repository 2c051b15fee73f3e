//! progenitor: the document that it gets, and the parts that are used of its output.

pub(super) mod input;
pub(super) mod output;
mod request_rewriter;
// The rule of katapult-gen, which logs use too, so that types and logs agree. Compiled into both, since
// the generator cannot depend on what it generates.
#[path = "../../../../katapult-gen/src/values/secret_name.rs"]
mod secret_name;
