//! The settings of the builder that limit calls: retries, time, and the rate.

use std::time::Duration;

use super::builder::ClientBuilder;
use crate::rate_limit::RateLimit;
use crate::retry::{RetryBudget, RetryPolicy};

impl ClientBuilder {
    /// Sets the retry policy. Default: [`RetryPolicy::default`]. For one call:
    /// [`CallExt::retry`](crate::prelude::CallExt::retry).
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets the retry budget, which the client and its clones share. Default: [`RetryBudget::default`].
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.retry_budget = budget;
        self
    }

    /// Sets the limit of a whole call, with its delays and retries. Default: 120 s; [`Duration::MAX`] means no
    /// limit. A delay that would exceed it is not started.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the limit of each attempt, from sending the request to the end of the response. Default: 30 s;
    /// [`Duration::MAX`] means no limit.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// Sets the client-side rate limit. Default: [`RateLimit::Auto`].
    pub fn rate_limit(mut self, rate_limit: RateLimit) -> Self {
        self.rate_limit = rate_limit;
        self
    }

    /// Sets the share of the quota that the polls of all waiters of the client and its clones use together at most:
    /// 0.5 is half, and with 1 polls are sent like calls. Default: 0.3.
    ///
    /// It is a share of what the [rate limit](Self::rate_limit) lets the client use. Waiters take turns, so that
    /// their intervals grow with their number, and calls go before polls. Processes that share a token divide the
    /// share among them. A share that is not between 0 and 1 counts as 1.
    pub fn poll_share(mut self, share: f64) -> Self {
        self.poll_share = share;
        self
    }
}
