//! Why waiting did not come to a good end.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::error::Error;

/// Why waiting did not come to a good end; `S` is what was waited for, a [`Task`](crate::types::Task) say.
///
/// What was waited for may still come about, unless it [failed](WaitError::Failed): go on waiting by
/// its id, in this process or another.
#[non_exhaustive]
pub enum WaitError<S> {
    /// The call that was to set it going failed. Nothing was waited for.
    Request(Error),
    /// It ended badly.
    #[non_exhaustive]
    Failed {
        /// The object, as it was seen last.
        state: Box<S>,
        /// What it is, in words.
        what: String,
    },
    /// The time ran out, and one last look, taken then, did not find it done.
    #[non_exhaustive]
    TimedOut {
        /// The object as it was seen last; `None` if no look succeeded.
        last: Option<Box<S>>,
        /// What it is, in words.
        what: String,
        /// How long was waited.
        after: Duration,
        /// The error of the last look, if that failed.
        error: Option<Error>,
    },
    /// Looking failed: with an error that will not pass, or for longer than [the policy](crate::PollPolicy) looks past.
    #[non_exhaustive]
    Polling {
        /// The error of the last look.
        error: Error,
        /// The object as it was seen last; `None` if no look succeeded.
        last: Option<Box<S>>,
    },
}

impl<S> WaitError<S> {
    /// The object as it was seen last, if it was.
    pub fn state(&self) -> Option<&S> {
        match self {
            WaitError::Request(_) => None,
            WaitError::Failed { state, .. } => Some(state),
            WaitError::TimedOut { last, .. } | WaitError::Polling { last, .. } => last.as_deref(),
        }
    }

    /// The error of the call that failed, if one did.
    pub fn error(&self) -> Option<&Error> {
        match self {
            WaitError::Request(error) | WaitError::Polling { error, .. } => Some(error),
            WaitError::TimedOut { error, .. } => error.as_ref(),
            WaitError::Failed { .. } => None,
        }
    }

    /// Whether what was waited for ended badly.
    pub fn is_failed(&self) -> bool {
        matches!(self, WaitError::Failed { .. })
    }

    /// Whether the time ran out.
    pub fn is_timed_out(&self) -> bool {
        matches!(self, WaitError::TimedOut { .. })
    }

    /// Whether it could not be seen how things stand.
    pub fn is_polling(&self) -> bool {
        matches!(self, WaitError::Polling { .. })
    }
}

impl<S> fmt::Display for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitError::Request(error) => write!(f, "{error}"),
            WaitError::Failed { what, .. } => write!(f, "it failed: {what}"),
            WaitError::TimedOut {
                what, after, error, ..
            } => {
                write!(f, "not done after {after:?}; seen last: {what}")?;
                match error {
                    Some(error) => write!(f, "; the last look failed: {error}"),
                    None => Ok(()),
                }
            }
            WaitError::Polling { error, .. } => {
                write!(f, "could not look whether it is done: {error}")
            }
        }
    }
}

/// Says what [`fmt::Display`] says; the object may hold secrets and is left out.
impl<S> fmt::Debug for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            WaitError::Request(_) => "Sending",
            WaitError::Failed { .. } => "Failed",
            WaitError::TimedOut { .. } => "TimedOut",
            WaitError::Polling { .. } => "Looking",
        };
        f.debug_tuple(name).field(&format_args!("{self}")).finish()
    }
}

impl<S> StdError for WaitError<S> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error().map(|error| error as _)
    }
}
