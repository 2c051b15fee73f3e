//! Client-side rate limiting: requests wait in a queue before the quota of the token is exhausted.

mod acquire_timeout;
pub(crate) mod limiter;
pub(crate) mod poll_queue;
pub(crate) mod poll_rate;
pub(crate) mod server_clock;
pub(crate) mod window;

use std::time::{Duration, SystemTime};

/// The time for which a permit or a turn is left to each one further ahead in its queue, which may not be polled.
// Much longer than a task that was woken takes to run, and much shorter than a window or an interval of polls.
const PATIENCE: Duration = Duration::from_millis(100);

/// The setting that states whether a client rate limits itself, and the share of the quota it uses.
///
/// The quota belongs to the token: all who use it draw on the same clock minute, and every response states what
/// remains for all of them. The client reads that, queues its requests before the quota is exhausted, and
/// continues in the next minute by the server's clock. Until a response has stated the quota, at most four
/// requests are in flight; if none of them gets a response within 2 s, the others are sent too. A stated limit of
/// 0 is ignored, and each new minute permits at least one request, whatever earlier responses have stated.
///
/// ```
/// use katapult_core::{Client, RateLimit};
///
/// // Leaves half of the quota to other users of the token.
/// let builder = Client::builder().rate_limit(RateLimit::share(0.5));
/// # drop(builder);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum RateLimit {
    /// Keeps to the quota, and uses all that others leave. The default.
    #[default]
    Auto,
    /// Sends at once, and handles 429 by retries.
    Off,
    /// Keeps to the quota, and uses at most this share of it; created by [`RateLimit::share`].
    Share(f64),
}

impl RateLimit {
    /// Returns the setting that uses at most this share of the quota: 0.5 is half. A share that is not between
    /// 0 and 1 counts as 1.
    #[must_use]
    pub fn share(share: f64) -> Self {
        Self::Share(share)
    }

    /// Returns the share of the quota that the client uses at most, from above 0 to 1.
    pub(crate) fn max_share(self) -> f64 {
        match self {
            Self::Share(share) if share > 0.0 && share < 1.0 => share,
            _ => 1.0,
        }
    }
}

/// The state of a client's rate limiter, returned by [`Client::rate_limit`](crate::Client::rate_limit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitState {
    /// Requests per minute that the server permits to all who use the token.
    pub limit: u32,
    /// Requests that remain in this minute to all who use the token, by the latest response.
    pub remaining: u32,
    /// The end of this minute by the server's clock, when the whole quota is available again.
    pub resets_at: SystemTime,
    /// Requests of this client that are in flight.
    pub in_flight: u32,
    /// Requests of this client that wait in the queue.
    pub queued: usize,
}
