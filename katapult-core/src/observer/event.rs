//! The events that an observer receives.

use std::time::Duration;

use http::StatusCode;
use katapult_gen::OperationInfo;

use super::{AttemptOutcome, DelayReason};
use crate::error::{Error, ErrorKind};

/// The start of a call.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallStarted<'a> {
    /// The operation, with the scopes that it requires.
    pub operation: &'a OperationInfo,
}

/// The end of an attempt.
#[derive(Debug)]
#[non_exhaustive]
pub struct AttemptFinished<'a> {
    /// The operation.
    pub operation: &'a OperationInfo,
    /// The number of the attempt within its call, from 1.
    pub attempt: u32,
    /// The classification that the decision about a retry depends on.
    pub outcome: AttemptOutcome,
    /// The time from sending the request to the end of the response.
    pub duration: Duration,
    /// The HTTP status; `None` if no response was received.
    pub status: Option<StatusCode>,
    /// The kind of the error with which the call ends if there is no retry; `None` for a success.
    pub error_kind: Option<ErrorKind>,
    /// The API's error code, such as `scope_not_granted`.
    pub error_code: Option<&'a str>,
    /// The id under which the API logged the request.
    pub request_id: Option<&'a str>,
    /// Requests that remain in this minute to all who use the token, by this response.
    pub quota_remaining: Option<u32>,
}

/// The decision to send a request again.
#[derive(Debug)]
#[non_exhaustive]
pub struct RetryScheduled<'a> {
    /// The operation.
    pub operation: &'a OperationInfo,
    /// The number of the attempt that failed, from 1.
    pub attempt: u32,
    /// The outcome of that attempt: the reason for the retry.
    pub outcome: AttemptOutcome,
    /// The kind of the error with which the call would have ended.
    pub error_kind: ErrorKind,
    /// The delay before the next attempt, which may have to wait for the rate limit as well.
    pub delay: Duration,
    /// The reason for the length of the delay.
    pub reason: DelayReason,
}

/// The end of a wait for the client's rate limiter.
#[derive(Debug)]
#[non_exhaustive]
pub struct RateLimitWaited<'a> {
    /// The operation.
    pub operation: &'a OperationInfo,
    /// The number of the attempt that waited, from 1.
    pub attempt: u32,
    /// The time that the attempt waited.
    pub waited: Duration,
    /// `true` if the attempt may be sent; `false` if the call ends, because the wait exceeds its deadline. Such a call
    /// may not have waited at all.
    pub permitted: bool,
}

/// The end of a call.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallFinished<'a> {
    /// The operation.
    pub operation: &'a OperationInfo,
    /// The result, without its data.
    pub outcome: CallOutcome,
    /// The number of requests that were sent.
    pub attempts: u32,
    /// The time from the start to the complete response, with all delays and retries.
    pub duration: Duration,
    /// The HTTP status of the last response; `None` if none was received, or the call was cancelled.
    pub status: Option<StatusCode>,
    /// The kind of the error; `None` unless the outcome is [`CallOutcome::Failure`].
    pub error_kind: Option<ErrorKind>,
    /// The error that the caller receives; `None` unless the outcome is [`CallOutcome::Failure`].
    pub error: Option<&'a Error>,
}

/// The result of a call, without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallOutcome {
    /// The caller receives a response.
    Success,
    /// The caller receives an error.
    Failure,
    /// The future was dropped before the call ended, for example by a timeout around it.
    Cancelled,
}

impl CallOutcome {
    /// Returns the name in lower case, for labels: `success`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
        }
    }
}
