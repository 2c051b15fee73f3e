//! The reconcile check of a write whose response was lost.

use std::time::Duration;

use katapult_gen::RawResponse;
use tokio::time::Instant;

use super::attempt::timeout_at_opt;
use super::options::ReconcileCheck;
use crate::error::Error;

/// The time over which a check is repeated.
// A gateway gives up after 30 s at most, and the API has executed a request that was queued behind it within another
// 15 s.
pub(super) const DEFAULT_WINDOW: Duration = Duration::from_secs(45);
/// The delay after the first check; it doubles with each further one.
const INITIAL_INTERVAL: Duration = Duration::from_secs(1);
/// The longest delay between two checks.
// A dozen checks within 45 s: they count against the quota.
const MAX_INTERVAL: Duration = Duration::from_secs(5);

/// The result of a reconcile check.
pub(super) enum ReconcileOutcome {
    Exists(RawResponse),
    Absent,
    /// The check failed with this error, or the deadline does not allow it to be repeated.
    Unknown(Option<Error>),
}

/// Runs the check of a request that may be sent again in any case, so that a failed check is no obstacle.
pub(super) async fn check_once(
    check: &ReconcileCheck,
    deadline: Option<Instant>,
) -> ReconcileOutcome {
    match timeout_at_opt(deadline, check()).await {
        Some(Ok(Some(response))) => ReconcileOutcome::Exists(response),
        _ => ReconcileOutcome::Absent,
    }
}

/// Repeats the check until `settled_at`, when the server can no longer execute the request. A gateway reports a request
/// as lost while the server may still be executing it, so that one check proves nothing.
pub(super) async fn check_repeatedly(
    check: &ReconcileCheck,
    settled_at: Option<Instant>,
    deadline: Option<Instant>,
) -> ReconcileOutcome {
    let mut interval = INITIAL_INTERVAL;
    loop {
        match timeout_at_opt(deadline, check()).await {
            Some(Ok(Some(response))) => return ReconcileOutcome::Exists(response),
            Some(Ok(None)) => {}
            Some(Err(error)) => return ReconcileOutcome::Unknown(Some(error)),
            None => return ReconcileOutcome::Unknown(None),
        }
        let now = Instant::now();
        if settled_at.is_some_and(|settled_at| settled_at <= now) {
            return ReconcileOutcome::Absent;
        }
        let next = settled_at.map_or(now + interval, |settled_at| settled_at.min(now + interval));
        if deadline.is_some_and(|deadline| deadline <= next) {
            return ReconcileOutcome::Unknown(None);
        }
        tokio::time::sleep_until(next).await;
        interval = (interval * 2).min(MAX_INTERVAL);
    }
}
