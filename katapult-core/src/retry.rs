//! Whether to try again, and when: a policy, and the one function that applies it.

use std::time::Duration;

use crate::classify::{Loss, Outcome};

/// When a call is tried again, and how long is waited in between.
///
/// What is safe to try again is not a matter of policy: a request that may have been carried out is
/// sent again only if doing it twice is the same as doing it once. The policy can only ask for less.
///
/// ```
/// use std::time::Duration;
/// use katapult_core::{Jitter, RetryPolicy};
///
/// let patient = RetryPolicy::default().max_attempts(12).max_backoff(Duration::from_secs(120));
/// let exact = RetryPolicy::default().jitter(Jitter::None);
/// let once = RetryPolicy::none();
/// # drop((patient, exact, once));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    attempts: u32,
    base: Duration,
    cap: Duration,
    jitter: Jitter,
    rate_limited: bool,
    unavailable: bool,
    connect: bool,
    lost: bool,
    provisioning: Option<bool>,
}

/// How waits are spread, so that clients that failed together don't come back together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jitter {
    /// Anything from nothing to the whole back-off; up to a second more than a wait for the quota's window.
    #[default]
    Full,
    /// The back-off as it is reckoned.
    None,
}

/// The most that is added to a wait for the quota's window.
const WINDOW_JITTER: Duration = Duration::from_secs(1);

impl Default for RetryPolicy {
    /// 8 attempts; back-off from 500 ms, doubled each time, to at most 60 s, with full jitter; everything
    /// that is safe to try again is.
    fn default() -> Self {
        Self {
            attempts: 8,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(60),
            jitter: Jitter::Full,
            rate_limited: true,
            unavailable: true,
            connect: true,
            lost: true,
            provisioning: None,
        }
    }
}

impl RetryPolicy {
    /// One attempt and no more.
    #[must_use]
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// How often a request is sent at most, the first time included. Default 8; 0 counts as 1.
    ///
    /// A request that is sent once more with a renewed token does not count.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The back-off after the first attempt, doubled after each further one. Default 500 ms.
    #[must_use]
    pub fn initial_backoff(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// The longest wait between two attempts, whether it was reckoned or named by `Retry-After`. Default 60 s.
    ///
    /// The wait for the quota's next window, a minute at most, is not cut: to come earlier would be in vain.
    #[must_use]
    pub fn max_backoff(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// How waits are spread. Default [`Jitter::Full`].
    #[must_use]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// Whether to try again after 429. Default yes.
    #[must_use]
    pub fn on_rate_limited(mut self, again: bool) -> Self {
        self.rate_limited = again;
        self
    }

    /// Whether to try again after a 502, 503 or 504. Default yes.
    #[must_use]
    pub fn on_unavailable(mut self, again: bool) -> Self {
        self.unavailable = again;
        self
    }

    /// Whether to try again when no connection could be made. Default yes.
    #[must_use]
    pub fn on_connect(mut self, again: bool) -> Self {
        self.connect = again;
        self
    }

    /// Whether to try again when the connection broke or the time of an attempt was up. Default yes.
    #[must_use]
    pub fn on_connection_lost(mut self, again: bool) -> Self {
        self.lost = again;
        self
    }

    /// Whether to try again after 422 `object_storage_provisioning_error`. Default: a POST is, all else is not.
    #[must_use]
    pub fn on_provisioning_error(mut self, again: bool) -> Self {
        self.provisioning = Some(again);
        self
    }

    /// Whether waits are spread at all.
    pub(crate) fn jitters(&self) -> bool {
        self.jitter == Jitter::Full
    }

    pub(crate) fn longest_wait(&self) -> Duration {
        self.cap
    }

    /// The wait after this many attempts when the server names none.
    fn back_off(&self, attempts: u32, random: f64) -> Duration {
        let doubled = 1_u32.checked_shl(attempts.saturating_sub(1));
        let full = doubled.map_or(self.cap, |factor| self.base.saturating_mul(factor));
        self.spread(full.min(self.cap), random)
    }

    fn spread(&self, wait: Duration, random: f64) -> Duration {
        match self.jitter {
            Jitter::Full => {
                Duration::try_from_secs_f64(wait.as_secs_f64() * random).unwrap_or(wait)
            }
            Jitter::None => wait,
        }
    }

    /// Whether the policy lets a call be tried again after this, all safety aside.
    fn wants(&self, outcome: Outcome, idempotent: bool) -> bool {
        match outcome {
            Outcome::NotSent => self.connect,
            Outcome::RateLimited => self.rate_limited,
            Outcome::Refused | Outcome::Lost(Loss::Gateway) => self.unavailable,
            Outcome::Lost(_) => self.lost,
            Outcome::Provisioning => self.provisioning.unwrap_or(!idempotent),
            Outcome::Done | Outcome::BadToken | Outcome::Failed => false,
        }
    }
}

/// What the decision needs to know of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Doing it twice is the same as doing it once.
    pub(crate) idempotent: bool,
    /// The caller gave a way to look whether it was done.
    pub(crate) can_ask: bool,
    /// Another token can be had, and has not been asked for yet.
    pub(crate) can_renew: bool,
}

/// What the decision needs to know of the moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// How often the request was sent, not counting what a rejected token cost.
    pub(crate) attempts: u32,
    /// The time that is left to the call; `None` without a deadline.
    pub(crate) left: Option<Duration>,
    /// What the response asks to be waited, in `Retry-After`.
    pub(crate) named: Option<Duration>,
    /// How long it is until the quota's window reopens, if that is what helps.
    pub(crate) window: Option<Duration>,
    /// Whether the client may spend another retry.
    pub(crate) budget: bool,
    /// From 0 to 1.
    pub(crate) random: f64,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    /// The response is the answer.
    Done,
    /// Send it again with another token.
    Renew,
    /// Wait, and send it again.
    Again {
        wait: Duration,
        why: DelayReason,
        /// After the wait, look first whether it was done.
        ask: bool,
    },
    /// No more.
    Stop {
        why: Stop,
        /// But look whether it was done.
        ask: bool,
    },
}

