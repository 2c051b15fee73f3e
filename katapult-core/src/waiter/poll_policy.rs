//! The poll policy, and the interval that follows from it.

use std::time::Duration;

/// A policy that states when a [`Waiter`](crate::Waiter) polls, and for how long it tolerates errors.
///
/// Intervals grow with the number of waiters, beyond those of the policy: all of them together use at most a
/// [share of the quota](crate::ClientBuilder::poll_share).
///
/// ```
/// use std::time::Duration;
/// use katapult_core::PollPolicy;
///
/// let eager = PollPolicy::default()
///     .initial_interval(Duration::from_millis(200))
///     .max_interval(Duration::from_secs(1));
/// # drop(eager);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PollPolicy {
    initial_interval: Duration,
    max_interval: Duration,
    jitter: f64,
    tolerate_errors_for: Duration,
}

impl Default for PollPolicy {
    /// Returns a policy that polls first after 1 s and then with exponential backoff up to 5 s, each interval
    /// shortened by a random part of up to a quarter, and that tolerates transient errors for 2 min.
    fn default() -> Self {
        Self {
            initial_interval: Duration::from_secs(1),
            max_interval: Duration::from_secs(5),
            jitter: 0.25,
            tolerate_errors_for: Duration::from_secs(120),
        }
    }
}

impl PollPolicy {
    /// Sets the interval before the first poll, which doubles before each further one. Default: 1 s.
    #[must_use]
    pub fn initial_interval(mut self, interval: Duration) -> Self {
        self.initial_interval = interval;
        self
    }

    /// Sets the longest interval between two polls. Default: 5 s.
    #[must_use]
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.max_interval = interval;
        self
    }

    /// Sets the random part of each interval, from 0 (none) to 1, so that many waiters do not poll at the same
    /// time. Default: 0.25, which makes an interval of 4 s one of 3 s to 4 s.
    #[must_use]
    pub fn jitter(mut self, part: f64) -> Self {
        self.jitter = if part.is_nan() {
            0.0
        } else {
            part.clamp(0.0, 1.0)
        };
        self
    }

    /// Sets the time for which polls may fail with transient errors: no connection, a timeout, 429, 502, 503, 504.
    /// Any other error ends the wait at once. Default: 2 min.
    ///
    /// A poll is not retried by the client's retry policy: the next poll replaces it.
    #[must_use]
    pub fn tolerate_errors_for(mut self, time: Duration) -> Self {
        self.tolerate_errors_for = time;
        self
    }

    pub(super) fn error_tolerance(&self) -> Duration {
        self.tolerate_errors_for
    }

    /// Returns the interval after this number of polls; `random` is from 0 to 1.
    pub(super) fn interval(&self, polls: u32, random: f64) -> Duration {
        let factor = 1_u32.checked_shl(polls);
        let full = factor.map_or(self.max_interval, |factor| {
            self.initial_interval.saturating_mul(factor)
        });
        let full = full.min(self.max_interval);
        Duration::try_from_secs_f64(full.as_secs_f64() * (1.0 - self.jitter * random))
            .unwrap_or(full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_double_up_to_the_maximum_with_jitter() {
        let policy = PollPolicy::default();
        let table = [
            (0, 0.0, 1000),
            (1, 0.0, 2000),
            (2, 0.0, 4000),
            (3, 0.0, 5000),
            (31, 0.0, 5000),
            (32, 0.0, 5000),
            (u32::MAX, 0.0, 5000),
            (0, 1.0, 750),
            (2, 0.5, 3500),
        ];
        for (polls, random, millis) in table {
            let interval = policy.interval(polls, random);
            assert_eq!(interval, Duration::from_millis(millis), "{polls} {random}");
        }
        let steady = policy.jitter(f64::NAN);
        assert_eq!(steady.interval(0, 1.0), Duration::from_secs(1));
        assert_eq!(steady.jitter(7.0).interval(0, 1.0), Duration::ZERO);
    }
}
