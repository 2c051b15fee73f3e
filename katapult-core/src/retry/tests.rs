//! The table of the design, row by row.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn exact() -> RetryPolicy {
    RetryPolicy::default()
        .max_attempts(5)
        .initial_backoff(SECOND)
        .max_backoff(20 * SECOND)
        .jitter(Jitter::None)
}

/// GET, PATCH, PUT and DELETE as the document has them.
const IDEMPOTENT: Facts = Facts {
    idempotent: true,
    can_ask: false,
    can_renew: false,
};
/// POST.
const POST: Facts = Facts {
    idempotent: false,
    ..IDEMPOTENT
};
const POST_ASKING: Facts = Facts {
    can_ask: true,
    ..POST
};

const FIRST: Moment = Moment {
    attempts: 1,
    left: Some(Duration::from_secs(120)),
    named: None,
    window: Some(Duration::from_secs(18)),
    budget: true,
    random: 0.5,
};

fn again(secs: u64, why: DelayReason) -> Decision {
    Decision::Again {
        wait: Duration::from_secs(secs),
        why,
        ask: false,
    }
}

fn stop(why: Stop) -> Decision {
    Decision::Stop { why, ask: false }
}

const LOSSES: [Loss; 4] = [Loss::Reset, Loss::TimedOut, Loss::CutOff, Loss::Gateway];

