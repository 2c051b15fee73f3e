//! The retry budget of a client.

use std::sync::atomic::{AtomicI64, Ordering};

/// The cost of one retry.
// The unit is half a retry, so that a deposit is a whole number.
const COST: i64 = 2;
/// The deposit of a successful call: half a retry.
// In the long run, a client sends at most half as many requests again as it has calls.
const DEPOSIT: i64 = 1;
/// The balance of a client at rest.
// Enough for an outage of a minute, and too little to burden a server through one of an hour.
const CAPACITY: i64 = 100 * COST;

/// A token bucket that bounds the retries of a client and its clones: 100 at rest; each retry withdraws one,
/// each successful call deposits half a one.
///
/// Waiting for the quota costs nothing, because the rate limiter bounds those requests already.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    balance: AtomicI64,
}

impl RetryBudget {
    pub(crate) fn new() -> Self {
        Self {
            balance: AtomicI64::new(CAPACITY),
        }
    }

    /// Returns `true` if there is a retry left.
    pub(crate) fn has_retry(&self) -> bool {
        // Relaxed: no other memory depends on the balance.
        self.balance.load(Ordering::Relaxed) >= COST
    }

    /// Takes one retry. Concurrent calls may overdraw by a few.
    pub(crate) fn withdraw(&self) {
        self.balance.fetch_sub(COST, Ordering::Relaxed);
    }

    /// Adds the deposit of a successful call.
    pub(crate) fn deposit(&self) {
        // An error means that the bucket is full, and then there is nothing to add.
        let _ = self
            .balance
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| {
                (balance < CAPACITY).then_some(balance + DEPOSIT)
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_is_a_hundred_retries_and_half_a_one_per_success() {
        let budget = RetryBudget::new();
        budget.deposit();
        let mut spent = 0;
        while budget.has_retry() {
            budget.withdraw();
            spent += 1;
        }
        assert_eq!(spent, 100);
        budget.deposit();
        assert!(!budget.has_retry());
        budget.deposit();
        assert!(budget.has_retry());
        budget.withdraw();
        assert!(!budget.has_retry());
    }
}
