//! The current window of the quota, as estimated from responses.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use katapult_gen::RateLimitHeaders;
use tokio::time::Instant;

use super::server_clock::{self, DateCache, ServerClock, WINDOW};

/// Requests that may be in flight until a response has stated the quota.
// Enough to start quickly, and too few to exhaust a quota that others have nearly used up.
const MAX_PROBES: u32 = 4;
/// The time after which further requests are sent although no probe has got a response.
// Longer than a usual first response with its TLS handshake, and short enough that four requests that hang do
// not stop a whole program.
const PROBE_PATIENCE: Duration = Duration::from_secs(2);
/// The weight of one response in the moving average of others' consumption.
// About the last 20 responses count.
const EWMA_ALPHA: f64 = 0.05;
/// The upper bound of one sample of others' consumption.
// A client that was idle for long sees many requests of others at once, which is no measure of their rate.
const MAX_SAMPLE: f64 = 50.0;
/// The factor on others' estimated consumption in the reserve for it.
// The average lags behind others who have just started.
const RESERVE_FACTOR: f64 = 2.0;
/// The divisor of the quota that bounds the reserve of a lone request: a fiftieth.
// Without a bound, a client might never send a request beside others who consume much.
const RESERVE_DIVISOR: u32 = 50;
/// The divisor of the quota that polls leave to calls: a tenth.
// Calls may come at any time, while a poll can wait for the next minute.
const POLL_RESERVE_DIVISOR: u32 = 10;
/// The quota of a server that states none.
const UNLIMITED: u32 = u32::MAX;
/// The upper bound of the jitter when a window starts.
// Spreads the clients of a token, which all wait for the same instant.
const RELEASE_JITTER: Duration = Duration::from_millis(500);

/// The delay after a 429 of a window that is over already.
// The quota is available again. A second leads past the first second of the new window, in which the date of a
// response does not distinguish the windows.
const STALE_WINDOW_DELAY: Duration = Duration::from_secs(1);

/// The quota of one clock minute. All who use the token draw on it, and each response states what remains.
#[derive(Debug)]
pub(crate) struct QuotaWindow {
    clock: ServerClock,
    dates: DateCache,
    /// The number of the minute that this describes.
    number: u64,
    /// Requests per minute; `None` until a response has stated it.
    limit: Option<u32>,
    /// The lowest remainder that a response of this minute has stated.
    remaining: u32,
    /// The last known remainder of the previous minute.
    previous_remaining: u32,
    /// A response of this minute has been observed.
    observed: bool,
    /// Requests of this client in this minute.
    sent_here: u32,
    /// Requests of this client that are in flight.
    pub(crate) in_flight: u32,
    /// Requests of all users of the token for each request of this client, as a moving average.
    consumption_ratio: f64,
    /// No request is sent before this time, because of the client's own estimate.
    blocked_until: Option<Instant>,
    /// The delay that a 429 requires.
    required: Option<RequiredDelay>,
    /// The time at which the first request was sent, while no response has stated the quota.
    probing_since: Option<Instant>,
}

/// A delay that a 429 requires with `Retry-After`.
#[derive(Clone, Copy, Debug)]
struct RequiredDelay {
    since: Instant,
    /// `None` if it is further away than a clock can express.
    until: Option<Instant>,
}

/// The time at which a request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    Now,
    /// At this time, or earlier if a response changes the estimate.
    At(Instant),
    /// As soon as a request that is in flight has completed.
    AfterResponse,
    /// As soon as a response has stated the quota, or else at this time.
    AfterFirstResponse(Instant),
}

/// The times of an exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExchangeTimes {
    /// The time at which the request was sent.
    pub(crate) sent_at: Instant,
    /// The time at which the head of the response was received.
    pub(crate) received_at: Instant,
    /// The time at which the response was complete.
    pub(crate) now: Instant,
}

impl QuotaWindow {
    pub(crate) fn new(now: Instant, local_time: SystemTime) -> Self {
        Self {
            clock: ServerClock::estimate(now, local_time),
            dates: DateCache::default(),
            number: server_clock::window_number(local_time),
            limit: None,
            remaining: 0,
            previous_remaining: 0,
            observed: false,
            sent_here: 0,
            in_flight: 0,
            consumption_ratio: 1.0,
            blocked_until: None,
            required: None,
            probing_since: None,
        }
    }