#[test]
fn what_happened_decides() {
    let back_off = again(1, DelayReason::BackOff);
    let mut table = vec![
        // outcome, idempotent, any other
        (Outcome::Done, Decision::Done, Decision::Done),
        (Outcome::NotSent, back_off, back_off),
        (
            Outcome::RateLimited,
            again(18, DelayReason::Window),
            again(18, DelayReason::Window),
        ),
        (Outcome::Refused, back_off, back_off),
        (Outcome::Provisioning, stop(Stop::Final), back_off),
        (Outcome::BadToken, stop(Stop::Final), stop(Stop::Final)),
        (Outcome::Failed, stop(Stop::Final), stop(Stop::Final)),
    ];
    for loss in LOSSES {
        table.push((Outcome::Lost(loss), back_off, stop(Stop::Unsafe)));
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
fn a_lost_write_is_looked_for_before_it_is_tried_again_and_before_giving_up() {
    for loss in LOSSES {
        let outcome = Outcome::Lost(loss);
        let again = Decision::Again {
            wait: SECOND,
            why: DelayReason::BackOff,
            ask: true,
        };
        assert_eq!(decide(&exact(), POST_ASKING, outcome, &FIRST), again);
        let stop = |why| Decision::Stop { why, ask: true };
        assert_eq!(
            decide(&RetryPolicy::none(), POST_ASKING, outcome, &FIRST),
            stop(Stop::Attempts)
        );
        let spent = Moment {
            budget: false,
            ..FIRST
        };
        assert_eq!(
            decide(&exact(), POST_ASKING, outcome, &spent),
            stop(Stop::Budget)
        );
        let off = exact().on_connection_lost(false).on_unavailable(false);
        assert_eq!(
            decide(&off, POST_ASKING, outcome, &FIRST),
            stop(Stop::Final)
        );
    }
    // What was refused needs no look.
    let refused = decide(&exact(), POST_ASKING, Outcome::Refused, &FIRST);
    assert_eq!(refused, again(1, DelayReason::BackOff));
}

#[test]
fn waits_are_named_by_the_server_or_reckoned() {
    let full = exact().jitter(Jitter::Full);
    let at = |attempts| Moment { attempts, ..FIRST };
    let named = |secs| Moment {
        named: Some(Duration::from_secs(secs)),
        ..FIRST
    };
    let many = exact().max_attempts(100);
    let millis = |millis, why| Decision::Again {
        wait: Duration::from_millis(millis),
        why,
        ask: false,
    };
    let table = [
        // Doubled, to the cap.
        (
            &many,
            Outcome::Refused,
            at(1),
            again(1, DelayReason::BackOff),
        ),
        (
            &many,
            Outcome::Refused,
            at(2),
            again(2, DelayReason::BackOff),
        ),
        (
            &many,
            Outcome::Refused,
            at(5),
            again(16, DelayReason::BackOff),
        ),
        (
            &many,
            Outcome::Refused,
            at(6),
            again(20, DelayReason::BackOff),
        ),
        (
            &many,
            Outcome::Refused,
            at(99),
            again(20, DelayReason::BackOff),
        ),
        // Spread from nothing to all of it.
        (
            &full,
            Outcome::Refused,
            at(2),
            millis(1000, DelayReason::BackOff),
        ),
        (
            &full,
            Outcome::Refused,
            Moment {
                random: 0.0,
                ..at(3)
            },
            millis(0, DelayReason::BackOff),
        ),
        (
            &full,
            Outcome::Refused,
            Moment {
                random: 1.0,
                ..at(3)
            },
            millis(4000, DelayReason::BackOff),
        ),
        // The server's word, capped, for whatever is tried again.
        (
            &full,
            Outcome::Refused,
            named(7),
            again(7, DelayReason::Named),
        ),
        (
            &full,
            Outcome::Refused,
            named(3600),
            again(20, DelayReason::Named),
        ),
        (
            &full,
            Outcome::RateLimited,
            named(0),
            again(0, DelayReason::Named),
        ),
        (
            &full,
            Outcome::Lost(Loss::Gateway),
            named(3),
            again(3, DelayReason::Named),
        ),
        (&full, Outcome::Failed, named(3), stop(Stop::Final)),
        // Refused though some of the quota is left: the window would not help.
        (
            &exact(),
            Outcome::RateLimited,
            Moment {
                window: None,
                ..FIRST
            },
            again(1, DelayReason::BackOff),
        ),
        // The window, a little later when waits are spread, and past the cap.
        (
            &full,
            Outcome::RateLimited,
            FIRST,
            millis(18_500, DelayReason::Window),
        ),
        (
            &exact(),
            Outcome::RateLimited,
            Moment {
                window: Some(59 * SECOND),
                ..FIRST
            },
            again(59, DelayReason::Window),
        ),
    ];
    for (policy, outcome, moment, expected) in table {
        let decision = decide(policy, IDEMPOTENT, outcome, &moment);
        assert_eq!(decision, expected, "{outcome:?} {moment:?}");
    }
}

#[test]
fn attempts_budget_and_deadline_end_it() {
    let left = |secs| Moment {
        left: Some(Duration::from_secs(secs)),
        ..FIRST
    };
    let late = |secs, why| {
        stop(Stop::Deadline {
            wait: Duration::from_secs(secs),
            why,
        })
    };
    let spent = Moment {
        budget: false,
        ..FIRST
    };
    let table = [
        (
            Outcome::Refused,
            Moment {
                attempts: 4,
                ..FIRST
            },
            again(8, DelayReason::BackOff),
        ),
        (
            Outcome::Refused,
            Moment {
                attempts: 5,
                ..FIRST
            },
            stop(Stop::Attempts),
        ),
        (
            Outcome::Refused,
            Moment {
                attempts: 6,
                ..FIRST
            },
            stop(Stop::Attempts),
        ),
        (Outcome::Refused, spent, stop(Stop::Budget)),
        (Outcome::NotSent, spent, stop(Stop::Budget)),
        (
            Outcome::RateLimited,
            Moment {
                window: None,
                ..spent
            },
            stop(Stop::Budget),
        ),
        // Waiting for the window is no storm.
        (Outcome::RateLimited, spent, again(18, DelayReason::Window)),
        (
            Outcome::RateLimited,
            left(19),
            again(18, DelayReason::Window),
        ),
        (
            Outcome::RateLimited,
            left(18),
            late(18, DelayReason::Window),
        ),
        (Outcome::RateLimited, left(0), late(18, DelayReason::Window)),
        (Outcome::Refused, left(1), late(1, DelayReason::BackOff)),
        (
            Outcome::Refused,
            Moment {
                left: None,
                ..FIRST
            },
            again(1, DelayReason::BackOff),
        ),
        (
            Outcome::Refused,
            Moment {
                named: Some(5 * SECOND),
                ..left(5)
            },
            late(5, DelayReason::Named),
        ),
        (
            Outcome::Done,
            Moment {
                attempts: 9,
                budget: false,
                ..left(0)
            },
            Decision::Done,
        ),
    ];
    for (outcome, moment, expected) in table {
        let decision = decide(&exact(), IDEMPOTENT, outcome, &moment);
        assert_eq!(decision, expected, "{outcome:?} {moment:?}");
    }
}

#[test]
fn the_policy_can_ask_for_less() {
    let all = [
        Outcome::NotSent,
        Outcome::RateLimited,
        Outcome::Refused,
        Outcome::Lost(Loss::Gateway),
        Outcome::Lost(Loss::Reset),
        Outcome::Lost(Loss::TimedOut),
        Outcome::Lost(Loss::CutOff),
    ];
    let without: [(RetryPolicy, &[Outcome]); 5] = [
        (exact(), &[]),
        (exact().on_connect(false), &all[0..1]),
        (exact().on_rate_limited(false), &all[1..2]),
        (exact().on_unavailable(false), &all[2..4]),
        (exact().on_connection_lost(false), &all[4..]),
    ];
    for (policy, left_out) in without {
        for outcome in all {
            let decision = decide(&policy, IDEMPOTENT, outcome, &FIRST);
            let stopped = decision == stop(Stop::Final);
            assert_eq!(
                stopped,
                left_out.contains(&outcome),
                "{policy:?} {outcome:?}"
            );
        }
    }
    for outcome in all {
        let once = decide(&RetryPolicy::none(), IDEMPOTENT, outcome, &FIRST);
        assert_eq!(once, stop(Stop::Attempts));
    }
    let provisioning = Outcome::Provisioning;
    let on = decide(
        &exact().on_provisioning_error(true),
        IDEMPOTENT,
        provisioning,
        &FIRST,
    );
    assert_eq!(on, again(1, DelayReason::BackOff));
    let off = decide(
        &exact().on_provisioning_error(false),
        POST,
        provisioning,
        &FIRST,
    );
    assert_eq!(off, stop(Stop::Final));
}

#[test]
fn a_rejected_token_is_renewed_if_it_can_be() {
    let facts = Facts {
        can_renew: true,
        ..POST
    };
    let late = Moment {
        attempts: 9,
        budget: false,
        left: Some(Duration::ZERO),
        ..FIRST
    };
    let decision = decide(&RetryPolicy::none(), facts, Outcome::BadToken, &late);
    assert_eq!(decision, Decision::Renew);
}
