//! Names that Rust or the generated code reserves.

use proc_macro2::Ident;
use quote::format_ident;

use heck::ToSnakeCase as _;

use crate::naming::case::is_snake;

/// Names that the generated code refers to without a path, so that a generated type of that name would shadow them.
#[rustfmt::skip] // one name a line would hide the code
const TAKEN_TYPES: &[&str] = &[
    "Api", "Box", "Call", "Client", "Clone", "Debug", "Default", "Err", "ErrorCode", "ErrorDetail", "From",
    "HashMap", "Into", "IntoIterator", "IntoLookup", "IntoSubject", "Iterator", "ListOperation", "LookupError", "None",
    "Ok", "Operation", "Option", "Patch", "QueryPairs", "Result", "Secret", "Self", "SettlingOperation", "Some",
    "StateOperation", "StateResource", "String", "TaskOperation", "Timestamp", "Transport", "TrashOperation", "TryFrom",
    "Unknown", "Vec",
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

/// Converts any name to an identifier in snake case, as progenitor does for fields: `dry-run` is `dry_run`, `2fa` is `x2fa`,
/// and a keyword gets a `_` at its end: `match_`.
pub(crate) fn identifier(name: &str) -> Ident {
    if is_identifier(name) {
        return format_ident!("{name}");
    }
    let separated = name.replace('\'', "");
    let separated = separated.replace(
        |letter: char| !letter.is_alphanumeric() && letter != '_',
        "-",
    );
    let mut snake = separated.to_snake_case();
    if !snake.starts_with(char::is_alphabetic) {
        snake.insert(0, 'x');
    }
    match syn::parse_str::<Ident>(&snake) {
        Ok(ident) if snake != "gen" => ident,
        _ => format_ident!("{snake}_"),
    }
}

/// Returns the reason why a resource cannot have this name, if there is one: its feature or module would collide with
/// one that is written by hand.
pub(crate) fn taken_resource(name: &str) -> Option<&'static str> {
    if FEATURES.contains(&name) {
        return Some("a Cargo feature");
    }
    if MODULES.contains(&name) {
        return Some("a module or crate");
    }
    METHODS.contains(&name).then_some("a method of the client")
}

/// Features that are written by hand, in snake case.
const FEATURES: &[&str] = &[
    "blocking",
    "bytes",
    "default",
    "full",
    "httpmock",
    "jiff",
    "native_tls",
    "reqwest",
    "rustls_tls",
    "schemars",
    "serde",
    "test_util",
    "tower",
    "tracing",
    "workflows",
];

/// Modules of katapult-gen and katapult-core, and crates that they refer to, which a module would hide.
const MODULES: &[&str] = &[
    "alloc",
    "api_error",
    "build_spec",
    "call",
    "client",
    "compile_fail",
    "core",
    "error",
    "error_codes",
    "generated",
    "guide",
    "http",
    "katapult_core",
    "katapult_gen",
    "lists",
    "operation",
    "pagination",
    "plain_transport",
    "prelude",
    "rate_limit",
    "reqwest",
    "response",
    "resume_token",
    "retry",
    "schemas",
    "secrecy",
    "serde_json",
    "std",
    "tokio",
    "transport",
    "types",
    "util",
    "values",
    "waiter",
    "wire",
];

/// Methods of the client: a resource is a method too.
const METHODS: &[&str] = &[
    "builder",
    "call",
    "clone",
    "fmt",
    "from_env",
    "new",
    "rate_limit",
    "request",
    "transport",
    "wait_all",
];