    /// Returns a lower bound of the time by the server's clock.
    pub(crate) fn server_time(&self, now: Instant) -> SystemTime {
        self.clock.at(now)
    }

    /// Returns the limit and the remainder of this minute; `None` until a response has stated them.
    pub(crate) fn quota(&mut self, now: Instant) -> Option<(u32, u32)> {
        self.advance_to(now);
        let limit = self.limit.filter(|limit| *limit != UNLIMITED)?;
        Some((limit, self.remaining))
    }

    /// Returns the requests per minute that the server permits; `None` until a response has stated them.
    pub(crate) fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// Returns the time at which the quota resets.
    pub(crate) fn resets_at(&self, now: Instant) -> Instant {
        now + server_clock::until_next_window(self.clock.at(now))
    }

    /// Starts a new window if the minute has changed.
    fn advance_to(&mut self, now: Instant) {
        let number = server_clock::window_number(self.clock.at(now));
        if number != self.number {
            self.number = number;
            self.previous_remaining = self.remaining;
            self.remaining = self.limit.unwrap_or(0);
            self.observed = false;
            self.sent_here = 0;
        }
    }

    /// Returns the number of requests that this client may send per minute.
    pub(crate) fn allowance(&self, share: f64) -> u32 {
        let limit = f64::from(self.limit.unwrap_or(UNLIMITED));
        ((limit * share) as u32).max(1)
    }

    /// Returns the time at which one more request may be sent; `jitter` is from 0 to 1.
    pub(crate) fn check(&mut self, now: Instant, share: f64, jitter: f64) -> Availability {
        self.advance_to(now);
        if let Some(blocked_until) = self.blocked_until {
            if now < blocked_until {
                return Availability::At(blocked_until);
            }
            self.blocked_until = None;
        }
        if let Some(RequiredDelay { until, .. }) = self.required {
            if until.is_some_and(|until| until <= now) {
                self.required = None;
            } else if self.sent_here > 0 {
                // A header cannot stop a client for ever: each window has a probe, which may find better news.
                let reset = self.resets_at(now);
                return Availability::At(until.map_or(reset, |until| until.min(reset)));
            } else {
                return Availability::Now;
            }
        }
        let Some(limit) = self.limit else {
            return self.check_probe(now);
        };
        // Whatever earlier windows have stated, this one may have a quota.
        if self.sent_here == 0 && !self.observed {
            return Availability::Now;
        }
        let lone_reserve = (self.consumption_ratio.ceil() as u32).min(1 + limit / RESERVE_DIVISOR);
        if self.sent_here < self.allowance(share) {
            // While others spend too, each request in flight stands for those that they send in the meantime.
            let ratio = 1.0 + (self.consumption_ratio - 1.0) * RESERVE_FACTOR;
            let reserve = (f64::from(self.in_flight + 1) * ratio).ceil() as u32;
            let reserve = if self.in_flight == 0 {
                lone_reserve
            } else {
                reserve
            };
            if self.remaining >= reserve {
                return Availability::Now;
            }
            if self.in_flight > 0 && self.remaining >= lone_reserve {
                return Availability::AfterResponse;
            }
        }
        // Stored, so that the jitter is drawn once for this reset and not anew with each check.
        let reset = self.resets_at(now) + RELEASE_JITTER.mul_f64(jitter.clamp(0.0, 1.0));
        self.blocked_until = Some(reset);
        Availability::At(reset)
    }

    /// Returns the time at which a poll may be sent, which leaves the last part of a minute's quota to calls.
    pub(crate) fn check_poll(&mut self, now: Instant, share: f64, jitter: f64) -> Availability {
        self.advance_to(now);
        match self.limit {
            Some(limit) if self.observed && self.remaining <= limit / POLL_RESERVE_DIVISOR => {
                Availability::At(self.resets_at(now))
            }
            _ => self.check(now, share, jitter),
        }
    }

    /// Returns the time at which one more request may be sent while the quota is not known.
    fn check_probe(&self, now: Instant) -> Availability {
        let patience = self.probing_since.map(|since| since + PROBE_PATIENCE);
        match patience {
            Some(end) if self.in_flight >= MAX_PROBES && now < end => {
                Availability::AfterFirstResponse(end)
            }
            _ => Availability::Now,
        }
    }

    /// Records that a request is sent.
    pub(crate) fn reserve(&mut self, now: Instant) {
        self.advance_to(now);
        self.in_flight += 1;
        self.sent_here += 1;
        self.probing_since.get_or_insert(now);
    }

