//! The timeout of a request that waits for a permit.

use std::time::Duration;

use tokio::time::Instant;

use super::server_clock::WINDOW;
use super::window::Availability;
use crate::error::FailureCause;

/// The error of a request that cannot get a permit before the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AcquireTimeout {
    /// The delay until the permit; `None` if the deadline passed while waiting.
    pub(crate) delay: Option<Duration>,
    /// The quota was not known yet: the request waited for the first response.
    pub(crate) quota_unknown: bool,
}

impl From<AcquireTimeout> for FailureCause {
    fn from(timeout: AcquireTimeout) -> Self {
        match timeout.delay {
            Some(delay) => Self::RateLimited(delay),
            // The quota is not the reason while no response has stated one.
            None if timeout.quota_unknown => {
                Self::DeadlineWhile("for the API's first response to any call")
            }
            None => Self::DeadlineWhile("for the rate limit"),
        }
    }
}

/// Returns the timeout of a request whose deadline comes before its permit, with this number of requests
/// `ahead` and an `allowance` for each window.
pub(super) fn would_miss_deadline(
    deadline: Instant,
    now: Instant,
    availability: Availability,
    ahead: usize,
    allowance: u32,
) -> Option<AcquireTimeout> {
    let remaining = deadline.saturating_duration_since(now);
    if let Availability::At(at) = availability {
        // The requests ahead may use up more than the next window.
        let windows = u32::try_from(ahead).unwrap_or(u32::MAX) / allowance;
        let delay = at.saturating_duration_since(now) + WINDOW.saturating_mul(windows);
        if remaining <= delay {
            return Some(AcquireTimeout {
                delay: Some(delay),
                quota_unknown: false,
            });
        }
    }
    remaining.is_zero().then_some(AcquireTimeout {
        delay: None,
        quota_unknown: matches!(availability, Availability::AfterFirstResponse(_)),
    })
}
