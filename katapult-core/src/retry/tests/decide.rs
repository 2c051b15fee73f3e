//! The decision table, row by row.

use std::time::Duration;

use crate::error::{DelayReason, GiveUpReason};
use crate::retry::classify::{AmbiguousCause, AttemptOutcome};
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
    can_reconcile: false,
    can_refresh_token: false,
};
/// POST.
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
    budget: true,
    random: 0.5,
};

fn retry(secs: u64, reason: DelayReason) -> RetryDecision {
    RetryDecision::Retry {
        delay: Duration::from_secs(secs),
        reason,
        reconcile_first: false,
    }
}

fn give_up(reason: GiveUpReason) -> RetryDecision {
    RetryDecision::GiveUp {
        reason,
        reconcile_first: false,
    }
}

const AMBIGUOUS: [AmbiguousCause; 4] = [
    AmbiguousCause::ConnectionLost,
    AmbiguousCause::TimedOut,
    AmbiguousCause::BodyTruncated,
    AmbiguousCause::Gateway,
];

#[test]
fn outcome_and_idempotency_determine_the_decision() {
    let backoff = retry(1, DelayReason::Backoff);
    let mut table = vec![
        // outcome, idempotent, any other
        (
            AttemptOutcome::Success,
            RetryDecision::Return,
            RetryDecision::Return,
        ),
        (AttemptOutcome::NotSent, backoff, backoff),
        (
            AttemptOutcome::RateLimited,
            retry(18, DelayReason::QuotaReset),
            retry(18, DelayReason::QuotaReset),
        ),
        (AttemptOutcome::Unavailable, backoff, backoff),
        (
            AttemptOutcome::Provisioning,
            give_up(GiveUpReason::NotRetryable),
            backoff,
        ),
        (
            AttemptOutcome::InvalidToken,
            give_up(GiveUpReason::NotRetryable),
            give_up(GiveUpReason::NotRetryable),
        ),
        (
            AttemptOutcome::Permanent,
            give_up(GiveUpReason::NotRetryable),
            give_up(GiveUpReason::NotRetryable),
        ),
    ];
    for cause in AMBIGUOUS {
        table.push((
            AttemptOutcome::Ambiguous(cause),
            backoff,
            give_up(GiveUpReason::NotIdempotent),
        ));
    }
    for (outcome, idempotent, other) in table {
        assert_eq!(
            decide(&exact(), IDEMPOTENT, outcome, &FIRST),
            idempotent,
            "{outcome:?}"
        );
        assert_eq!(
            decide(&exact(), POST, outcome, &FIRST),
            other,
            "POST {outcome:?}"
        );
    }
}

#[test]
fn ambiguous_write_is_reconciled_before_a_retry_and_before_giving_up() {
    for cause in AMBIGUOUS {
        let outcome = AttemptOutcome::Ambiguous(cause);
        let retry = RetryDecision::Retry {
            delay: SECOND,
            reason: DelayReason::Backoff,
            reconcile_first: true,
        };
        assert_eq!(decide(&exact(), POST_RECONCILING, outcome, &FIRST), retry);
        let give_up = |reason| RetryDecision::GiveUp {
            reason,
            reconcile_first: true,
        };
        assert_eq!(
            decide(&RetryPolicy::none(), POST_RECONCILING, outcome, &FIRST),
            give_up(GiveUpReason::AttemptsExhausted)
        );
        let spent = RetryState {
            budget: false,
            ..FIRST
        };
        assert_eq!(
            decide(&exact(), POST_RECONCILING, outcome, &spent),
            give_up(GiveUpReason::BudgetExhausted)
        );
        let off = exact().on_connection_lost(false).on_unavailable(false);
        assert_eq!(
            decide(&off, POST_RECONCILING, outcome, &FIRST),
            give_up(GiveUpReason::NotRetryable)
        );
    }
    // A refused write needs no reconcile check.
    let refused = decide(
        &exact(),
        POST_RECONCILING,
        AttemptOutcome::Unavailable,
        &FIRST,
    );
    assert_eq!(refused, retry(1, DelayReason::Backoff));
}

