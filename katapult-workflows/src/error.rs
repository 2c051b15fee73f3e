//! The error of all workflows.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use katapult_core::{Error, WaitError};

/// The reason why a workflow did not complete.
///
/// Steps that it completed remain; run the same workflow again to continue. Displayed, it is one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum WorkflowError {
    /// A call failed.
    Call(Error),
    /// A task, a build or an object reached a state of failure.
    #[non_exhaustive]
    Failed {
        /// A description of the state.
        description: String,
    },
    /// A task, a build or an object did not reach its final state in time.
    #[non_exhaustive]
    TimedOut {
        /// A description of the last state.
        description: String,
        /// The time that was waited.
        elapsed: Duration,
        /// The error of the last poll, if it failed.
        error: Option<Error>,
    },
    /// Several objects exist where one is wanted, because another run created one at the same time. None of them was
    /// deleted, since each may be in use: delete those that are not needed.
    #[non_exhaustive]
    Duplicate {
        /// A description of the objects.
        description: String,
        /// The ids of all of them.
        ids: Vec<String>,
    },
    /// The current state does not allow the workflow, or not without a permission: the text states the reason and the
    /// remedy.
    PreconditionFailed(String),
    /// The workflow was given a value that the API would refuse, and sent nothing that changes anything.
    InvalidInput(String),
}

impl WorkflowError {
    /// Returns the error of the call that failed, if one did.
    pub fn error(&self) -> Option<&Error> {
        match self {
            WorkflowError::Call(error) => Some(error),
            WorkflowError::TimedOut { error, .. } => error.as_ref(),
            WorkflowError::Failed { .. }
            | WorkflowError::Duplicate { .. }
            | WorkflowError::PreconditionFailed(_)
            | WorkflowError::InvalidInput(_) => None,
        }
    }

    /// Returns `true` if a task, a build or an object reached a state of failure.
    pub fn is_failed(&self) -> bool {
        matches!(self, WorkflowError::Failed { .. })
    }

    /// Returns `true` if a final state was not reached in time.
    pub fn is_timed_out(&self) -> bool {
        matches!(self, WorkflowError::TimedOut { .. })
    }

    /// Returns `true` if another run created a second object at the same time.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, WorkflowError::Duplicate { .. })
    }

    /// Returns `true` if the current state does not allow the workflow, or not without a permission.
    pub fn is_precondition_failed(&self) -> bool {
        matches!(self, WorkflowError::PreconditionFailed(_))
    }

    /// Returns `true` if the workflow was given a value that the API would refuse.
    pub fn is_invalid_input(&self) -> bool {
        matches!(self, WorkflowError::InvalidInput(_))
    }
}

impl fmt::Display for WorkflowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WorkflowError::Call(error) => write!(f, "{error}"),
            WorkflowError::Failed { description } => write!(f, "failed: {description}"),
            WorkflowError::TimedOut {
                description,
                elapsed,
                error,
            } => {
                write!(f, "timed out after {elapsed:?}; last state: {description}")?;
                match error {
                    Some(error) => write!(f, "; the last poll failed: {error}"),
                    None => Ok(()),
                }
            }
            WorkflowError::Duplicate { description, ids } => write!(
                f,
                "duplicate, created by another run at the same time: {description}: {}; delete those that are not needed",
                ids.join(", ")
            ),
            WorkflowError::PreconditionFailed(reason) => write!(f, "{reason}"),
            WorkflowError::InvalidInput(reason) => write!(f, "invalid input: {reason}"),
        }
    }
}

impl StdError for WorkflowError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // The message includes the error, so its source is next.
        self.error().and_then(StdError::source)
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
            WaitError::Failed { description, .. } => WorkflowError::Failed { description },
            WaitError::TimedOut {
                description,
                elapsed,
                error,
                ..
            } => WorkflowError::TimedOut {
                description,
                elapsed,
                error,
            },
            // The enumeration may grow; the text of a new variant is all that is known here.
            other => WorkflowError::Failed {
                description: other.to_string(),
            },
        }
    }
}
