//! The error of a call.
//!
//! [`Error`] is one flat type with predicates, because callers ask "is there no such object?" and not which
//! layer failed.

#[cfg(feature = "blocking")]
mod blocking;
mod config;
mod context;
mod display;
mod kind;
mod received;
mod source;
pub(crate) mod text;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use katapult_gen::error_codes::{ErrorCode, ErrorDetail};
use katapult_gen::{ApiError, OperationInfo, RawResponse};

use crate::resume_token::ResumeToken;

#[cfg(feature = "blocking")]
pub use blocking::BlockingError;
pub use config::ConfigError;
pub use context::DelayReason;
pub(crate) use context::{ErrorContext, FailureCause, GiveUpReason};
pub use kind::ErrorKind;
pub(crate) use source::CredentialError;
pub use source::HttpClientError;
pub(crate) use source::HttpFailure;

/// The error of a call.
///
/// Predicates answer the questions of most callers:
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// # use katapult_core::{Client, types::VirtualMachineLookup};
/// # async fn run(katapult: Client) -> Result<(), katapult_core::Error> {
/// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
/// match katapult.virtual_machines().get(&web).send().await {
///     Ok(machine) => println!("{}", machine.id),
///     Err(error) if error.is_not_found() => println!("no such machine"),
///     Err(error) => return Err(error),
/// }
/// # Ok(()) }
/// ```
///
/// [`Display`](fmt::Display) writes one line with the operation, the cause, the request id and the number of
/// attempts. It never contains the token.
pub struct Error {
    context: Box<ErrorContext>,
}

impl From<ErrorContext> for Error {
    fn from(context: ErrorContext) -> Self {
        Self {
            context: Box::new(context),
        }
    }
}

impl Error {
    pub(crate) fn with_resume_token(mut self, token: ResumeToken) -> Self {
        self.context.resume_token = Some(token);
        self
    }

