//! What keeps retries from becoming a storm.

use std::sync::atomic::{AtomicI64, Ordering};

/// What one retry costs, in the budget's unit.
const RETRY: i64 = 2;
/// What a call that ends well earns: half a retry, so that over time a client sends at most half as
/// many requests again as it has calls.
const EARNED: i64 = 1;
/// What a rested client has: enough for a bad minute, too little for a bad hour.
const FULL: i64 = 100 * RETRY;

/// The retries that a client and its clones may still spend: 100 at rest; each retry takes one, each
/// call that ends well gives half a one back.
///
/// Waiting for the quota's window costs nothing: what is refused there is held back by the pace.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    left: AtomicI64,
}

impl RetryBudget {
    pub(crate) fn new() -> Self {
        Self {
            left: AtomicI64::new(FULL),
        }
    }

    /// Whether there is a retry left.
    pub(crate) fn allows(&self) -> bool {
        self.left.load(Ordering::Relaxed) >= RETRY
    }

    /// Spends a retry. Calls that looked at the same moment may overdraw a little.
    pub(crate) fn spend(&self) {
        self.left.fetch_sub(RETRY, Ordering::Relaxed);
    }

    /// Notes a call that ended well.
    pub(crate) fn earn(&self) {
        // `None` when full: nothing to do.
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                (left < FULL).then_some(left + EARNED)
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_retries_and_half_a_one_for_each_success() {
        let budget = RetryBudget::new();
        budget.earn();
        let mut spent = 0;
        while budget.allows() {
            budget.spend();
            spent += 1;
        }
        assert_eq!(spent, 100);
        budget.earn();
        assert!(!budget.allows());
        budget.earn();
        assert!(budget.allows());
        budget.spend();
        assert!(!budget.allows());
    }
}
