//! The keywords of OpenAPI that the reader knows. Any other one is dropped, which must not go unnoticed.

use serde_json::Value;

/// A kind of object in an OpenAPI document.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    PathItem,
    Operation,
    Parameter,
    Body,
    Response,
    Media,
    Schema,
}

impl Kind {
    /// Returns the keywords that are read, and those of prose, which are dropped on purpose.
    fn known(self) -> &'static [&'static str] {
        match self {
            Self::PathItem => &[
                "delete",
                "description",
                "get",
                "head",
                "options",
                "parameters",
                "patch",
                "post",
                "put",
                "summary",
                "trace",
            ],
            Self::Operation => &[
                "deprecated",
                "description",
                "externalDocs",
                "operationId",
                "parameters",
                "requestBody",
                "responses",
                "security",
                "summary",
                "tags",
            ],
            Self::Parameter => &[
                "description",
                "example",
                "examples",
                "in",
                "name",
                "required",
                "schema",
            ],
            Self::Body => &["content", "description", "required"],
            Self::Response => &["content", "description"],
            Self::Media => &["example", "examples", "schema"],
            // The server knows its defaults and limits, and checks them.
            Self::Schema => &[
                "additionalProperties",
                "allOf",
                "anyOf",
                "default",
                "deprecated",
                "description",
                "enum",
                "example",
                "externalDocs",
                "format",
                "items",
                "maximum",
                "minimum",
                "nullable",
                "oneOf",
                "properties",
                "required",
                "title",
                "type",
            ],
        }
    }
}

/// Returns the keywords of an object that the reader does not know. Extensions have no meaning to it.
pub(super) fn unknown(object: &Value, kind: Kind) -> Vec<&str> {
    let names = object.as_object().into_iter().flatten();
    names
        .map(|(name, _)| name.as_str())
        .filter(|name| !kind.known().contains(name) && !name.starts_with("x-") && *name != "$ref")
        .collect()
}