    /// Records that a request ended without a response.
    pub(crate) fn release(&mut self, now: Instant, counted: bool) {
        self.advance_to(now);
        self.in_flight = self.in_flight.saturating_sub(1);
        if counted {
            self.remaining = self.remaining.saturating_sub(1);
        }
    }

    /// Records a response; `retry_after` is the delay that it requires.
    ///
    /// Returns the time until the window of the response ends; `None` if that does not help, because the
    /// request was refused although some of the quota remains.
    pub(crate) fn observe(
        &mut self,
        times: ExchangeTimes,
        status: StatusCode,
        headers: &HeaderMap,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        let now = times.now;
        let date = self.dates.date(headers);
        if let Some(date) = date {
            self.clock.observe(times.received_at, date);
        }
        self.advance_to(now);
        self.in_flight = self.in_flight.saturating_sub(1);
        let responded_at = date.unwrap_or_else(|| self.clock.at(now));
        let spans_windows = self.spans_windows(times.sent_at, responded_at);
        let refused = status == StatusCode::TOO_MANY_REQUESTS;
        if !refused
            && self
                .required
                .is_some_and(|required| required.since < times.sent_at)
        {
            self.required = None;
        }
        let stale = spans_windows || server_clock::window_number(responded_at) < self.number;
        if refused && stale && retry_after.is_none() {
            return Some(STALE_WINDOW_DELAY);
        }
        // A limit of 0 would exclude every request, also the one that got this response.
        let quota = RateLimitHeaders::from_headers(headers).filter(|quota| quota.limit > 0);
        let some_remain = quota.is_some_and(|quota| quota.remaining > 0);
        if server_clock::window_number(responded_at) == self.number {
            if let Some(quota) = quota {
                self.update(quota, spans_windows);
            }
            if refused {
                if retry_after.is_some() || !some_remain {
                    self.on_rate_limited(now, retry_after);
                }
            } else if quota.is_none() && self.limit.is_none() {
                // A server that states no quota, such as a test server, is not limited.
                self.limit = Some(UNLIMITED);
                self.remaining = UNLIMITED;
            }
        }
        let reset_in = self.resets_at(now).saturating_duration_since(now);
        (!refused || !some_remain).then_some(reset_in)
    }

    fn on_rate_limited(&mut self, now: Instant, retry_after: Option<Duration>) {
        match (retry_after, self.limit) {
            // What the server requires has precedence over the estimate of its window.
            (Some(retry_after), limit) => {
                self.required = Some(RequiredDelay {
                    since: now,
                    until: now.checked_add(retry_after),
                });
                let lone_reserve = 1 + limit.unwrap_or(0) / RESERVE_DIVISOR;
                self.remaining = self.remaining.max(lone_reserve);
            }
            (None, Some(_)) => self.remaining = 0,
            (None, None) => self.blocked_until = Some(self.resets_at(now)),
        }
    }

    /// Returns `true` for a response that is dated in the first second of a window to a request that was sent in
    /// the window before: the server may have counted it there.
    fn spans_windows(&self, sent_at: Instant, responded_at: SystemTime) -> bool {
        let since_start = WINDOW - server_clock::until_next_window(responded_at);
        // Dates have a resolution of a second, so that the first second is the only ambiguous one.
        since_start < Duration::from_secs(1)
            && server_clock::window_number(self.clock.at(sent_at))
                < server_clock::window_number(responded_at)
    }

    fn update(&mut self, quota: RateLimitHeaders, spans_windows: bool) {
        let first = self.limit.is_none_or(|limit| limit == UNLIMITED);
        if self.limit != Some(quota.limit) {
            self.limit = Some(quota.limit);
            if first || !self.observed {
                self.remaining = quota.limit;
            }
        }
        // Not above the remainder of the previous window: the response may well belong there.
        if spans_windows && quota.remaining <= self.previous_remaining {
            return;
        }
        if self.observed && !first {
            let spent = f64::from(self.remaining.saturating_sub(quota.remaining));
            let ratio =
                self.consumption_ratio * (1.0 - EWMA_ALPHA) + spent.min(MAX_SAMPLE) * EWMA_ALPHA;
            self.consumption_ratio = ratio.max(1.0);
        }
        self.remaining = self.remaining.min(quota.remaining);
        self.observed = true;
    }
}

#[cfg(test)]
mod tests;