    pub(crate) fn with_lookup(mut self, lookup: Option<String>) -> Self {
        self.context.lookup = lookup;
        self
    }

    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.context.kind
    }

    /// Returns the API's error code; `None` if the last response carries none.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.context.api.as_ref().map(|api| &api.code)
    }

    /// Returns the status of the last response; `None` without a response.
    pub fn status(&self) -> Option<StatusCode> {
        let response = self.context.response.as_ref();
        response.map(|response| response.status)
    }

    /// Returns the API's description of the error; `None` if the last response carries none.
    pub fn description(&self) -> Option<&str> {
        self.context.api.as_ref()?.description.as_deref()
    }

    /// Returns the details of the error, typed by its code; `None` without a code.
    // Inline, so that only programs that call it compile the details of all codes.
    #[inline]
    pub fn detail(&self) -> Option<ErrorDetail> {
        self.context.api.as_ref().map(ApiError::typed_detail)
    }

    /// Returns the id under which the API logged the last request that got a response; Katapult's support
    /// needs it.
    pub fn request_id(&self) -> Option<&str> {
        self.context.response.as_ref()?.request_id()
    }

    /// Returns the headers of the last response; `None` without a response.
    pub fn headers(&self) -> Option<&HeaderMap> {
        let response = self.context.response.as_ref();
        response.map(|response| &response.headers)
    }

    /// Returns the delay that the last response requires in `Retry-After`, from the time of that response; `None`
    /// without one. Zero for a date in the past.
    pub fn retry_after(&self) -> Option<Duration> {
        self.context.retry_after
    }

    /// Returns the number of times the request was sent; 0 if it never was.
    pub fn attempts(&self) -> u32 {
        self.context.attempts
    }

    /// Returns the cause of the failure as the error that it was, for `downcast_ref`: that of the HTTP client, of
    /// the token provider or of the reconcile check, or a [`DecodeError`](katapult_gen::DecodeError).
    ///
    /// `None` if the response states it. It is not the [source](StdError::source), because the message includes
    /// its text, and programs that print a chain of sources would print it twice.
    pub fn cause(&self) -> Option<&(dyn StdError + 'static)> {
        let cause: Option<&(dyn StdError + 'static)> = match self.context.cause.as_ref() {
            Some(FailureCause::Connection(error) | FailureCause::BodyTruncated(error)) => {
                Some(&*error.cause)
            }
            Some(FailureCause::Decode(error)) => Some(error),
            Some(FailureCause::Build(error)) => Some(&**error),
            Some(FailureCause::Credentials(error)) => Some(error),
            #[cfg(feature = "blocking")]
            Some(FailureCause::Blocking(error)) => Some(error),
            _ => None,
        };
        let reconcile_error = self.context.reconcile_error.as_ref();
        cause.or_else(|| reconcile_error.map(|error| &**error as _))
    }

    /// Returns the operation that failed.
    pub fn operation(&self) -> &OperationInfo {
        &self.context.operation
    }

    /// Returns the body of the last response, or the part that was received; `None` without a response.
    pub fn body(&self) -> Option<&[u8]> {
        let response = self.context.response.as_ref();
        response.map(|response| &response.body[..])
    }

    /// Returns the position at which a list can be resumed after one of its pages failed: the pages before it
    /// were returned.
    ///
    /// `None` for all other calls. See [`Pages::resume`](crate::Pages::resume).
    pub fn resume_token(&self) -> Option<&ResumeToken> {
        self.context.resume_token.as_ref()
    }

    /// Returns `true` if the object does not exist: any 404.
    pub fn is_not_found(&self) -> bool {
        self.response_is(ErrorKind::NotFound)
    }

    /// Returns `true` if the object is in the trash: the API's `object_in_trash`.
    pub fn is_in_trash(&self) -> bool {
        self.response_is(ErrorKind::InTrash)
    }

    /// Returns `true` if the object cannot be used because it is deleted or in the trash. For a caller that
    /// wanted to delete it, that is success.
    pub fn is_gone(&self) -> bool {
        self.is_not_found() || self.is_in_trash()
    }

    /// Returns `true` if the quota was exhausted: any 429, also as the last response before the deadline, and a
    /// wait for the quota that would exceed it.
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited || self.response_is(ErrorKind::RateLimited)
    }

    /// Returns `true` if the state of the object does not allow the operation: a 409, or a 406 that is not
    /// about the trash.
    pub fn is_conflict(&self) -> bool {
        self.response_is(ErrorKind::Conflict)
    }

    /// Returns `true` if the API, or a proxy in front of it, was unavailable: any 502, 503 or 504.
    pub fn is_unavailable(&self) -> bool {
        self.response_is(ErrorKind::Unavailable)
    }

    /// Returns `true` if the connection could not be made, or was lost before the response was complete.
    pub fn is_connect(&self) -> bool {
        self.kind() == ErrorKind::Connect
            || match &self.context.cause {
                Some(FailureCause::Connection(error)) => error.failure != HttpFailure::Redirected,
                Some(FailureCause::BodyTruncated(_)) => true,
                _ => false,
            }
    }

    /// Returns `true` if a response has the status of a success, and is not what the operation returns.
    pub fn is_decode(&self) -> bool {
        self.kind() == ErrorKind::Decode
            || matches!(
                self.context.cause,
                Some(
                    FailureCause::Decode(_)
                        | FailureCause::ErrorInSuccess
                        | FailureCause::OtherObject { .. }
                )
            )
    }

    /// Returns `true` if the request could not be built, so that nothing was sent, or a blocking method was called
    /// inside an async runtime.
    pub fn is_build(&self) -> bool {
        self.kind() == ErrorKind::Build
    }

    /// Returns `true` if the pages of a list are inconsistent: they do not end, or the resume token belongs to
    /// another list.
    pub fn is_pagination(&self) -> bool {
        self.kind() == ErrorKind::Pagination
    }

    /// Returns `true` if the token is missing, not valid, or not accepted from this network.
    pub fn is_auth(&self) -> bool {
        self.kind() == ErrorKind::Auth
    }

    /// Returns `true` if the scopes of the token or the permissions of its owner do not suffice: any 403 that
    /// is not about the token itself.
    pub fn is_forbidden(&self) -> bool {
        self.response_is(ErrorKind::Forbidden)
    }

    /// Returns `true` if the arguments are not valid: any 422.
    pub fn is_validation(&self) -> bool {
        self.response_is(ErrorKind::Validation)
    }

    /// Returns `true` if a write that must not be repeated may or may not have been executed.
    ///
    /// Check for its result before retrying, or let the call check by itself, with
    /// [`CallExt::reconcile`](crate::prelude::CallExt::reconcile).
    pub fn is_unconfirmed(&self) -> bool {
        self.kind() == ErrorKind::Unconfirmed
    }

    /// Returns `true` if a time limit was exceeded: of an attempt, of the whole call, or by a delay that was needed.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
            || matches!(
                self.context.cause,
                Some(
                    FailureCause::AttemptTimeout(_)
                        | FailureCause::DeadlineWhile(_)
                        | FailureCause::RateLimited(_)
                )
            )
            || matches!(
                self.context.gave_up,
                Some(GiveUpReason::DeadlineExceeded { .. })
            )
    }

    /// Returns `true` if the same call may succeed later, and is safe to repeat.
    ///
    /// `false` for every [unconfirmed](Error::is_unconfirmed) call: check first.
    pub fn is_retryable(&self) -> bool {
        if self.context.may_have_happened && !self.context.operation.idempotent {
            return false;
        }
        if let Some(FailureCause::Connection(error)) = &self.context.cause {
            if error.failure == HttpFailure::Permanent {
                return false;
            }
        }
        match self.context.kind {
            ErrorKind::RateLimited
            | ErrorKind::Unavailable
            | ErrorKind::Timeout
            | ErrorKind::Connect => true,
            ErrorKind::Decode => {
                matches!(self.context.cause, Some(FailureCause::BodyTruncated(_)))
            }
            ErrorKind::Validation => self
                .code()
                .is_some_and(|code| code == "object_storage_provisioning_error"),
            _ => false,
        }
    }

    /// Returns `true` if any of the attempts may have been executed although the call failed.
    ///
    /// `false` for every call that only reads, and for a write that was refused. `true` for a write whose
    /// response was lost, could not be decoded, or reports an internal error.
    pub fn may_have_happened(&self) -> bool {
        self.context.may_have_happened
    }

    /// Returns the last response, and the API's error if it is one.
    pub(crate) fn last_response(&self) -> Option<(&RawResponse, Option<&ApiError>)> {
        let response = self.context.response.as_ref()?;
        Some((response, self.context.api.as_ref()))
    }

    /// Returns `true` if the last response, taken by itself, is of this kind.
    fn response_is(&self, kind: ErrorKind) -> bool {
        let Some(status) = self.status() else {
            return false;
        };
        let code = self.context.api.as_ref().map(|api| api.code.as_str());
        ErrorKind::of_response(status, code) == kind
    }
}

// Without a source: the message includes the cause, which `Error::cause` returns.
impl StdError for Error {}

/// Writes the message of [`Display`](fmt::Display) and the kind. The body of the response is left out, because
/// it may contain secrets.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.context.kind)
            .field("operation", &self.context.operation.id)
            .field("may_have_happened", &self.context.may_have_happened)
            .field("message", &format_args!("{self}"))
            .finish_non_exhaustive()
    }
}
