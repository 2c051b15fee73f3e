//! Names that Rust or the generated code reserves.

use proc_macro2::Ident;
use quote::format_ident;

use crate::naming::case::is_snake;

/// Names that the generated code refers to without a path, so that a generated type of that name would shadow them.
#[rustfmt::skip] // one name a line would hide the code
const TAKEN_TYPES: &[&str] = &[
    "Api", "Box", "Call", "Client", "Clone", "Debug", "Default", "Err", "ErrorCode", "ErrorDetail", "From",
    "HashMap", "Into", "IntoIterator", "Iterator", "ListOperation", "None", "Ok", "Operation",
    "Option", "Patch", "QueryPairs", "Result", "Secret", "Self", "Some", "String", "TaskOperation", "Timestamp",
    "Transport", "TrashOperation", "Unknown", "Vec",
];

/// Returns `true` if a generated type cannot have this name, because the code around it uses the name.
pub(crate) fn is_taken_type(name: &str) -> bool {
    TAKEN_TYPES.contains(&name)
}

/// Returns `true` if a name is a snake-case identifier and not a keyword.
pub(crate) fn is_identifier(name: &str) -> bool {
    // `gen` is a keyword since the edition 2024, which syn does not know of.
    is_snake(name) && name != "gen" && syn::parse_str::<Ident>(name).is_ok()
}

/// Converts a snake-case name to an identifier. A keyword gets a `_` at its end, as progenitor does for fields: `match_`.
pub(crate) fn identifier(name: &str) -> Ident {
    if is_identifier(name) {
        format_ident!("{name}")
    } else {
        format_ident!("{name}_")
    }
}
