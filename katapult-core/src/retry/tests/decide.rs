//! The decision table, row by row.

use std::time::Duration;

use crate::error::DelayReason::{self, *};
use crate::error::GiveUpReason::{self, *};
use crate::retry::classify::AmbiguousCause;
use crate::retry::classify::AttemptOutcome::{self, *};
use crate::retry::decide::{RequestTraits, RetryDecision, RetryState, decide};
use crate::retry::{Jitter, RetryPolicy};

const SECOND: Duration = Duration::from_secs(1);

fn exact() -> RetryPolicy {
    RetryPolicy::default()
        .max_attempts(5)
        .initial_backoff(SECOND)
        .max_backoff(20 * SECOND)
        .jitter(Jitter::None)
}

/// GET, PATCH, PUT and DELETE.
const IDEMPOTENT: RequestTraits = RequestTraits {
    idempotent: true,
    by_name: false,
    can_reconcile: false,
    can_refresh_token: false,
};
const POST: RequestTraits = RequestTraits {
    idempotent: false,
    ..IDEMPOTENT
};
const POST_RECONCILING: RequestTraits = RequestTraits {
    can_reconcile: true,
    ..POST
};

const FIRST: RetryState = RetryState {
    attempts: 1,
    time_remaining: Some(Duration::from_secs(120)),
    retry_after: None,
    quota_reset_in: Some(Duration::from_secs(18)),
    budget_delay: Some(Duration::ZERO),
    random: 0.5,
};
/// Refused although some of the quota remains: its reset would not help.
const QUOTA_REMAINS: RetryState = RetryState {
    quota_reset_in: None,
    ..FIRST
};
const BUDGET_EMPTY: RetryState = RetryState {
    budget_delay: None,
    ..FIRST
};

fn budget_in(secs: u64) -> RetryState {
    RetryState {
        budget_delay: Some(Duration::from_secs(secs)),
        ..FIRST
    }
}

fn at(attempts: u32) -> RetryState {
    RetryState { attempts, ..FIRST }
}

fn remaining(secs: u64) -> RetryState {
    RetryState {
        time_remaining: Some(Duration::from_secs(secs)),
        ..FIRST
    }
}

fn requires(secs: u64) -> RetryState {
    RetryState {
        retry_after: Some(Duration::from_secs(secs)),
        ..FIRST
    }
}

fn requires_zero(random: f64) -> RetryState {
    RetryState {
        random,
        ..requires(0)
    }
}

fn random(random: f64, attempts: u32) -> RetryState {
    RetryState {
        random,
        ..at(attempts)
    }
}

fn retry(reason: DelayReason, secs: f64) -> RetryDecision {
    RetryDecision::Retry {
        delay: Duration::from_secs_f64(secs),
        reason,
        reconcile_first: false,
    }
}

fn stop(reason: GiveUpReason) -> RetryDecision {
    RetryDecision::GiveUp {
        reason,
        reconcile_first: false,
    }
}

fn late(secs: u64, reason: DelayReason) -> RetryDecision {
    stop(DeadlineExceeded {
        delay: Duration::from_secs(secs),
        reason,
    })
}

const GATEWAY: AttemptOutcome = Ambiguous(AmbiguousCause::Gateway);
const AMBIGUOUS: [AttemptOutcome; 4] = [
    GATEWAY,
    Ambiguous(AmbiguousCause::ConnectionLost),
    Ambiguous(AmbiguousCause::TimedOut),
    Ambiguous(AmbiguousCause::BodyTruncated),
];

#[test]
fn outcome_and_idempotency_determine_the_decision() {
    let mut table = vec![
        // outcome, idempotent, any other
        (Success, RetryDecision::Return, RetryDecision::Return),
        (NotSent, retry(Backoff, 1.0), retry(Backoff, 1.0)),
        (
            RateLimited,
            retry(QuotaReset, 18.0),
            retry(QuotaReset, 18.0),
        ),
        (Unavailable, retry(Backoff, 1.0), retry(Backoff, 1.0)),
        (Provisioning, stop(NotRetryable), retry(Backoff, 1.0)),
        (InvalidToken, stop(NotRetryable), stop(NotRetryable)),
        (Permanent, stop(NotRetryable), stop(NotRetryable)),
    ];
    table.extend(AMBIGUOUS.map(|outcome| (outcome, retry(Backoff, 1.0), stop(NotIdempotent))));
    for (outcome, idempotent, other) in table {
        let decision = |request| decide(&exact(), request, outcome, &FIRST);
        assert_eq!(decision(IDEMPOTENT), idempotent, "{outcome:?}");
        assert_eq!(decision(POST), other, "POST {outcome:?}");
    }
}

