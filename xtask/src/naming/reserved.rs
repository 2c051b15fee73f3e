//! Names that Rust or the generated code reserves.

use proc_macro2::Ident;
use quote::format_ident;

use crate::naming::case::is_snake;

/// Names that the generated code uses as they stand, and that no generated type can have.
const TAKEN_TYPES: &[&str] = &[
    "Api",
    "Box",
    "Call",
    "Client",
    "Clone",
    "Debug",
    "Default",
    "Err",
    "ErrorCode",
    "ErrorDetail",
    "From",
    "HashMap",
    "HeaderValue",
    "Into",
    "IntoIterator",
    "Iterator",
    "ListOperation",
    "None",
    "Ok",
    "Operation",
    "Option",
    "Patch",
    "QueryParam",
    "Result",
    "Secret",
    "Self",
    "Some",
    "String",
    "TaskOperation",
    "Timestamp",
    "Transport",
    "TrashOperation",
    "Unknown",
    "Vec",
];

/// Whether a generated type cannot be called so, since the code around it means something else by it.
pub(crate) fn is_taken_type(name: &str) -> bool {
    TAKEN_TYPES.contains(&name)
}

/// Whether Rust takes a snake-case name as it stands.
pub(crate) fn is_identifier(name: &str) -> bool {
    is_snake(name) && name != "gen" && syn::parse_str::<Ident>(name).is_ok()
}

/// A snake-case name as an identifier; a keyword of Rust gets a `_`, as fields do: `match_`.
pub(crate) fn identifier(name: &str) -> Ident {
    if is_identifier(name) {
        format_ident!("{name}")
    } else {
        format_ident!("{name}_")
    }
}
