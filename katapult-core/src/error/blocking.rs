//! The error of the blocking interface.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// The reason why a blocking method did nothing: it was called inside an async runtime, or its thread could not be started.
#[derive(Clone, Debug)]
pub struct BlockingError {
    reason: Reason,
}

#[derive(Clone, Debug)]
enum Reason {
    /// The thread runs async tasks, and would run none of them until the call is complete.
    InsideRuntime,
    /// The operating system refused the thread, or what the runtime needs.
    NotStarted(Arc<io::Error>),
    /// The runtime stopped, with the process.
    Stopped,
}

impl BlockingError {
    pub(crate) fn inside_runtime() -> Self {
        let reason = Reason::InsideRuntime;
        Self { reason }
    }

    pub(crate) fn not_started(error: io::Error) -> Self {
        let reason = Reason::NotStarted(Arc::new(error));
        Self { reason }
    }

    pub(crate) fn stopped() -> Self {
        let reason = Reason::Stopped;
        Self { reason }
    }
}

impl fmt::Display for BlockingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::InsideRuntime => f.write_str(
                "a blocking method was called inside an async runtime, where it would block other tasks: await the async \
                 method, or use tokio::task::spawn_blocking",
            ),
            Reason::NotStarted(error) => {
                write!(f, "the thread for blocking calls could not be started: {error}")
            }
            Reason::Stopped => f.write_str("the thread for blocking calls has stopped"),
        }
    }
}

impl Error for BlockingError {}
