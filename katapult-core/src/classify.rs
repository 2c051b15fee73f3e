//! What an attempt came to, told from the response, or from how there came to be none.

use http::{Method, StatusCode};
use katapult_gen::{ApiError, OperationInfo};

use crate::attempt::{Attempt, End};
use crate::error::ErrorKind;

/// What an attempt came to, as far as trying again goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A success, whole.
    Done,
    /// There was no connection: the server can't have seen it.
    NotSent,
    /// 429: refused, until the quota's window reopens.
    RateLimited,
    /// 503 in the API's own words: refused.
    Refused,
    /// 422 `object_storage_provisioning_error`: refused while something is being set up.
    Provisioning,
    /// The token was rejected.
    BadToken,
    /// There is no knowing whether it was done.
    Lost(Loss),
    /// Anything else: the same request would fare the same.
    Failed,
}

/// How the answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The connection broke after the request was sent.
    Reset,
    /// No answer in time.
    TimedOut,
    /// A success whose body broke off.
    CutOff,
    /// 502, 503 or 504 from something in front of the API.
    Gateway,
}

/// Tells what an attempt came to.
pub(crate) fn outcome(attempt: &Attempt, api: Option<&ApiError>) -> Outcome {
    let Some((status, _)) = &attempt.head else {
        return match &attempt.end {
            End::Broken(error) if !error.sent => Outcome::NotSent,
            End::TimedOut => Outcome::Lost(Loss::TimedOut),
            _ => Outcome::Lost(Loss::Reset),
        };
    };
    if status.is_success() {
        return match attempt.end {
            End::Whole => Outcome::Done,
            End::Broken(_) => Outcome::Lost(Loss::CutOff),
            End::TimedOut => Outcome::Lost(Loss::TimedOut),
            End::TooLarge => Outcome::Failed,
        };
    }
    // A failure's body may be missing, cut off or not the API's: the status says enough.
    let code = api.map(|error| error.code.as_str());
    match (status.as_u16(), code) {
        (429, _) => Outcome::RateLimited,
        (503, Some("service_unavailable")) => Outcome::Refused,
        (502..=504, _) => Outcome::Lost(Loss::Gateway),
        (422, Some("object_storage_provisioning_error")) => Outcome::Provisioning,
        (_, Some("invalid_api_token")) => Outcome::BadToken,
        _ => Outcome::Failed,
    }
}

/// Whether an attempt may have changed something: only writes can, and only if they were not refused.
pub(crate) fn may_have_happened(
    operation: &OperationInfo,
    attempt: &Attempt,
    outcome: Outcome,
) -> bool {
    if matches!(operation.method, Method::GET | Method::HEAD) {
        return false;
    }
    match outcome {
        Outcome::Done | Outcome::Lost(_) => true,
        // A 500 doesn't say how far the server came.
        Outcome::Failed => attempt
            .head
            .as_ref()
            .is_some_and(|(status, _)| status.is_success() || status.is_server_error()),
        Outcome::NotSent
        | Outcome::RateLimited
        | Outcome::Refused
        | Outcome::Provisioning
        | Outcome::BadToken => false,
    }
}

/// The kind of a failed response, by its code where the code says more than the status.
pub(crate) fn kind_of_response(status: StatusCode, code: Option<&str>) -> ErrorKind {
    match code {
        Some(
            "missing_api_token"
            | "invalid_api_token"
            | "invalid_capabilities_token"
            | "unauthorized_network_for_api_token",
        ) => return ErrorKind::Auth,
        Some("object_in_trash") => return ErrorKind::InTrash,
        _ => {}
    }
    match status.as_u16() {
        401 => ErrorKind::Auth,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        406 | 409 => ErrorKind::Conflict,
        422 => ErrorKind::Validation,
        429 => ErrorKind::RateLimited,
        502..=504 => ErrorKind::Unavailable,
        200..=299 => ErrorKind::Decode,
        _ => ErrorKind::Api,
    }
}

/// The kind of the error that an attempt ends its call with.
pub(crate) fn kind(
    operation: &OperationInfo,
    attempt: &Attempt,
    api: Option<&ApiError>,
    outcome: Outcome,
) -> ErrorKind {
    match outcome {
        Outcome::Lost(_) if !operation.idempotent => ErrorKind::Unconfirmed,
        Outcome::Lost(Loss::TimedOut) => ErrorKind::Timeout,
        Outcome::Lost(Loss::CutOff) => ErrorKind::Decode,
        Outcome::Lost(Loss::Reset) | Outcome::NotSent => ErrorKind::Connect,
        _ => match &attempt.head {
            Some((status, _)) => kind_of_response(*status, api.map(|error| error.code.as_str())),
            None => ErrorKind::Connect,
        },
    }
}

#[cfg(all(test, feature = "virtual-machines"))]
mod tests;
