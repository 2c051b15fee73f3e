//! The reconcile check of a write whose response was lost.

use std::time::Duration;

use http::StatusCode;
use katapult_gen::{OperationInfo, RawResponse};
use tokio::time::Instant;

use super::attempt::timeout_at_opt;
use super::options::{CallOptions, ReconcileCheck};
use super::response_check;
use crate::error::Error;

/// The default time over which a check is repeated.
// A gateway gives up after 30 s at most, and the API has executed a request that was queued behind it within another
// 15 s.
const DEFAULT_WINDOW: Duration = Duration::from_secs(45);
/// The default time for the build of a virtual machine.
// 30 s more: the machine of a build is visible up to 25 s after the build was executed, in recordings of production.
const BUILD_WINDOW: Duration = Duration::from_secs(75);
/// The delay after the first check; it doubles with each further one.
const INITIAL_INTERVAL: Duration = Duration::from_secs(1);
/// The longest delay between two checks.
// A dozen checks within 45 s: they count against the quota.
const MAX_INTERVAL: Duration = Duration::from_secs(5);

/// The result of a reconcile check.
pub(super) enum ReconcileOutcome {
    Exists(Box<RawResponse>),
    Absent,
    /// The check failed with this error, or the deadline does not allow it to be repeated.
    Unknown(Option<Error>),
}

/// Returns the time over which the check of a call is repeated.
pub(super) fn window(operation: &OperationInfo, options: &CallOptions) -> Duration {
    options.reconcile_for.unwrap_or(match operation.id {
        "virtual_machine_builds.create" | "virtual_machine_builds.create_from_spec" => BUILD_WINDOW,
        _ => DEFAULT_WINDOW,
    })
}

/// Runs the check of a request that may be sent again in any case, so that a failed check is no obstacle.
pub(super) async fn check_once(
    check: &ReconcileCheck,
    deadline: Option<Instant>,
) -> ReconcileOutcome {
    match timeout_at_opt(deadline, check()).await {
        Some(Ok(Some(response))) => ReconcileOutcome::Exists(response.into()),
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
        // What a check reads is no newer than its start, and with retries it may take longer than the rest of the time.
        let read_at = Instant::now();
        match timeout_at_opt(deadline, check()).await {
            Some(Ok(Some(response))) => return ReconcileOutcome::Exists(response.into()),
            Some(Ok(None)) => {}
            Some(Err(error)) => return ReconcileOutcome::Unknown(Some(error)),
            None => return ReconcileOutcome::Unknown(None),
        }
        if settled_at.is_some_and(|settled_at| settled_at <= read_at) {
            return ReconcileOutcome::Absent;
        }
        let now = Instant::now();
        let next = settled_at.map_or(now + interval, |settled_at| settled_at.min(now + interval));
        if deadline.is_some_and(|deadline| deadline <= next) {
            return ReconcileOutcome::Unknown(None);
        }
        tokio::time::sleep_until(next).await;
        interval = (interval * 2).min(MAX_INTERVAL);
    }
}

/// The check of a write whose success does not show what was written: it has no body, or that of a proxy.
pub(super) struct SuccessCheck {
    check: ReconcileCheck,
    window: Duration,
    deadline: Option<Instant>,
}

impl SuccessCheck {
    /// Returns the check of a call; `None` if it has none, or is a read.
    pub(super) fn of(
        operation: &OperationInfo,
        options: &CallOptions,
        deadline: Option<Instant>,
    ) -> Option<Self> {
        let check = options.reconcile.clone()?;
        (!operation.method.is_safe()).then(|| Self {
            check,
            window: window(operation, options),
            deadline,
        })
    }

    /// Returns the response that replaces a success, if it is a problem or shows nothing and the check finds what was
    /// written.
    pub(super) async fn replacement(
        &self,
        is_problem: bool,
        response: &RawResponse,
    ) -> Option<RawResponse> {
        let outcome = if is_problem || !response.body.is_empty() {
            if !is_problem && response_check::is_object(&response.body) {
                return None;
            }
            // What answered for the API says nothing about the request, which may still be executed.
            let settled_at = Instant::now().checked_add(self.window);
            check_repeatedly(&self.check, settled_at, self.deadline).await
        } else if [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT].contains(&response.status) {
            // These two have no body by definition.
            return None;
        } else {
            // Executed, according to the status.
            check_once(&self.check, self.deadline).await
        };
        match outcome {
            ReconcileOutcome::Exists(mut found) => {
                found.attempts = response.attempts;
                found.request = response.request.clone();
                Some(*found)
            }
            ReconcileOutcome::Absent | ReconcileOutcome::Unknown(_) => None,
        }
    }
}

#[cfg(all(test, feature = "tags", feature = "virtual-machine-builds"))]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use katapult_gen::{Operation, tags, virtual_machine_builds as builds};

    use super::*;

    #[test]
    fn window_is_that_of_the_kind_of_object_unless_the_caller_sets_it() {
        let mut options = CallOptions::default();
        let table = [
            (tags::Create::INFO, DEFAULT_WINDOW),
            (builds::Create::INFO, BUILD_WINDOW),
            (builds::CreateFromSpec::INFO, BUILD_WINDOW),
        ];
        for (operation, expected) in table {
            assert_eq!(window(operation, &options), expected, "{}", operation.id);
        }
        options.reconcile_for = Some(Duration::ZERO);
        assert_eq!(window(builds::Create::INFO, &options), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn intervals_between_checks_double_up_to_5_seconds() {
        let started = Instant::now();
        let checks = Arc::new(Mutex::new(Vec::new()));
        let times = Arc::clone(&checks);
        let check: ReconcileCheck = Arc::new(move || {
            times.lock().unwrap().push(started.elapsed().as_secs());
            Box::pin(async { Ok(None) })
        });
        let settled_at = started.checked_add(Duration::from_secs(20));
        check_repeatedly(&check, settled_at, None).await;
        assert_eq!(*checks.lock().unwrap(), [0, 1, 3, 7, 12, 17, 20]);
    }

    #[tokio::test(start_paused = true)]
    async fn check_that_began_before_the_end_of_the_window_is_repeated() {
        let checks = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&checks);
        let check: ReconcileCheck = Arc::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Box::pin(async {
                tokio::time::sleep(DEFAULT_WINDOW * 2).await;
                Ok(None)
            })
        });
        let settled_at = Instant::now().checked_add(DEFAULT_WINDOW);
        let outcome = check_repeatedly(&check, settled_at, None).await;
        assert!(matches!(outcome, ReconcileOutcome::Absent));
        assert_eq!(checks.load(Ordering::Relaxed), 2);
    }
}
