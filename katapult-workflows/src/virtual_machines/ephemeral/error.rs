//! The error of an ephemeral machine.

use std::error::Error as StdError;
use std::fmt;

use crate::error::WorkflowError;

/// The reason why the job of an ephemeral machine did not succeed, or why its machine remains. `E` is the error of the
/// job. Displayed, it is one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum EphemeralError<E> {
    /// The machine was not built, or did not become ready in time. The job did not begin.
    NotReady(WorkflowError),
    /// The job failed.
    Job(E),
    /// The run was cancelled.
    Cancelled,
    /// The deadline passed.
    DeadlineExceeded,
    /// The machine could not be deleted. A [`Sweep`](crate::Sweep) deletes it after the end of its lease.
    #[non_exhaustive]
    NotDeleted {
        /// The host name of the machine: its lease.
        hostname: String,
        /// The reason.
        error: WorkflowError,
        /// The failure before the deletion; `None` if the job succeeded.
        previous: Option<Box<EphemeralError<E>>>,
    },
}

impl<E> EphemeralError<E> {
    /// Returns the error of the job, if it failed.
    pub fn job(&self) -> Option<&E> {
        match self {
            EphemeralError::Job(error) => Some(error),
            EphemeralError::NotDeleted { previous, .. } => previous.as_ref()?.job(),
            _ => None,
        }
    }

    /// Returns `true` if the run was cancelled.
    pub fn is_cancelled(&self) -> bool {
        match self {
            EphemeralError::Cancelled => true,
            EphemeralError::NotDeleted { previous, .. } => {
                previous.as_ref().is_some_and(|error| error.is_cancelled())
            }
            _ => false,
        }
    }

    /// Returns `true` if the deadline passed.
    pub fn is_deadline_exceeded(&self) -> bool {
        match self {
            EphemeralError::DeadlineExceeded => true,
            EphemeralError::NotDeleted { previous, .. } => previous
                .as_ref()
                .is_some_and(|error| error.is_deadline_exceeded()),
            _ => false,
        }
    }
}

impl<E: fmt::Display> fmt::Display for EphemeralError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EphemeralError::NotReady(error) => write!(f, "the machine is not ready: {error}"),
            EphemeralError::Job(error) => write!(f, "the job failed: {error}"),
            EphemeralError::Cancelled => write!(f, "cancelled"),
            EphemeralError::DeadlineExceeded => write!(f, "the deadline passed"),
            EphemeralError::NotDeleted {
                hostname,
                error,
                previous,
            } => {
                if let Some(previous) = previous {
                    write!(f, "{previous}; ")?;
                }
                write!(f, "the machine {hostname} was not deleted: {error}")
            }
        }
    }
}

// The messages of the causes are part of this one, so that there is no source.
impl<E: fmt::Debug + fmt::Display> StdError for EphemeralError<E> {}
