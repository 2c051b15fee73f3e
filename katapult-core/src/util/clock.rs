//! The wall clock.
//!
//! Delays and time limits run on tokio's monotonic clock, which a test can pause. The wall clock serves only
//! what is defined by calendar time: the windows of the quota, and dates in responses.

use std::time::SystemTime;

/// A source of the current calendar time.
///
/// It is read once, when the client is built. It places requests in a window of the quota until a response
/// carries a `Date`; from then on the server's clock is used.
///
/// Any `Fn() -> SystemTime` implements it:
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// use katapult_core::Client;
///
/// // A machine whose clock is 90 seconds slow.
/// let builder = Client::builder().clock(|| SystemTime::now() - Duration::from_secs(90));
/// # drop(builder);
/// ```
#[cfg_attr(
    not(feature = "test-util"),
    expect(unreachable_pub, reason = "exported by the feature test-util")
)]
pub trait Clock: Send + Sync + 'static {
    /// Returns the current time.
    fn now(&self) -> SystemTime;
}

impl<F: Fn() -> SystemTime + Send + Sync + 'static> Clock for F {
    fn now(&self) -> SystemTime {
        self()
    }
}