#[test]
fn ambiguous_write_by_name_is_not_repeated() {
    let by_name = RequestTraits {
        by_name: true,
        ..IDEMPOTENT
    };
    for outcome in AMBIGUOUS {
        let decision = decide(&exact(), by_name, outcome, &FIRST);
        assert_eq!(decision, stop(NotIdempotent), "{outcome:?}");
    }
    let refused = decide(&exact(), by_name, Unavailable, &FIRST);
    assert_eq!(refused, retry(Backoff, 1.0));
}

#[test]
fn ambiguous_write_is_reconciled_before_a_retry_and_before_giving_up() {
    let stop = |reason| RetryDecision::GiveUp {
        reason,
        reconcile_first: true,
    };
    let reconcile_and_retry = RetryDecision::Retry {
        delay: SECOND,
        reason: Backoff,
        reconcile_first: true,
    };
    let off = exact().on_connection_lost(false).on_unavailable(false);
    let (policy, none) = (exact(), RetryPolicy::none());
    for outcome in AMBIGUOUS {
        let decision = |policy, state| decide(policy, POST_RECONCILING, outcome, state);
        assert_eq!(decision(&policy, &FIRST), reconcile_and_retry);
        assert_eq!(decision(&none, &FIRST), stop(AttemptsExhausted));
        assert_eq!(decision(&policy, &BUDGET_EMPTY), stop(BudgetExhausted));
        assert_eq!(decision(&off, &FIRST), stop(NotRetryable));
    }
    // A refused write needs no reconcile check.
    let refused = decide(&exact(), POST_RECONCILING, Unavailable, &FIRST);
    assert_eq!(refused, retry(Backoff, 1.0));
}

#[test]
fn delay_is_retry_after_or_quota_reset_or_backoff() {
    let full = exact().jitter(Jitter::Full);
    let many = exact().max_attempts(100);
    let long_reset = RetryState {
        quota_reset_in: Some(59 * SECOND),
        ..FIRST
    };
    let table = [
        // Doubled, up to the maximum.
        (&many, Unavailable, at(1), retry(Backoff, 1.0)),
        (&many, Unavailable, at(2), retry(Backoff, 2.0)),
        (&many, Unavailable, at(5), retry(Backoff, 16.0)),
        (&many, Unavailable, at(6), retry(Backoff, 20.0)),
        (&many, Unavailable, at(99), retry(Backoff, 20.0)),
        // Full jitter: from nothing to all of it.
        (&full, Unavailable, at(2), retry(Backoff, 1.0)),
        (&full, Unavailable, random(0.0, 3), retry(Backoff, 0.0)),
        (&full, Unavailable, random(1.0, 3), retry(Backoff, 4.0)),
        // Retry-After is a lower bound, whatever the maximum backoff, for every outcome that is retried.
        (&exact(), Unavailable, requires(7), retry(RetryAfter, 7.0)),
        (
            &exact(),
            Unavailable,
            requires(100),
            retry(RetryAfter, 100.0),
        ),
        (&exact(), GATEWAY, requires(3), retry(RetryAfter, 3.0)),
        // Clients that failed together do not return together.
        (&full, Unavailable, requires(7), retry(RetryAfter, 7.5)),
        // Without a delay, the backoff, and never at once.
        (&full, RateLimited, requires(0), retry(RetryAfter, 0.5)),
        (
            &full,
            RateLimited,
            requires_zero(0.0),
            retry(RetryAfter, 0.1),
        ),
        (&full, Permanent, requires(3), stop(NotRetryable)),
        (&exact(), RateLimited, QUOTA_REMAINS, retry(Backoff, 1.0)),
        // The reset of the quota, later with jitter, and above the maximum backoff.
        (&full, RateLimited, FIRST, retry(QuotaReset, 18.5)),
        (&exact(), RateLimited, long_reset, retry(QuotaReset, 59.0)),
    ];
    for (policy, outcome, state, expected) in table {
        let decision = decide(policy, IDEMPOTENT, outcome, &state);
        assert_eq!(decision, expected, "{outcome:?} {state:?}");
    }
}

