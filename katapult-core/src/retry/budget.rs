//! The retry budget of a client.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The settings of the retry budget that a client and its clones share: a token bucket that stops storms of
/// retries.
///
/// Each retry takes one token. A call that finds the bucket empty waits for a token while its deadline allows, and
/// otherwise fails at once. Waiting for the rate limit to reset takes no token, because the rate limiter bounds
/// those requests already.
///
/// ```
/// use katapult_core::{Client, RetryBudget};
///
/// let builder = Client::builder().retry_budget(RetryBudget::default().refill_per_second(50.0));
/// let unlimited = Client::builder().retry_budget(RetryBudget::unlimited());
/// # drop((builder, unlimited));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudget {
    capacity: f64,
    per_success: f64,
    per_second: f64,
}

impl Default for RetryBudget {
    /// Returns a budget of 20 tokens that regains half a token per successful call, and 10 tokens per second.
    fn default() -> Self {
        Self {
            // Enough for the failures that a lost connection causes, and too few for a storm.
            capacity: 20.0,
            // In the long run, a client sends at most half as many requests again as it has calls …
            per_success: 0.5,
            // … and against a server that is down, no more than this, however many calls are waiting.
            per_second: 10.0,
        }
    }
}

impl RetryBudget {
    /// Returns a budget that never runs out.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::default().capacity(f64::INFINITY)
    }

    /// Sets the number of tokens of a client at rest, and the most it can have. Default: 20.
    ///
    /// Less than 1, or not a number, counts as 1.
    #[must_use]
    pub fn capacity(mut self, tokens: f64) -> Self {
        self.capacity = tokens.max(1.0);
        self
    }

    /// Sets the tokens that a successful call returns. Default: 0.5; negative counts as 0.
    #[must_use]
    pub fn refill_per_success(mut self, tokens: f64) -> Self {
        self.per_success = tokens.max(0.0);
        self
    }

    /// Sets the tokens that the budget regains each second. Default: 10; negative counts as 0.
    ///
    /// With 0, a call that finds the budget empty fails at once.
    #[must_use]
    pub fn refill_per_second(mut self, tokens: f64) -> Self {
        self.per_second = tokens.max(0.0);
        self
    }
}

/// The tokens of a client and its clones.
///
/// A retry reserves its token in advance, so that the balance may be negative: then calls are waiting, and each
/// knows the time at which it gets its token.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    settings: RetryBudget,
    /// The balance and its time change together.
    state: Mutex<Balance>,
}

#[derive(Debug)]
struct Balance {
    tokens: f64,
    at: Instant,
}

impl TokenBucket {
    pub(crate) fn new(settings: RetryBudget) -> Self {
        Self {
            settings,
            state: Mutex::new(Balance {
                tokens: settings.capacity,
                at: Instant::now(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Balance> {
        // No code panics between two changes that belong together, so a poisoned balance is still consistent.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(state.at).as_secs_f64();
        state.at = now;
        self.add(&mut state, elapsed * self.settings.per_second);
        state
    }

    fn add(&self, state: &mut Balance, tokens: f64) {
        state.tokens = (state.tokens + tokens).min(self.settings.capacity);
    }

    /// Returns the delay until a retry gets its token; `None` if there is none, and time brings none.
    pub(crate) fn delay(&self) -> Option<Duration> {
        let missing = 1.0 - self.lock().tokens;
        if missing <= 0.0 {
            return Some(Duration::ZERO);
        }
        // Without a refill by time, the quotient is infinite, and no duration.
        Duration::try_from_secs_f64(missing / self.settings.per_second).ok()
    }

    /// Takes the token of a retry, which may not be there yet. Concurrent calls may overdraw by a few.
    pub(crate) fn withdraw(&self) {
        self.lock().tokens -= 1.0;
    }

    /// Adds the deposit of a successful call.
    pub(crate) fn deposit(&self) {
        let mut state = self.lock();
        self.add(&mut state, self.settings.per_success);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bucket_is_refilled_by_time_and_by_successes() {
        let bucket = TokenBucket::new(RetryBudget::default());
        for _ in 0..20 {
            assert_eq!(bucket.delay(), Some(Duration::ZERO));
            bucket.withdraw();
        }
        assert_eq!(bucket.delay(), Some(Duration::from_millis(100)));
        // Reservations of waiting calls come first.
        bucket.withdraw();
        bucket.withdraw();
        assert_eq!(bucket.delay(), Some(Duration::from_millis(300)));
        bucket.deposit();
        assert_eq!(bucket.delay(), Some(Duration::from_millis(250)));
        tokio::time::sleep(Duration::from_secs(3600)).await;
        for _ in 0..20 {
            bucket.withdraw();
        }
        assert_eq!(bucket.delay(), Some(Duration::from_millis(100)));
    }

    #[tokio::test(start_paused = true)]
    async fn bucket_without_refill_is_exhausted_and_an_unlimited_one_never() {
        let fixed = RetryBudget::default().capacity(0.0).refill_per_second(-1.0);
        let bucket = TokenBucket::new(fixed);
        bucket.withdraw();
        assert_eq!(bucket.delay(), None);
        bucket.deposit();
        bucket.deposit();
        assert_eq!(bucket.delay(), Some(Duration::ZERO));
        // Negative refills take nothing away.
        let negative = TokenBucket::new(fixed.refill_per_success(-5.0));
        negative.deposit();
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(negative.delay(), Some(Duration::ZERO));
        let unlimited = TokenBucket::new(RetryBudget::unlimited());
        for _ in 0..1000 {
            unlimited.withdraw();
        }
        assert_eq!(unlimited.delay(), Some(Duration::ZERO));
    }
}
