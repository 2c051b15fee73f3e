//! The kinds of failure, and the kind of an error response.

use http::StatusCode;

/// The kind of a failure. Each has a predicate on [`Error`](crate::Error), which may consider more than the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The token is missing, not valid, or not accepted from this network.
    Auth,
    /// The scopes of the token or the permissions of its owner do not suffice (403).
    Forbidden,
    /// The object does not exist (404).
    NotFound,
    /// The object is in the trash (406 `object_in_trash`).
    InTrash,
    /// The arguments are not valid (422).
    Validation,
    /// The state of the object does not allow the operation (406 and 409).
    Conflict,
    /// The quota is exhausted (429).
    RateLimited,
    /// The API, or a proxy in front of it, is unavailable (502, 503, 504).
    Unavailable,
    /// The outcome of a write that must not be repeated is unknown: check before retrying.
    Unconfirmed,
    /// A time limit was exceeded, or a delay would have exceeded the deadline.
    Timeout,
    /// The connection could not be made, or was lost.
    Connect,
    /// A successful response could not be decoded.
    Decode,
    /// The request could not be built, or a blocking method was called inside an async runtime.
    Build,
    /// The pages of a list are inconsistent: they do not end, or the resume token belongs to another list.
    Pagination,
    /// Any other error response; see its [code](crate::Error::code) and [status](crate::Error::status).
    Status,
}

impl ErrorKind {
    /// Returns the name in snake case, for labels and logs: `not_found`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::InTrash => "in_trash",
            Self::Validation => "validation",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Unconfirmed => "unconfirmed",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Decode => "decode",
            Self::Build => "build",
            Self::Pagination => "pagination",
            Self::Status => "status",
        }
    }

    /// Returns the kind of an error response: by its code where that is more specific than the status.
    pub(crate) fn of_response(status: StatusCode, code: Option<&str>) -> Self {
        match code {
            // The API sends some of these with 400 or 403, and yet only another token helps.
            Some(
                "missing_api_token"
                | "invalid_api_token"
                | "invalid_capabilities_token"
                | "unauthorized_network_for_api_token",
            ) => return Self::Auth,
            Some("object_in_trash") => return Self::InTrash,
            _ => {}
        }
        match status.as_u16() {
            401 => Self::Auth,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            406 | 409 => Self::Conflict,
            422 => Self::Validation,
            429 => Self::RateLimited,
            502..=504 => Self::Unavailable,
            200..=299 => Self::Decode,
            _ => Self::Status,
        }
    }
}
