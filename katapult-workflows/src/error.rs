//! Why a workflow did not come to its end.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use katapult_core::Error;
use katapult_core::WaitError;

/// Why a workflow did not come to its end.
///
/// What it did before stays done; run it again to go on. Displayed, it is one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum WorkflowError {
    /// A call failed.
    Call(Error),
    /// Something that was waited for ended badly: a task, a build, a machine.
    #[non_exhaustive]
    Failed {
        /// What it is, in words.
        what: String,
    },
    /// Something that was waited for did not come about in time.
    #[non_exhaustive]
    TimedOut {
        /// What it is, in words.
        what: String,
        /// How long was waited.
        after: Duration,
        /// The error of the last look, if that failed.
        error: Option<Error>,
    },
    /// It can't be done as things are, or not without leave: the text says why, and what would help.
    Refused(String),
}

impl WorkflowError {
    /// The error of the call that failed, if one did.
    pub fn error(&self) -> Option<&Error> {
        match self {
            WorkflowError::Call(error) => Some(error),
            WorkflowError::TimedOut { error, .. } => error.as_ref(),
            WorkflowError::Failed { .. } | WorkflowError::Refused(_) => None,
        }
    }

    /// Whether something that was waited for ended badly.
    pub fn is_failed(&self) -> bool {
        matches!(self, WorkflowError::Failed { .. })
    }

    /// Whether something that was waited for did not come about in time.
    pub fn is_timed_out(&self) -> bool {
        matches!(self, WorkflowError::TimedOut { .. })
    }

    /// Whether it can't be done as things are, or not without leave.
    pub fn is_refused(&self) -> bool {
        matches!(self, WorkflowError::Refused(_))
    }
}

impl fmt::Display for WorkflowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WorkflowError::Call(error) => write!(f, "{error}"),
            WorkflowError::Failed { what } => write!(f, "it failed: {what}"),
            WorkflowError::TimedOut { what, after, error } => {
                write!(f, "not done after {after:?}; seen last: {what}")?;
                match error {
                    Some(error) => write!(f, "; the last look failed: {error}"),
                    None => Ok(()),
                }
            }
            WorkflowError::Refused(why) => write!(f, "{why}"),
        }
    }
}

impl StdError for WorkflowError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error().map(|error| error as _)
    }
}

impl From<Error> for WorkflowError {
    fn from(error: Error) -> Self {
        WorkflowError::Call(error)
    }
}

impl<S> From<WaitError<S>> for WorkflowError {
    fn from(error: WaitError<S>) -> Self {
        match error {
            WaitError::Request(error) | WaitError::Polling { error, .. } => {
                WorkflowError::Call(error)
            }
            WaitError::Failed { description, .. } => WorkflowError::Failed { what: description },
            WaitError::TimedOut {
                description,
                elapsed,
                error,
                ..
            } => WorkflowError::TimedOut {
                what: description,
                after: elapsed,
                error,
            },
            other => WorkflowError::Failed {
                what: other.to_string(),
            },
        }
    }
}
