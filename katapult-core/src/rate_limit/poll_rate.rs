//! The rate of polls: the part of the quota that all waiters of a client use together, spread over the minute.

use std::time::Duration;

use tokio::time::Instant;

use super::server_clock::WINDOW;
use super::window::Availability;

/// The share of the quota that polls use, unless the caller sets another.
pub(crate) const DEFAULT_SHARE: f64 = 0.3;
/// The quota that is assumed until a response has stated it.
// The smallest that tokens are known to have.
const ASSUMED_LIMIT: u32 = 200;
/// The divisor of the allowance that may be used at once: a twentieth.
// A few waiters get their first polls without delay, and a round of many takes only a twentieth longer.
const BURST_DIVISOR: u32 = 20;
/// The time for which calls may defer a poll.
// Less than a poll's tolerance for errors, so that waiters of a client whose calls queue all the time still see
// their objects.
const MAX_DEFERRAL: Duration = WINDOW;
/// The interval at which a deferred poll checks for room again, while no time is known.
const RECHECK: Duration = Duration::from_millis(250);

/// A rate of polls: a number at once, and an interval between any further ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PollRate {
    burst: u32,
    interval: Duration,
}

impl PollRate {
    /// Returns the rate for a share of the quota; `limit` is the quota, if a response has stated it.
    ///
    /// No minute has more polls than the share permits, but at least one.
    pub(crate) fn new(limit: Option<u32>, share: f64) -> Self {
        let limit = f64::from(limit.unwrap_or(ASSUMED_LIMIT));
        let allowance = ((limit * share) as u32).max(1);
        let burst = (allowance / BURST_DIVISOR).max(1);
        Self {
            burst,
            // Rounded up, so that no nanosecond makes room for one more in a minute.
            interval: WINDOW / (allowance - burst + 1) + Duration::from_nanos(1),
        }
    }

    /// Returns the earliest time of the next poll; `spent_until` is the time until which earlier polls have used
    /// the rate.
    fn next_poll(self, spent_until: Instant) -> Instant {
        let lead = self.interval.saturating_mul(self.burst - 1);
        spent_until.checked_sub(lead).unwrap_or(spent_until)
    }

    /// Returns the time until which the rate is used after a poll at `now`.
    pub(crate) fn spend(self, spent_until: Instant, now: Instant) -> Instant {
        spent_until.max(now) + self.interval
    }
}

/// The circumstances of the next poll.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PollMoment {
    pub(crate) now: Instant,
    pub(crate) rate: PollRate,
    /// The time until which earlier polls have used the rate.
    pub(crate) spent_until: Instant,
    /// The time at which one more request may be sent without delaying calls.
    pub(crate) room: Availability,
    /// The time since which calls have deferred the poll.
    pub(crate) deferred_since: Option<Instant>,
}

/// The decision on the next poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PollDecision {
    Send,
    /// The rate permits the next poll at this time.
    Later(Instant),
    /// The rate permits the poll, but calls go first: check again at this time.
    Deferred(Instant),
}

/// Decides when the next poll is sent.
pub(crate) fn decide(moment: &PollMoment) -> PollDecision {
    let PollMoment { now, rate, .. } = *moment;
    let next_poll = rate.next_poll(moment.spent_until);
    if now < next_poll {
        return PollDecision::Later(next_poll);
    }
    let patience = moment.deferred_since.unwrap_or(now) + MAX_DEFERRAL;
    match moment.room {
        Availability::Now => PollDecision::Send,
        _ if patience <= now => PollDecision::Send,
        Availability::At(at) | Availability::AfterFirstResponse(at) if now < at => {
            PollDecision::Deferred(at.min(patience))
        }
        _ => PollDecision::Deferred((now + RECHECK).min(patience)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_has_more_polls_than_the_share() {
        let start = Instant::now();
        let table = [
            (Some(200), 0.3, 60),
            (Some(200), 0.1, 20),
            (Some(1000), 0.3, 300),
            (Some(10), 0.3, 3),
            (Some(1), 0.3, 1),
            (None, 0.3, 60),
        ];
        for (limit, share, allowance) in table {
            let rate = PollRate::new(limit, share);
            let mut spent_until = start;
            let mut polls = Vec::new();
            for _ in 0..3 * allowance {
                let at = rate.next_poll(spent_until).max(start);
                spent_until = rate.spend(spent_until, at);
                polls.push(at);
            }
            // The first burst is the worst case; the rate of a long run is close to the share.
            for (index, at) in polls.iter().enumerate() {
                let minute = polls[index..]
                    .iter()
                    .take_while(|poll| **poll < *at + WINDOW);
                assert!(minute.count() <= allowance, "{limit:?} {share}");
            }
            let duration = polls[polls.len() - 1] - start;
            assert!(
                duration < WINDOW.mul_f64(3.0 * 1.06),
                "{limit:?} {share} {duration:?}"
            );
        }
    }

    #[test]
    fn server_without_a_quota_has_no_limit_of_polls() {
        let rate = PollRate::new(Some(u32::MAX), 0.3);
        assert!(rate.interval < Duration::from_micros(1));
        assert!(rate.burst > 1_000_000);
    }

    #[test]
    fn next_poll_is_sent_within_the_rate_and_after_calls() {
        let now = Instant::now();
        let after = |millis| now + Duration::from_millis(millis);
        let before = |secs| now.checked_sub(Duration::from_secs(secs));
        let rate = PollRate::new(Some(200), 0.1);
        let (room, busy) = (Availability::Now, Availability::AfterResponse);
        let reset = Availability::At(after(5_000));
        let past = Availability::At(now);
        use PollDecision::{Deferred, Later, Send};
        let table = [
            (after(0), room, None, Send),
            (after(40), room, None, Later(after(40))),
            (after(40), busy, before(70), Later(after(40))),
            (after(0), busy, None, Deferred(after(250))),
            (after(0), past, None, Deferred(after(250))),
            (after(0), reset, None, Deferred(after(5_000))),
            // Calls go first, but not for ever.
            (after(0), reset, before(58), Deferred(after(2_000))),
            (after(0), busy, before(60), Send),
        ];
        for (index, (spent_until, room, deferred_since, expected)) in table.into_iter().enumerate()
        {
            let moment = PollMoment {
                now,
                rate,
                spent_until,
                room,
                deferred_since,
            };
            assert_eq!(decide(&moment), expected, "row {index}");
        }
    }
}