/// What a wait is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DelayReason {
    /// The server named it.
    Named,
    /// The quota's window reopens.
    Window,
    /// It was reckoned.
    BackOff,
}

impl DelayReason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            DelayReason::Named => "as Retry-After asks",
            DelayReason::Window => "for the quota's next window",
            DelayReason::BackOff => "to back off",
        }
    }
}

/// Why there is no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It would fare the same.
    Final,
    /// It may have been done, and must not be done twice.
    Unsafe,
    /// All attempts are used.
    Attempts,
    /// The client's retries are spent.
    Budget,
    /// The wait would pass the deadline.
    Deadline { wait: Duration, why: DelayReason },
}

/// Whether trying again takes of the client's budget. Waiting for the quota doesn't: it is no failure
/// of the server, and can't become a storm.
pub(crate) fn costs(outcome: Outcome, why: DelayReason) -> bool {
    outcome != Outcome::RateLimited || why == DelayReason::BackOff
}

/// Decides what follows an attempt.
pub(crate) fn decide(
    policy: &RetryPolicy,
    facts: Facts,
    outcome: Outcome,
    moment: &Moment,
) -> Decision {
    let lost = matches!(outcome, Outcome::Lost(_));
    let ask = lost && facts.can_ask;
    let stop = |why| Decision::Stop { why, ask };
    match outcome {
        Outcome::Done => return Decision::Done,
        Outcome::BadToken if facts.can_renew => return Decision::Renew,
        _ => {}
    }
    if lost && !facts.idempotent && !facts.can_ask {
        return stop(Stop::Unsafe);
    }
    if !policy.wants(outcome, facts.idempotent) {
        return stop(Stop::Final);
    }
    if moment.attempts >= policy.attempts {
        return stop(Stop::Attempts);
    }
    let (wait, why) = match (moment.named, moment.window) {
        (Some(named), _) => (named.min(policy.cap), DelayReason::Named),
        (None, Some(window)) if outcome == Outcome::RateLimited => {
            let later = match policy.jitter {
                Jitter::Full => policy.spread(WINDOW_JITTER, moment.random),
                Jitter::None => Duration::ZERO,
            };
            (window + later, DelayReason::Window)
        }
        (None, _) => (
            policy.back_off(moment.attempts, moment.random),
            DelayReason::BackOff,
        ),
    };
    if costs(outcome, why) && !moment.budget {
        return stop(Stop::Budget);
    }
    if moment.left.is_some_and(|left| wait >= left) {
        return stop(Stop::Deadline { wait, why });
    }
    Decision::Again { wait, why, ask }
}

#[cfg(test)]
mod tests;
