//! Observers: a hook for metrics and audits, called at each step of a call.
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicU64, Ordering};
//!
//! use katapult_core::Client;
//! use katapult_core::observer::{CallFinished, CallOutcome, Observer, RetryScheduled};
//!
//! #[derive(Default)]
//! struct Counters {
//!     failed_calls: AtomicU64,
//!     retries: AtomicU64,
//! }
//!
//! impl Observer for Counters {
//!     fn retry_scheduled(&self, _: &RetryScheduled<'_>) {
//!         self.retries.fetch_add(1, Ordering::Relaxed);
//!     }
//!
//!     fn call_finished(&self, event: &CallFinished<'_>) {
//!         if event.outcome == CallOutcome::Failure {
//!             self.failed_calls.fetch_add(1, Ordering::Relaxed);
//!         }
//!     }
//! }
//!
//! # fn run() -> Result<(), katapult_core::ConfigError> {
//! let counters = Arc::new(Counters::default());
//! let katapult = Client::builder()
//!     .token("a-token")
//!     .observer(Arc::clone(&counters))
//!     .build()?;
//! # drop(katapult); Ok(()) }
//! ```

mod event;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tracing::error;

pub use crate::error::DelayReason;
pub use crate::retry::classify::{AmbiguousCause, AttemptOutcome};
pub use event::{
    AttemptFinished, CallFinished, CallOutcome, CallStarted, RateLimitWaited, RetryScheduled,
};

/// A hook that a client calls at each step of a call, set by
/// [`ClientBuilder::observer`](crate::ClientBuilder::observer).
///
/// Every method has a default that does nothing. Each call of the API is observed on its own: each page of a list,
/// each poll of a waiter, and each request of a reconcile check. A call whose request cannot be built sends nothing and
/// is not observed, except where the reason is found after its start.
///
/// # Order
///
/// [`call_started`](Self::call_started) comes first and [`call_finished`](Self::call_finished) last, once each, also if
/// the future of the call is dropped. Between them, the steps of one call come in their order; those of concurrent
/// calls are interleaved.
///
/// # Threads
///
/// The methods run on the thread that polls or drops the future of the call, without a lock of the client. They delay
/// that call, and on a single-threaded runtime all others: a method that needs longer than a counter or a channel must
/// hand its work to another thread or task. Several threads may run the same method at once.
///
/// # Panics
///
/// A panic of a method is caught and logged at ERROR; the call continues, and the observer is called for the next event
/// as well. In a program built with `panic = "abort"`, it ends the program.
pub trait Observer: Send + Sync + 'static {
    /// Receives the start of a call, before it waits for anything.
    fn call_started(&self, event: &CallStarted<'_>) {
        let _ = event;
    }

    /// Receives the end of an attempt: a complete response, or the reason why there is none.
    fn attempt_finished(&self, event: &AttemptFinished<'_>) {
        let _ = event;
    }

    /// Receives the decision to send a request again, before its delay.
    fn retry_scheduled(&self, event: &RetryScheduled<'_>) {
        let _ = event;
    }

    /// Receives the end of a wait for the client's rate limiter. An attempt that is permitted at once has none.
    fn rate_limit_waited(&self, event: &RateLimitWaited<'_>) {
        let _ = event;
    }

    /// Receives the end of a call, after its response was decoded.
    fn call_finished(&self, event: &CallFinished<'_>) {
        let _ = event;
    }
}

/// Passes each event to the observer within, so that a program can keep a handle of it.
impl<T: Observer + ?Sized> Observer for Arc<T> {
    fn call_started(&self, event: &CallStarted<'_>) {
        (**self).call_started(event);
    }

    fn attempt_finished(&self, event: &AttemptFinished<'_>) {
        (**self).attempt_finished(event);
    }

    fn retry_scheduled(&self, event: &RetryScheduled<'_>) {
        (**self).retry_scheduled(event);
    }

    fn rate_limit_waited(&self, event: &RateLimitWaited<'_>) {
        (**self).rate_limit_waited(event);
    }

    fn call_finished(&self, event: &CallFinished<'_>) {
        (**self).call_finished(event);
    }
}

/// The observers of a client.
#[derive(Default)]
pub(crate) struct Observers(Vec<Box<dyn Observer>>);

impl Observers {
    pub(crate) fn add(&mut self, observer: impl Observer) {
        self.0.push(Box::new(observer));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Passes an event to each observer.
    pub(crate) fn notify(&self, event: &dyn Fn(&dyn Observer)) {
        for observer in &self.0 {
            // An observer that panicked may be inconsistent. That is its own affair: nothing of this crate is in it.
            if catch_unwind(AssertUnwindSafe(|| event(&**observer))).is_err() {
                error!(target: "katapult_core", "observer panicked");
            }
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observers", self.0.len())
    }
}
