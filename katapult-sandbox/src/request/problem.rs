//! A problem with the arguments of a request.

use serde_json::Value;

/// A problem with an argument, at a path such as `properties.name`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Problem {
    /// A required argument is missing.
    Missing(String),
    /// The operation does not have this argument.
    Unknown(String),
    /// The argument has a wrong type or value; the second text describes a valid one.
    Invalid(String, String),
    /// A lookup with no field, or with more than one.
    Lookup {
        kind: String,
        path: String,
        expected: String,
    },
    /// A lookup that matches no object.
    NotFound { kind: String, path: String },
    /// A lookup that matches an object in the trash.
    InTrash {
        kind: String,
        path: String,
        trash_object: Value,
    },
}
