//! The data of an error.

use std::error::Error as StdError;
use std::time::Duration;

use katapult_gen::{ApiError, DecodeError, OperationRef, RawResponse};

#[cfg(feature = "blocking")]
use super::blocking::BlockingError;
use super::kind::ErrorKind;
use super::source::{CredentialError, HttpClientError};
use crate::resume_token::ResumeToken;

/// The data that an [`Error`](super::Error) displays and returns.
pub(crate) struct ErrorContext {
    pub(crate) kind: ErrorKind,
    pub(crate) operation: OperationRef,
    /// The lookup of the request: `fqdn web-1.acme.example`.
    pub(crate) lookup: Option<String>,
    pub(crate) attempts: u32,
    /// The last response, with the part of its body that was received.
    pub(crate) response: Option<RawResponse>,
    pub(crate) api: Option<ApiError>,
    pub(crate) cause: Option<FailureCause>,
    pub(crate) gave_up: Option<GiveUpReason>,
    /// The limit of the whole call.
    pub(crate) deadline: Option<Duration>,
    pub(crate) may_have_happened: bool,
    /// The delay that the last response requires in `Retry-After`.
    pub(crate) retry_after: Option<Duration>,
    /// The error of the reconcile check. Boxed, because it is an [`Error`](super::Error) itself.
    pub(crate) reconcile_error: Option<Box<dyn StdError + Send + Sync>>,
    pub(crate) resume_token: Option<ResumeToken>,
}

impl ErrorContext {
    pub(crate) fn new(kind: ErrorKind, operation: impl Into<OperationRef>) -> Self {
        Self {
            kind,
            operation: operation.into(),
            lookup: None,
            attempts: 0,
            response: None,
            api: None,
            cause: None,
            gave_up: None,
            deadline: None,
            may_have_happened: false,
            retry_after: None,
            reconcile_error: None,
            resume_token: None,
        }
    }
}

/// The cause of a failure, as far as the status of the response does not state it.
#[derive(Debug)]
pub(crate) enum FailureCause {
    /// The request could not be sent, or the connection was lost before the response.
    Connection(HttpClientError),
    /// The response was not complete within this time.
    AttemptTimeout(Duration),
    /// The connection was lost within the body.
    BodyTruncated(HttpClientError),
    /// The body is larger than this number of bytes.
    BodyTooLarge(usize),
    /// The body of a success is not what the operation returns.
    Decode(DecodeError),
    /// The body of a success is an error of the API, or of a proxy.
    ErrorInSuccess,
    /// The response is about another object than the one that the request named.
    OtherObject { requested: String, received: String },
    /// The request could not be built.
    Build(Box<dyn StdError + Send + Sync>),
    /// A blocking method was called where it must not block.
    #[cfg(feature = "blocking")]
    Blocking(BlockingError),
    /// There is no token to send.
    Credentials(CredentialError),
    /// Waiting this long for the rate limit would exceed the deadline.
    RateLimited(Duration),
    /// The deadline passed while waiting for this.
    DeadlineWhile(&'static str),
    /// The pages of a list are inconsistent.
    Pagination(String),
}

/// The reason for a delay before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DelayReason {
    /// The response carries `Retry-After`.
    RetryAfter,
    /// The quota is exhausted until the next window.
    QuotaReset,
    /// Exponential backoff.
    Backoff,
    /// The retry budget of the client is empty until then.
    RetryBudget,
    /// The token was rejected, and the provider has another: there is no delay.
    TokenRefresh,
}

impl DelayReason {
    /// Returns the name in snake case, for labels: `retry_after`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RetryAfter => "retry_after",
            Self::QuotaReset => "quota_reset",
            Self::Backoff => "backoff",
            Self::RetryBudget => "retry_budget",
            Self::TokenRefresh => "token_refresh",
        }
    }

    /// Returns the rest of a message that starts with "waiting".
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::RetryAfter => "as required by Retry-After",
            Self::QuotaReset => "for the rate limit to reset",
            Self::Backoff => "before the next attempt",
            Self::RetryBudget => "for the retry budget",
            Self::TokenRefresh => "for another token",
        }
    }
}

/// The reason why there is no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GiveUpReason {
    /// Another attempt would have the same result, or the policy excludes it.
    NotRetryable,
    /// The request may have been executed, and must not be executed twice.
    NotIdempotent,
    /// The policy permits no further attempt.
    AttemptsExhausted,
    /// The retry budget of the client is empty.
    BudgetExhausted,
    /// The delay would exceed the deadline.
    DeadlineExceeded {
        delay: Duration,
        reason: DelayReason,
    },
}
