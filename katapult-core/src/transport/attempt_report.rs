//! The facts about an attempt that the next step depends on.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::{ErrorKind, FailureCause, GiveUpReason};
use crate::retry::classify::AttemptOutcome;

/// The facts about an attempt that the next step depends on.
pub(super) struct AttemptReport {
    pub(super) outcome: AttemptOutcome,
    pub(super) kind: ErrorKind,
    pub(super) cause: Option<FailureCause>,
    pub(super) retry_after: Option<Duration>,
    pub(super) quota_reset_in: Option<Duration>,
    /// The write names its object by something else than its id.
    pub(super) by_name: bool,
    /// The time at which the attempt ended.
    pub(super) ended_at: Instant,
}

impl AttemptReport {
    /// Returns the time from the end of the attempt to a deadline.
    pub(super) fn time_until(&self, deadline: Option<Instant>) -> Option<Duration> {
        deadline.map(|deadline| deadline.saturating_duration_since(self.ended_at))
    }

    /// Returns the kind of the error if this attempt is the last one, for this reason.
    pub(super) fn final_kind(&self, reason: GiveUpReason) -> ErrorKind {
        let out_of_time = matches!(reason, GiveUpReason::DeadlineExceeded { .. })
            || matches!(self.cause, Some(FailureCause::DeadlineWhile(_)));
        match self.kind {
            kind @ (ErrorKind::Unconfirmed | ErrorKind::RateLimited) => kind,
            _ if out_of_time => ErrorKind::Timeout,
            kind => kind,
        }
    }
}