#[test]
fn delay_is_retry_after_or_quota_reset_or_backoff() {
    let full = exact().jitter(Jitter::Full);
    let at = |attempts| RetryState { attempts, ..FIRST };
    let retry_after = |secs| RetryState {
        retry_after: Some(Duration::from_secs(secs)),
        ..FIRST
    };
    let many = exact().max_attempts(100);
    let millis = |millis, reason| RetryDecision::Retry {
        delay: Duration::from_millis(millis),
        reason,
        reconcile_first: false,
    };
    let table = [
        // Doubled, up to the maximum.
        (
            &many,
            AttemptOutcome::Unavailable,
            at(1),
            retry(1, DelayReason::Backoff),
        ),
        (
            &many,
            AttemptOutcome::Unavailable,
            at(2),
            retry(2, DelayReason::Backoff),
        ),
        (
            &many,
            AttemptOutcome::Unavailable,
            at(5),
            retry(16, DelayReason::Backoff),
        ),
        (
            &many,
            AttemptOutcome::Unavailable,
            at(6),
            retry(20, DelayReason::Backoff),
        ),
        (
            &many,
            AttemptOutcome::Unavailable,
            at(99),
            retry(20, DelayReason::Backoff),
        ),
        // Full jitter: from nothing to all of it.
        (
            &full,
            AttemptOutcome::Unavailable,
            at(2),
            millis(1000, DelayReason::Backoff),
        ),
        (
            &full,
            AttemptOutcome::Unavailable,
            RetryState {
                random: 0.0,
                ..at(3)
            },
            millis(0, DelayReason::Backoff),
        ),
        (
            &full,
            AttemptOutcome::Unavailable,
            RetryState {
                random: 1.0,
                ..at(3)
            },
            millis(4000, DelayReason::Backoff),
        ),
        // Retry-After, capped, for every outcome that is retried.
        (
            &full,
            AttemptOutcome::Unavailable,
            retry_after(7),
            retry(7, DelayReason::RetryAfter),
        ),
        (
            &full,
            AttemptOutcome::Unavailable,
            retry_after(3600),
            retry(20, DelayReason::RetryAfter),
        ),
        (
            &full,
            AttemptOutcome::RateLimited,
            retry_after(0),
            retry(0, DelayReason::RetryAfter),
        ),
        (
            &full,
            AttemptOutcome::Ambiguous(AmbiguousCause::Gateway),
            retry_after(3),
            retry(3, DelayReason::RetryAfter),
        ),
        (
            &full,
            AttemptOutcome::Permanent,
            retry_after(3),
            give_up(GiveUpReason::NotRetryable),
        ),
        // Refused though some of the quota is time_remaining: the window would not help.
        (
            &exact(),
            AttemptOutcome::RateLimited,
            RetryState {
                quota_reset_in: None,
                ..FIRST
            },
            retry(1, DelayReason::Backoff),
        ),
        // The reset of the quota, later with jitter, and above the maximum backoff.
        (
            &full,
            AttemptOutcome::RateLimited,
            FIRST,
            millis(18_500, DelayReason::QuotaReset),
        ),
        (
            &exact(),
            AttemptOutcome::RateLimited,
            RetryState {
                quota_reset_in: Some(59 * SECOND),
                ..FIRST
            },
            retry(59, DelayReason::QuotaReset),
        ),
    ];
    for (policy, outcome, state, expected) in table {
        let decision = decide(policy, IDEMPOTENT, outcome, &state);
        assert_eq!(decision, expected, "{outcome:?} {state:?}");
    }
}

