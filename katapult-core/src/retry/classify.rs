//! Classification of an attempt, by its response or by the way in which it got none.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use katapult_gen::{ApiError, OperationInfo};
use tokio::time::Instant;

use crate::error::{ErrorKind, HttpClientError, HttpFailure};

/// One attempt: a request that was sent once, and the response to it.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// The time at which the head of the response was received, or else at which the attempt ended.
    pub(crate) received_at: Instant,
    /// The head of the response, if it was received.
    pub(crate) head: Option<(StatusCode, HeaderMap)>,
    /// The part of the body that was received.
    pub(crate) body: Bytes,
    pub(crate) end: AttemptEnd,
}

/// The way in which an attempt ended.
#[derive(Debug)]
pub(crate) enum AttemptEnd {
    /// The response is complete.
    Complete,
    /// The body is larger than the limit; the rest was not read.
    BodyTooLarge,
    /// The connection could not be made, or was lost.
    ConnectionError(HttpClientError),
    /// The attempt exceeded its time.
    TimedOut,
}

/// The result of an attempt, as far as retries are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// A complete success.
    Success,
    /// No connection was made: the server cannot have received the request.
    NotSent,
    /// 429: refused until the window of the quota resets.
    RateLimited,
    /// 503 with the API's `service_unavailable`: refused.
    Unavailable,
    /// 422 `object_storage_provisioning_error`: refused while an account is being set up.
    Provisioning,
    /// The token was rejected.
    InvalidToken,
    /// The request may or may not have been executed.
    Ambiguous(AmbiguousCause),
    /// Anything else: another attempt would have the same result.
    Permanent,
}

impl AttemptOutcome {
    /// Returns the name in snake case, for labels: `rate_limited`. An ambiguous outcome has the name of its cause.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::NotSent => "not_sent",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Provisioning => "provisioning",
            Self::InvalidToken => "invalid_token",
            Self::Ambiguous(cause) => cause.as_str(),
            Self::Permanent => "permanent",
        }
    }
}

/// The cause of an ambiguous outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AmbiguousCause {
    /// The connection was lost after the request was sent.
    ConnectionLost,
    /// There was no response in time.
    TimedOut,
    /// A success whose body was cut off.
    BodyTruncated,
    /// 502, 503 or 504 of a proxy in front of the API.
    Gateway,
    /// The HTTP client followed a redirect: what it returned is not from the API.
    Redirected,
}

impl AmbiguousCause {
    /// Returns the name in snake case, for labels: `connection_lost`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionLost => "connection_lost",
            Self::TimedOut => "timed_out",
            Self::BodyTruncated => "body_truncated",
            Self::Gateway => "gateway",
            Self::Redirected => "redirected",
        }
    }
}

/// Classifies an attempt.
pub(crate) fn outcome(attempt: &Attempt, api: Option<&ApiError>) -> AttemptOutcome {
    let Some((status, _)) = &attempt.head else {
        return match &attempt.end {
            AttemptEnd::ConnectionError(error) => match error.failure {
                HttpFailure::NotSent => AttemptOutcome::NotSent,
                HttpFailure::Permanent => AttemptOutcome::Permanent,
                HttpFailure::Lost => AttemptOutcome::Ambiguous(AmbiguousCause::ConnectionLost),
                HttpFailure::Redirected => AttemptOutcome::Ambiguous(AmbiguousCause::Redirected),
            },
            AttemptEnd::TimedOut => AttemptOutcome::Ambiguous(AmbiguousCause::TimedOut),
            _ => AttemptOutcome::Ambiguous(AmbiguousCause::ConnectionLost),
        };
    };
    if status.is_success() {
        return match attempt.end {
            AttemptEnd::Complete => AttemptOutcome::Success,
            AttemptEnd::ConnectionError(_) => {
                AttemptOutcome::Ambiguous(AmbiguousCause::BodyTruncated)
            }
            AttemptEnd::TimedOut => AttemptOutcome::Ambiguous(AmbiguousCause::TimedOut),
            // The same request would get the same large body again.
            AttemptEnd::BodyTooLarge => AttemptOutcome::Permanent,
        };
    }
    // The body of an error response may be missing, truncated or a proxy's: the status suffices.
    let code = api.map(|error| error.code.as_str());
    match (status.as_u16(), code) {
        (429, _) => AttemptOutcome::RateLimited,
        (503, Some("service_unavailable")) => AttemptOutcome::Unavailable,
        (502..=504, _) => AttemptOutcome::Ambiguous(AmbiguousCause::Gateway),
        (422, Some("object_storage_provisioning_error")) => AttemptOutcome::Provisioning,
        (_, Some("invalid_api_token")) => AttemptOutcome::InvalidToken,
        _ => AttemptOutcome::Permanent,
    }
}

/// Returns `true` if an attempt may have changed something: only writes can, and only if they were not refused.
pub(crate) fn may_have_happened(
    operation: &OperationInfo,
    attempt: &Attempt,
    outcome: AttemptOutcome,
) -> bool {
    if operation.method.is_safe() {
        return false;
    }
    match outcome {
        AttemptOutcome::Success | AttemptOutcome::Ambiguous(_) => true,
        // Only 4xx is a refusal. A 500 leaves open how far the server got, and so does a redirect
        // of a proxy, or a status that HTTP does not define.
        AttemptOutcome::Permanent => attempt
            .head
            .as_ref()
            .is_some_and(|(status, _)| !status.is_client_error()),
        AttemptOutcome::NotSent
        | AttemptOutcome::RateLimited
        | AttemptOutcome::Unavailable
        | AttemptOutcome::Provisioning
        | AttemptOutcome::InvalidToken => false,
    }
}

/// Returns the kind of the error with which an attempt ends its call; `by_name` if the request names its object by
/// something else than its id.
pub(crate) fn error_kind(
    operation: &OperationInfo,
    by_name: bool,
    attempt: &Attempt,
    api: Option<&ApiError>,
    outcome: AttemptOutcome,
) -> ErrorKind {
    let repeatable = match outcome {
        // What was executed there, nobody knows.
        AttemptOutcome::Ambiguous(AmbiguousCause::Redirected) => operation.method.is_safe(),
        _ => operation.idempotent && !by_name,
    };
    match outcome {
        AttemptOutcome::Ambiguous(_) if !repeatable => ErrorKind::Unconfirmed,
        AttemptOutcome::Ambiguous(AmbiguousCause::TimedOut) => ErrorKind::Timeout,
        AttemptOutcome::Ambiguous(AmbiguousCause::BodyTruncated) => ErrorKind::Decode,
        AttemptOutcome::Ambiguous(AmbiguousCause::Redirected) => ErrorKind::Status,
        AttemptOutcome::Ambiguous(AmbiguousCause::ConnectionLost) | AttemptOutcome::NotSent => {
            ErrorKind::Connect
        }
        _ => match &attempt.head {
            Some((status, _)) => {
                ErrorKind::of_response(*status, api.map(|error| error.code.as_str()))
            }
            None => ErrorKind::Connect,
        },
    }
}
