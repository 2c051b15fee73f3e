//! The error of a waiter.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use katapult_gen::OperationInfo;

#[cfg(feature = "blocking")]
use crate::error::BlockingError;
use crate::error::Error;
use crate::error::text::{MAX_LENGTH, Truncated};

/// The error of a waiter; `S` is the state that it polls, such as a [`Task`](crate::types::Task).
///
/// Unless it [failed](WaitError::Failed), the condition may still be met later: continue with a new waiter for
/// the same id, in this process or another.
#[non_exhaustive]
pub enum WaitError<S> {
    /// The call that starts the operation failed. Nothing was polled.
    Request(Error),
    /// The call succeeded, but its response is without the task to poll. Do not repeat the call: read the object
    /// that it is about instead.
    #[non_exhaustive]
    NoTask {
        /// The operation of the call.
        operation: &'static OperationInfo,
        /// The id under which the API logged the request.
        request_id: Option<String>,
    },
    /// The condition can no longer be met.
    #[non_exhaustive]
    Failed {
        /// The last state.
        state: Box<S>,
        /// The description of the last state.
        description: String,
    },
    /// The timeout passed, and one final poll after it did not find the condition met, or had no room within 10 s in
    /// the [share of the quota](crate::ClientBuilder::poll_share) that is for polls.
    #[non_exhaustive]
    TimedOut {
        /// The last state; `None` if no poll succeeded.
        last_state: Option<Box<S>>,
        /// The description of the last state.
        description: String,
        /// The duration of the wait.
        elapsed: Duration,
        /// The error of the last poll, if it failed.
        error: Option<Error>,
    },
    /// Polling failed: with an error that does not pass, or for longer than the
    /// [policy](crate::PollPolicy::tolerate_errors_for) tolerates.
    #[non_exhaustive]
    Polling {
        /// The error of the last poll.
        error: Error,
        /// The last state; `None` if no poll succeeded.
        last_state: Option<Box<S>>,
    },
    /// A blocking method was called inside an async runtime. Nothing was sent.
    #[cfg(feature = "blocking")]
    Blocking(BlockingError),
}

impl<S> WaitError<S> {
    /// Returns the last state; `None` if no poll succeeded.
    pub fn state(&self) -> Option<&S> {
        match self {
            WaitError::Request(_) | WaitError::NoTask { .. } => None,
            #[cfg(feature = "blocking")]
            WaitError::Blocking(_) => None,
            WaitError::Failed { state, .. } => Some(state),
            WaitError::TimedOut { last_state, .. } | WaitError::Polling { last_state, .. } => {
                last_state.as_deref()
            }
        }
    }

    /// Returns the error of the call or the last poll, if it failed.
    pub fn error(&self) -> Option<&Error> {
        match self {
            WaitError::Request(error) | WaitError::Polling { error, .. } => Some(error),
            WaitError::TimedOut { error, .. } => error.as_ref(),
            WaitError::NoTask { .. } | WaitError::Failed { .. } => None,
            #[cfg(feature = "blocking")]
            WaitError::Blocking(_) => None,
        }
    }

    /// Returns `true` if the condition can no longer be met.
    pub fn is_failed(&self) -> bool {
        matches!(self, WaitError::Failed { .. })
    }

    /// Returns `true` if the timeout passed.
    pub fn is_timed_out(&self) -> bool {
        matches!(self, WaitError::TimedOut { .. })
    }

    /// Returns `true` if polling failed.
    pub fn is_polling(&self) -> bool {
        matches!(self, WaitError::Polling { .. })
    }
}

impl<S> fmt::Display for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitError::Request(error) => write!(f, "{error}"),
            #[cfg(feature = "blocking")]
            WaitError::Blocking(error) => write!(f, "{error}"),
            WaitError::NoTask {
                operation,
                request_id,
            } => {
                write!(
                    f,
                    "{operation} succeeded, but its response has no task to wait for"
                )?;
                match request_id {
                    Some(id) => write!(f, " (request id {})", Truncated(id)),
                    None => Ok(()),
                }
            }
            // The description has texts of the server: names, and states that this crate does not know.
            WaitError::Failed { description, .. } => {
                write!(f, "wait failed: {}", Truncated(description))
            }
            WaitError::TimedOut {
                description,
                elapsed,
                error,
                ..
            } => {
                let text = format!(
                    "timed out after {elapsed:?}; last state: {}",
                    Truncated(description)
                );
                f.write_str(&text)?;
                match error {
                    Some(error) => {
                        const POLL: &str = "; the last poll failed: ";
                        let used = text.chars().count() + POLL.len();
                        write!(f, "{POLL}{error:.*}", MAX_LENGTH.saturating_sub(used))
                    }
                    None => Ok(()),
                }
            }
            WaitError::Polling { error, .. } => {
                const POLL: &str = "polling failed: ";
                write!(f, "{POLL}{error:.*}", MAX_LENGTH - POLL.len())
            }
        }
    }
}

/// Writes the variant and the message of [`Display`](fmt::Display). The state is left out, because it may
/// contain secrets.
impl<S> fmt::Debug for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            WaitError::Request(_) => "Request",
            WaitError::NoTask { .. } => "NoTask",
            WaitError::Failed { .. } => "Failed",
            WaitError::TimedOut { .. } => "TimedOut",
            WaitError::Polling { .. } => "Polling",
            #[cfg(feature = "blocking")]
            WaitError::Blocking(_) => "Blocking",
        };
        f.debug_tuple(name).field(&format_args!("{self}")).finish()
    }
}

impl<S> StdError for WaitError<S> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // The message includes the error, so its source is next.
        self.error().and_then(StdError::source)
    }
}
