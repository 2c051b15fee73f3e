//! The cause of a failed attempt, for its error.

use tokio::time::Instant;

use super::options::CallLimits;
use crate::error::{FailureCause, HttpFailure};
use crate::retry::classify::{AmbiguousCause, AttemptEnd, AttemptOutcome};

/// Returns the cause of a failure, as far as the status does not state it.
pub(super) fn failure_cause(
    end: AttemptEnd,
    outcome: AttemptOutcome,
    limits: &CallLimits,
    deadline: Option<Instant>,
    max_response_bytes: usize,
) -> Option<FailureCause> {
    use AttemptOutcome::{Ambiguous, NotSent, Permanent, Success};
    let deadline_passed = deadline.is_some_and(|end| end <= Instant::now());
    match (end, outcome) {
        // An error response says all by its status, however its body ended.
        (_, Success | Ambiguous(AmbiguousCause::Gateway)) => None,
        (AttemptEnd::ConnectionError(error), Ambiguous(AmbiguousCause::BodyTruncated)) => {
            Some(FailureCause::BodyTruncated(error))
        }
        (AttemptEnd::ConnectionError(error), NotSent | Ambiguous(_)) => {
            Some(FailureCause::Connection(error))
        }
        (AttemptEnd::ConnectionError(error), Permanent)
            if error.failure == HttpFailure::Permanent =>
        {
            Some(FailureCause::Connection(error))
        }
        (AttemptEnd::TimedOut, Ambiguous(_)) if deadline_passed => {
            Some(FailureCause::DeadlineWhile("for the response"))
        }
        (AttemptEnd::TimedOut, Ambiguous(_)) => {
            Some(FailureCause::AttemptTimeout(limits.attempt_timeout))
        }
        (AttemptEnd::BodyTooLarge, Permanent) => {
            Some(FailureCause::BodyTooLarge(max_response_bytes))
        }
        _ => None,
    }
}
