//! The retry policy.

use std::time::Duration;

use super::classify::{AmbiguousCause, AttemptOutcome};

/// The upper bound of the jitter on a wait for the next window of the quota, or for the time in `Retry-After`.
// Enough to spread the clients of a token, and little compared with the window of a minute.
const RELEASE_JITTER: Duration = Duration::from_secs(1);

/// A policy that states when a call is retried, and the delay between its attempts.
///
/// Safety is not a matter of policy: a request that may have been executed is sent again only if executing it
/// twice equals executing it once, or if a reconcile check found that it was not. The policy can only exclude
/// retries.
///
/// ```
/// use std::time::Duration;
/// use katapult_core::{Client, Jitter, RetryPolicy};
///
/// let patient = RetryPolicy::default().max_attempts(12).max_backoff(Duration::from_secs(120));
/// let predictable = RetryPolicy::default().jitter(Jitter::None);
/// let never = RetryPolicy::none();
/// let katapult = Client::builder().retry(patient);
/// # drop((katapult, predictable, never));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    pub(super) max_attempts: u32,
    initial_backoff: Duration,
    max_backoff: Duration,
    jitter: Jitter,
    on_rate_limited: bool,
    on_unavailable: bool,
    on_connect_error: bool,
    on_connection_lost: bool,
    on_provisioning_error: Option<bool>,
}

/// The randomization of delays, so that clients that failed together do not retry together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jitter {
    /// A random part of the backoff, from nothing to all of it; up to a second more on a wait for the quota or
    /// for the time in `Retry-After`.
    #[default]
    Full,
    /// The backoff without randomization.
    None,
}

impl Default for RetryPolicy {
    /// Returns a policy of 8 attempts with exponential backoff from 500 ms to 60 s and full jitter, which
    /// retries everything that is safe to retry.
    fn default() -> Self {
        Self {
            max_attempts: 8,
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(60),
            jitter: Jitter::Full,
            on_rate_limited: true,
            on_unavailable: true,
            on_connect_error: true,
            on_connection_lost: true,
            on_provisioning_error: None,
        }
    }
}

impl RetryPolicy {
    /// Returns a policy of a single attempt.
    #[must_use]
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets the maximum number of attempts, including the first. Default: 8; 0 counts as 1.
    ///
    /// A request that is sent again with a renewed token does not count.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the backoff after the first attempt, which doubles after each further one. Default: 500 ms.
    #[must_use]
    pub fn initial_backoff(mut self, backoff: Duration) -> Self {
        self.initial_backoff = backoff;
        self
    }

    /// Sets the longest backoff between two attempts. Default: 60 s.
    ///
    /// A delay that the server requires in `Retry-After`, and a wait for the next window of the quota, are not
    /// shortened: an earlier attempt would be refused. If the deadline does not allow them, the call fails at once.
    #[must_use]
    pub fn max_backoff(mut self, backoff: Duration) -> Self {
        self.max_backoff = backoff;
        self
    }

    /// Sets the randomization of delays. Default: [`Jitter::Full`].
    #[must_use]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// Sets whether a 429 is retried. Default: `true`.
    #[must_use]
    pub fn on_rate_limited(mut self, retry: bool) -> Self {
        self.on_rate_limited = retry;
        self
    }

    /// Sets whether a 502, 503 or 504 is retried. Default: `true`.
    #[must_use]
    pub fn on_unavailable(mut self, retry: bool) -> Self {
        self.on_unavailable = retry;
        self
    }

    /// Sets whether a failure to connect is retried. Default: `true`.
    #[must_use]
    pub fn on_connect_error(mut self, retry: bool) -> Self {
        self.on_connect_error = retry;
        self
    }

    /// Sets whether a lost connection or an attempt that timed out is retried. Default: `true`.
    #[must_use]
    pub fn on_connection_lost(mut self, retry: bool) -> Self {
        self.on_connection_lost = retry;
        self
    }

    /// Sets whether a 422 `object_storage_provisioning_error` is retried. Default: `true` for a POST, `false`
    /// for all other operations.
    #[must_use]
    pub fn on_provisioning_error(mut self, retry: bool) -> Self {
        self.on_provisioning_error = Some(retry);
        self
    }

    pub(crate) fn has_jitter(&self) -> bool {
        self.jitter == Jitter::Full
    }

    /// Returns the backoff after this number of attempts; `random` is from 0 to 1.
    pub(super) fn backoff(&self, attempts: u32, random: f64) -> Duration {
        let factor = 1_u32.checked_shl(attempts.saturating_sub(1));
        let full = factor.map_or(self.max_backoff, |factor| {
            self.initial_backoff.saturating_mul(factor)
        });
        self.apply_jitter(full.min(self.max_backoff), random)
    }

    /// Returns the jitter on a wait for a time that is the same for many clients.
    pub(super) fn release_jitter(&self, random: f64) -> Duration {
        match self.jitter {
            Jitter::Full => self.apply_jitter(RELEASE_JITTER, random),
            Jitter::None => Duration::ZERO,
        }
    }

    fn apply_jitter(&self, delay: Duration, random: f64) -> Duration {
        match self.jitter {
            Jitter::Full => {
                Duration::try_from_secs_f64(delay.as_secs_f64() * random).unwrap_or(delay)
            }
            Jitter::None => delay,
        }
    }

    /// Returns `true` if the policy permits a retry after this outcome, safety aside.
    pub(super) fn permits_retry(&self, outcome: AttemptOutcome, idempotent: bool) -> bool {
        match outcome {
            AttemptOutcome::NotSent => self.on_connect_error,
            AttemptOutcome::RateLimited => self.on_rate_limited,
            AttemptOutcome::Unavailable | AttemptOutcome::Ambiguous(AmbiguousCause::Gateway) => {
                self.on_unavailable
            }
            // The same request would be redirected again.
            AttemptOutcome::Ambiguous(AmbiguousCause::Redirected) => false,
            AttemptOutcome::Ambiguous(_) => self.on_connection_lost,
            AttemptOutcome::Provisioning => self.on_provisioning_error.unwrap_or(!idempotent),
            AttemptOutcome::Success | AttemptOutcome::InvalidToken | AttemptOutcome::Permanent => {
                false
            }
        }
    }
}