#[test]
fn attempts_budget_and_deadline_end_the_retries() {
    let remaining = |secs| RetryState {
        time_remaining: Some(Duration::from_secs(secs)),
        ..FIRST
    };
    let late = |secs, reason| {
        give_up(GiveUpReason::DeadlineExceeded {
            delay: Duration::from_secs(secs),
            reason,
        })
    };
    let spent = RetryState {
        budget: false,
        ..FIRST
    };
    let table = [
        (
            AttemptOutcome::Unavailable,
            RetryState {
                attempts: 4,
                ..FIRST
            },
            retry(8, DelayReason::Backoff),
        ),
        (
            AttemptOutcome::Unavailable,
            RetryState {
                attempts: 5,
                ..FIRST
            },
            give_up(GiveUpReason::AttemptsExhausted),
        ),
        (
            AttemptOutcome::Unavailable,
            RetryState {
                attempts: 6,
                ..FIRST
            },
            give_up(GiveUpReason::AttemptsExhausted),
        ),
        (
            AttemptOutcome::Unavailable,
            spent,
            give_up(GiveUpReason::BudgetExhausted),
        ),
        (
            AttemptOutcome::NotSent,
            spent,
            give_up(GiveUpReason::BudgetExhausted),
        ),
        (
            AttemptOutcome::RateLimited,
            RetryState {
                quota_reset_in: None,
                ..spent
            },
            give_up(GiveUpReason::BudgetExhausted),
        ),
        // Waiting for the quota costs nothing.
        (
            AttemptOutcome::RateLimited,
            spent,
            retry(18, DelayReason::QuotaReset),
        ),
        (
            AttemptOutcome::RateLimited,
            remaining(19),
            retry(18, DelayReason::QuotaReset),
        ),
        (
            AttemptOutcome::RateLimited,
            remaining(18),
            late(18, DelayReason::QuotaReset),
        ),
        (
            AttemptOutcome::RateLimited,
            remaining(0),
            late(18, DelayReason::QuotaReset),
        ),
        (
            AttemptOutcome::Unavailable,
            remaining(1),
            late(1, DelayReason::Backoff),
        ),
        (
            AttemptOutcome::Unavailable,
            RetryState {
                time_remaining: None,
                ..FIRST
            },
            retry(1, DelayReason::Backoff),
        ),
        (
            AttemptOutcome::Unavailable,
            RetryState {
                retry_after: Some(5 * SECOND),
                ..remaining(5)
            },
            late(5, DelayReason::RetryAfter),
        ),
        (
            AttemptOutcome::Success,
            RetryState {
                attempts: 9,
                budget: false,
                ..remaining(0)
            },
            RetryDecision::Return,
        ),
    ];
    for (outcome, state, expected) in table {
        let decision = decide(&exact(), IDEMPOTENT, outcome, &state);
        assert_eq!(decision, expected, "{outcome:?} {state:?}");
    }
}

#[test]
fn the_policy_can_reconcile_for_less() {
    let all = [
        AttemptOutcome::NotSent,
        AttemptOutcome::RateLimited,
        AttemptOutcome::Unavailable,
        AttemptOutcome::Ambiguous(AmbiguousCause::Gateway),
        AttemptOutcome::Ambiguous(AmbiguousCause::ConnectionLost),
        AttemptOutcome::Ambiguous(AmbiguousCause::TimedOut),
        AttemptOutcome::Ambiguous(AmbiguousCause::BodyTruncated),
    ];
    let without: [(RetryPolicy, &[AttemptOutcome]); 5] = [
        (exact(), &[]),
        (exact().on_connect(false), &all[0..1]),
        (exact().on_rate_limited(false), &all[1..2]),
        (exact().on_unavailable(false), &all[2..4]),
        (exact().on_connection_lost(false), &all[4..]),
    ];
    for (policy, excluded) in without {
        for outcome in all {
            let decision = decide(&policy, IDEMPOTENT, outcome, &FIRST);
            let gave_up = decision == give_up(GiveUpReason::NotRetryable);
            assert_eq!(
                gave_up,
                excluded.contains(&outcome),
                "{policy:?} {outcome:?}"
            );
        }
    }
    for outcome in all {
        let once = decide(&RetryPolicy::none(), IDEMPOTENT, outcome, &FIRST);
        assert_eq!(once, give_up(GiveUpReason::AttemptsExhausted));
    }
    let provisioning = AttemptOutcome::Provisioning;
    let on = decide(
        &exact().on_provisioning_error(true),
        IDEMPOTENT,
        provisioning,
        &FIRST,
    );
    assert_eq!(on, retry(1, DelayReason::Backoff));
    let off = decide(
        &exact().on_provisioning_error(false),
        POST,
        provisioning,
        &FIRST,
    );
    assert_eq!(off, give_up(GiveUpReason::NotRetryable));
}

#[test]
fn rejected_token_is_refreshed_if_possible() {
    let traits = RequestTraits {
        can_refresh_token: true,
        ..POST
    };
    let late = RetryState {
        attempts: 9,
        budget: false,
        time_remaining: Some(Duration::ZERO),
        ..FIRST
    };
    let decision = decide(
        &RetryPolicy::none(),
        traits,
        AttemptOutcome::InvalidToken,
        &late,
    );
    assert_eq!(decision, RetryDecision::RefreshToken);
}
