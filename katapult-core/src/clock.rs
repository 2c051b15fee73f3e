//! The time of day, as a thing that can be handed in.
//!
//! Waits and limits are counted on tokio's monotonic clock, which a test can pause; this is only
//! for the calendar, which the quota's windows and dates in responses are told in.

use std::time::SystemTime;

/// Tells the time of day.
///
/// It is asked when the client is built, and serves until a response has told the server's clock, which
/// is what counts from then on.
///
/// Any `Fn() -> SystemTime` is one:
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// use katapult_core::Client;
///
/// // A machine whose clock is 90 seconds behind.
/// let builder = Client::builder().clock(|| SystemTime::now() - Duration::from_secs(90));
/// # drop(builder);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> SystemTime;
}

impl<F: Fn() -> SystemTime + Send + Sync + 'static> Clock for F {
    fn now(&self) -> SystemTime {
        self()
    }
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}