#[test]
fn attempts_budget_and_deadline_end_the_retries() {
    let refused_without_budget = RetryState {
        budget_delay: None,
        ..QUOTA_REMAINS
    };
    let no_deadline = RetryState {
        time_remaining: None,
        ..FIRST
    };
    let required_too_late = RetryState {
        retry_after: Some(5 * SECOND),
        ..remaining(5)
    };
    let nothing_left = RetryState {
        attempts: 9,
        budget_delay: None,
        ..remaining(0)
    };
    let table = [
        (Unavailable, at(4), retry(Backoff, 8.0)),
        (Unavailable, at(5), stop(AttemptsExhausted)),
        (Unavailable, at(6), stop(AttemptsExhausted)),
        (Unavailable, BUDGET_EMPTY, stop(BudgetExhausted)),
        (NotSent, BUDGET_EMPTY, stop(BudgetExhausted)),
        (RateLimited, refused_without_budget, stop(BudgetExhausted)),
        // An empty budget delays the retry, if the deadline allows.
        (
            Unavailable,
            budget_in(7),
            retry(DelayReason::RetryBudget, 7.0),
        ),
        (Unavailable, budget_in(1), retry(Backoff, 1.0)),
        (
            Unavailable,
            budget_in(500),
            late(500, DelayReason::RetryBudget),
        ),
        (RateLimited, budget_in(500), retry(QuotaReset, 18.0)),
        // Longer than the deadline, also above the maximum backoff.
        (Unavailable, requires(3600), late(3600, RetryAfter)),
        // Waiting for the quota costs nothing.
        (RateLimited, BUDGET_EMPTY, retry(QuotaReset, 18.0)),
        (RateLimited, remaining(19), retry(QuotaReset, 18.0)),
        (RateLimited, remaining(18), late(18, QuotaReset)),
        (RateLimited, remaining(0), late(18, QuotaReset)),
        (Unavailable, remaining(1), late(1, Backoff)),
        (Unavailable, no_deadline, retry(Backoff, 1.0)),
        (Unavailable, required_too_late, late(5, RetryAfter)),
        (Success, nothing_left, RetryDecision::Return),
    ];
    for (outcome, state, expected) in table {
        let decision = decide(&exact(), IDEMPOTENT, outcome, &state);
        assert_eq!(decision, expected, "{outcome:?} {state:?}");
    }
}

#[test]
fn policy_can_exclude_retries() {
    let [gateway, lost, timed_out, truncated] = AMBIGUOUS;
    let all = [
        NotSent,
        RateLimited,
        Unavailable,
        gateway,
        lost,
        timed_out,
        truncated,
    ];
    let without: [(RetryPolicy, &[AttemptOutcome]); 5] = [
        (exact(), &[]),
        (exact().on_connect_error(false), &all[0..1]),
        (exact().on_rate_limited(false), &all[1..2]),
        (exact().on_unavailable(false), &all[2..4]),
        (exact().on_connection_lost(false), &all[4..]),
    ];
    for (policy, excluded) in without {
        for outcome in all {
            let decision = decide(&policy, IDEMPOTENT, outcome, &FIRST);
            let gave_up = decision == stop(NotRetryable);
            assert_eq!(
                gave_up,
                excluded.contains(&outcome),
                "{policy:?} {outcome:?}"
            );
        }
    }
    for outcome in all {
        let once = decide(&RetryPolicy::none(), IDEMPOTENT, outcome, &FIRST);
        assert_eq!(once, stop(AttemptsExhausted));
    }
    let on = exact().on_provisioning_error(true);
    assert_eq!(
        decide(&on, IDEMPOTENT, Provisioning, &FIRST),
        retry(Backoff, 1.0)
    );
    let off = exact().on_provisioning_error(false);
    assert_eq!(decide(&off, POST, Provisioning, &FIRST), stop(NotRetryable));
}

#[test]
fn rejected_token_is_refreshed_if_possible() {
    let request = RequestTraits {
        can_refresh_token: true,
        ..POST
    };
    let nothing_left = RetryState {
        attempts: 9,
        budget_delay: None,
        ..remaining(0)
    };
    let decision = decide(&RetryPolicy::none(), request, InvalidToken, &nothing_left);
    assert_eq!(decision, RetryDecision::RefreshToken);
}
