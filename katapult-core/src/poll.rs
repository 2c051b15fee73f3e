//! How often to look at something that takes its time: a policy, and the one function that applies it.

use std::time::Duration;

/// When a waiter looks, and how long it looks past errors.
///
/// ```
/// use std::time::Duration;
/// use katapult_core::PollPolicy;
///
/// let eager = PollPolicy::default().initial_interval(Duration::from_millis(200)).max_interval(Duration::from_secs(1));
/// # drop(eager);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PollPolicy {
    first: Duration,
    cap: Duration,
    jitter: f64,
    tolerate_errors_for: Duration,
}

impl Default for PollPolicy {
    /// A first look after 1 s, each later one after twice the wait of the one before, up to 5 s; each wait shortened by
    /// chance by up to a quarter; errors that may pass are looked past for 2 min.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            cap: Duration::from_secs(5),
            jitter: 0.25,
            tolerate_errors_for: Duration::from_secs(120),
        }
    }
}

impl PollPolicy {
    /// The wait before the first look, doubled before each further one. Default 1 s.
    #[must_use]
    pub fn initial_interval(mut self, wait: Duration) -> Self {
        self.first = wait;
        self
    }

    /// The longest wait between two looks. Default 5 s.
    #[must_use]
    pub fn max_interval(mut self, wait: Duration) -> Self {
        self.cap = wait;
        self
    }

    /// The part of each wait that is left to chance, from 0 (none) to 1, so that many waiters don't look in step.
    /// Default 0.25: a wait of 4 s is one of 3 s to 4 s.
    #[must_use]
    pub fn jitter(mut self, part: f64) -> Self {
        self.jitter = if part.is_nan() {
            0.0
        } else {
            part.clamp(0.0, 1.0)
        };
        self
    }

    /// For how long looks that fail are looked past, if the error may pass: no connection, no answer in time, 429, 502,
    /// 503, 504. Any other ends the wait at once. Default 2 min.
    ///
    /// A look is sent once and not tried again by the client's retry policy: the next look is.
    #[must_use]
    pub fn tolerate_errors_for(mut self, time: Duration) -> Self {
        self.tolerate_errors_for = time;
        self
    }

    pub(crate) fn patience(&self) -> Duration {
        self.tolerate_errors_for
    }

    /// The wait after this many looks; `random` is from 0 to 1.
    pub(crate) fn pause(&self, looks: u32, random: f64) -> Duration {
        let doubled = 1_u32.checked_shl(looks);
        let whole = doubled.map_or(self.cap, |factor| self.first.saturating_mul(factor));
        let whole = whole.min(self.cap);
        Duration::try_from_secs_f64(whole.as_secs_f64() * (1.0 - self.jitter * random))
            .unwrap_or(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_cap_and_are_jittered() {
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
        for (looks, random, millis) in table {
            let pause = policy.pause(looks, random);
            assert_eq!(pause, Duration::from_millis(millis), "{looks} {random}");
        }
        let still = policy.jitter(f64::NAN);
        assert_eq!(still.pause(0, 1.0), Duration::from_secs(1));
        assert_eq!(still.jitter(7.0).pause(0, 1.0), Duration::ZERO);
    }
}
