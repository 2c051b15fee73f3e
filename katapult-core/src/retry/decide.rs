//! The decision that follows an attempt.

use std::time::Duration;

use super::RetryPolicy;
use super::classify::AttemptOutcome;
use crate::error::{DelayReason, GiveUpReason};

/// The shortest delay after a response with `Retry-After`, also if its value is zero or in the past.
// As long as a round trip between continents: anything shorter is no delay for the server.
const MIN_RETRY_AFTER: Duration = Duration::from_millis(100);

/// The properties of a request that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestTraits {
    /// Executing the request twice equals executing it once.
    pub(crate) idempotent: bool,
    /// A write names its object by something else than its id, so that another object may have the name when the
    /// request is sent again.
    pub(crate) by_name: bool,
    /// The caller gave a reconcile check.
    pub(crate) can_reconcile: bool,
    /// Another token is available, and this call has not requested it yet.
    pub(crate) can_refresh_token: bool,
}

/// The state of a call after an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryState {
    /// The number of attempts, without those whose token was rejected.
    pub(crate) attempts: u32,
    /// The time until the deadline; `None` without one.
    pub(crate) time_remaining: Option<Duration>,
    /// The delay that the response requires in `Retry-After`.
    pub(crate) retry_after: Option<Duration>,
    /// The time until the quota resets, if that helps.
    pub(crate) quota_reset_in: Option<Duration>,
    /// The delay until the retry budget has a token; `None` if it never will.
    pub(crate) budget_delay: Option<Duration>,
    /// A random number from 0 to 1, for jitter.
    pub(crate) random: f64,
}

impl RequestTraits {
    /// Returns `true` if the request may be sent again although it may have been executed, or may still be.
    pub(crate) fn is_repeatable(self) -> bool {
        self.idempotent && !self.by_name
    }
}

/// The next step of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RetryDecision {
    /// Return the response.
    Return,
    /// Send the request again with another token.
    RefreshToken,
    /// Wait, and send the request again.
    Retry {
        delay: Duration,
        reason: DelayReason,
        /// After the delay, run the reconcile check first.
        reconcile_first: bool,
    },
    /// Return an error.
    GiveUp {
        reason: GiveUpReason,
        /// Run the reconcile check first.
        reconcile_first: bool,
    },
}

/// Returns `true` if a retry withdraws from the budget. Waiting for the quota does not: it is no failure of
/// the server, and cannot cause a storm of requests.
pub(crate) fn consumes_budget(outcome: AttemptOutcome, reason: DelayReason) -> bool {
    outcome != AttemptOutcome::RateLimited || reason == DelayReason::Backoff
}

/// Returns the delay before the next attempt, the budget aside.
fn delay_before_retry(
    policy: &RetryPolicy,
    outcome: AttemptOutcome,
    state: &RetryState,
) -> (Duration, DelayReason) {
    let backoff = policy.backoff(state.attempts, state.random);
    match (state.retry_after, state.quota_reset_in) {
        // A server that requires no delay is not helped by eight requests within a millisecond.
        (Some(Duration::ZERO), _) => (backoff.max(MIN_RETRY_AFTER), DelayReason::RetryAfter),
        // A lower bound, so that the jitter is added to it.
        (Some(retry_after), _) => {
            let jitter = policy.release_jitter(state.random);
            (retry_after.saturating_add(jitter), DelayReason::RetryAfter)
        }
        (None, Some(reset)) if outcome == AttemptOutcome::RateLimited => {
            let jitter = policy.release_jitter(state.random);
            (reset + jitter, DelayReason::QuotaReset)
        }
        (None, _) => (backoff, DelayReason::Backoff),
    }
}

/// Decides what follows an attempt.
pub(crate) fn decide(
    policy: &RetryPolicy,
    request: RequestTraits,
    outcome: AttemptOutcome,
    state: &RetryState,
) -> RetryDecision {
    let ambiguous = matches!(outcome, AttemptOutcome::Ambiguous(_));
    let reconcile_first = ambiguous && request.can_reconcile;
    let give_up = |reason| RetryDecision::GiveUp {
        reason,
        reconcile_first,
    };
    match outcome {
        AttemptOutcome::Success => return RetryDecision::Return,
        AttemptOutcome::InvalidToken if request.can_refresh_token => {
            return RetryDecision::RefreshToken;
        }
        _ => {}
    }
    // Safety comes before policy: no setting may repeat a write that may have been executed.
    if ambiguous && !request.is_repeatable() && !request.can_reconcile {
        return give_up(GiveUpReason::NotIdempotent);
    }
    if !policy.permits_retry(outcome, request.idempotent) {
        return give_up(GiveUpReason::NotRetryable);
    }
    if state.attempts >= policy.max_attempts {
        return give_up(GiveUpReason::AttemptsExhausted);
    }
    let (mut delay, mut reason) = delay_before_retry(policy, outcome, state);
    if consumes_budget(outcome, reason) {
        match state.budget_delay {
            None => return give_up(GiveUpReason::BudgetExhausted),
            Some(budget_delay) if budget_delay > delay => {
                (delay, reason) = (budget_delay, DelayReason::RetryBudget);
            }
            Some(_) => {}
        }
    }
    if state
        .time_remaining
        .is_some_and(|remaining| delay >= remaining)
    {
        return give_up(GiveUpReason::DeadlineExceeded { delay, reason });
    }
    RetryDecision::Retry {
        delay,
        reason,
        reconcile_first,
    }
}
