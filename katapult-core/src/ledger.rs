//! The picture of the token's quota, from what responses say of it.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use katapult_gen::Quota;
use tokio::time::Instant;

use crate::server_time::{self, ServerClock, WINDOW};

/// How many requests may be under way while nothing is known of the quota.
const SCOUTS: u32 = 4;
/// The weight of one response in the reckoning of how much others spend.
const WEIGHT: f64 = 0.05;
/// The most that one response can say of others' spending: who was silent for long has missed much.
const MOST: f64 = 50.0;
/// How much more than what is reckoned is held in reserve for others, for they may just have started.
const CAUTION: f64 = 2.0;
/// A lone request never needs more than this part of the quota in reserve, or it would never go.
const LONE: u32 = 50;
/// The quota of a server that doesn't tell one.
const UNTOLD: u32 = u32::MAX;
/// The most by which clients stay apart when a window opens.
const RELEASE_JITTER: Duration = Duration::from_millis(500);

/// The wait after a refusal that belongs to a window which is over: into the new one's next second.
const PAST: Duration = Duration::from_secs(1);

/// The quota of one clock minute, which everybody who uses the token draws on, and each response tells.
#[derive(Debug)]
pub(crate) struct Ledger {
    clock: ServerClock,
    /// The minute that the picture is of.
    window: u64,
    /// Requests in a minute; `None` until a response told it.
    permitted: Option<u32>,
    /// The least that was told of this minute.
    remaining: u32,
    /// What was left of the minute before, as last told.
    before: u32,
    /// Whether a response told of this minute.
    told: bool,
    /// Our requests in this minute.
    ours: u32,
    /// Our requests that are under way.
    pub(crate) in_flight: u32,
    /// How many requests everybody makes for each one of ours, by recent responses.
    rate: f64,
    /// Nothing is sent before this moment.
    closed: Option<Instant>,
}

/// Whether a request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// Now.
    Go,
    /// At this moment, or when a response changed the picture.
    Until(Instant),
    /// When one of those under way is back.
    Response,
}

/// The times of an exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// When the request was sent.
    pub(crate) sent: Instant,
    /// When the response's head came.
    pub(crate) at: Instant,
    /// When the response was read.
    pub(crate) now: Instant,
}

impl Ledger {
    pub(crate) fn new(now: Instant, ours: SystemTime) -> Self {
        let clock = ServerClock::assumed(now, ours);
        Self {
            clock,
            window: server_time::window(ours),
            permitted: None,
            remaining: 0,
            before: 0,
            told: false,
            ours: 0,
            in_flight: 0,
            rate: 1.0,
            closed: None,
        }
    }

    /// What the server's clock shows at least.
    pub(crate) fn server_time(&self, now: Instant) -> SystemTime {
        self.clock.at(now)
    }

    /// Requests in a minute and what is left of this one; `None` until a response told it.
    pub(crate) fn quota(&mut self, now: Instant) -> Option<(u32, u32)> {
        self.roll(now);
        let permitted = self.permitted.filter(|permitted| *permitted != UNTOLD)?;
        Some((permitted, self.remaining))
    }

    /// When the quota is whole again.
    pub(crate) fn reopens(&self, now: Instant) -> Instant {
        now + server_time::until_next_window(self.clock.at(now))
    }

    /// Turns to the minute that it is now.
    fn roll(&mut self, now: Instant) {
        let window = server_time::window(self.clock.at(now));
        if window != self.window {
            self.before = self.remaining;
            self.window = window;
            self.remaining = self.permitted.unwrap_or(0);
            self.told = false;
            self.ours = 0;
        }
    }

    /// How many requests this client may make in a minute.
    pub(crate) fn allowance(&self, share: f64) -> u32 {
        let permitted = f64::from(self.permitted.unwrap_or(UNTOLD));
        ((permitted * share) as u32).max(1)
    }

    /// Whether one more request may be sent; `jitter` from 0 to 1.
    pub(crate) fn ready(&mut self, now: Instant, share: f64, jitter: f64) -> Availability {
        self.roll(now);
        if let Some(closed) = self.closed {
            if now < closed {
                return Availability::Until(closed);
            }
            self.closed = None;
        }
        let Some(permitted) = self.permitted else {
            return if self.in_flight < SCOUTS {
                Availability::Go
            } else {
                Availability::Response
            };
        };
        let alone = (self.rate.ceil() as u32).min(1 + permitted / LONE);
        if self.ours < self.allowance(share) {
            // While others spend too, each one of ours that is under way stands for as many as they
            // send meanwhile.
            let rate = 1.0 + (self.rate - 1.0) * CAUTION;
            let needed = (f64::from(self.in_flight + 1) * rate).ceil() as u32;
            let needed = if self.in_flight == 0 { alone } else { needed };
            if self.remaining >= needed {
                return Availability::Go;
            }
            if self.in_flight > 0 && self.remaining >= alone {
                return Availability::Response;
            }
        }
        let opens = self.reopens(now) + RELEASE_JITTER.mul_f64(jitter.clamp(0.0, 1.0));
        self.closed = Some(opens);
        Availability::Until(opens)
    }

    /// Notes that a request is sent.
    pub(crate) fn take(&mut self, now: Instant) {
        self.roll(now);
        self.in_flight += 1;
        self.ours += 1;
    }

    /// Notes that a request came to its end without a response that tells the quota.
    pub(crate) fn give_back(&mut self, now: Instant, counted: bool) {
        self.roll(now);
        self.in_flight = self.in_flight.saturating_sub(1);
        if counted {
            self.remaining = self.remaining.saturating_sub(1);
        }
    }

    /// Learns from a response. `named` is what its `Retry-After` asks for.
    ///
    /// Gives how long it is until the window that this response is of is over; `None` when there is more
    /// to it than the window: it is refused though some of the quota is left.
    pub(crate) fn learn(
        &mut self,
        times: Times,
        status: StatusCode,
        headers: &HeaderMap,
        named: Option<Duration>,
    ) -> Option<Duration> {
        let Times { sent, at, now } = times;
        let date = server_time::date(headers);
        if let Some(date) = date {
            self.clock.learn(at, date);
        }
        self.roll(now);
        self.in_flight = self.in_flight.saturating_sub(1);
        let stated = date.unwrap_or_else(|| self.clock.at(now));
        let straddles = self.straddles(sent, stated);
        let refused = status == StatusCode::TOO_MANY_REQUESTS;
        let of_the_past = straddles || server_time::window(stated) < self.window;
        if refused && of_the_past && named.is_none() {
            return Some(PAST);
        }
        let quota = Quota::from_headers(headers);
        let left = quota.is_some_and(|quota| quota.remaining > 0);
        if server_time::window(stated) == self.window {
            if let Some(quota) = quota {
                self.note(quota, straddles);
            }
            if refused {
                if named.is_some() || !left {
                    self.refused(now, named);
                }
            } else if quota.is_none() && self.permitted.is_none() {
                // A server that doesn't tell its quota has none to be minded.
                self.permitted = Some(UNTOLD);
                self.remaining = UNTOLD;
            }
        }
        let window = self.reopens(now).saturating_duration_since(now);
        (!refused || !left).then_some(window)
    }

    fn refused(&mut self, now: Instant, named: Option<Duration>) {
        match (named, self.permitted) {
            // The server's word goes before what is known of its window.
            (Some(named), permitted) => {
                self.closed = now.checked_add(named);
                self.remaining = self.remaining.max(1 + permitted.unwrap_or(0) / LONE);
            }
            (None, Some(_)) => self.remaining = 0,
            (None, None) => self.closed = Some(self.reopens(now)),
        }
    }

    /// A response that is dated in a window's first second to a request that was sent in the window
    /// before: the server may have counted it there.
    fn straddles(&self, sent: Instant, stated: SystemTime) -> bool {
        let into = WINDOW - server_time::until_next_window(stated);
        into < Duration::from_secs(1)
            && server_time::window(self.clock.at(sent)) < server_time::window(stated)
    }

    fn note(&mut self, quota: Quota, straddles: bool) {
        let first = self.permitted.is_none_or(|permitted| permitted == UNTOLD);
        if self.permitted != Some(quota.limit) {
            self.permitted = Some(quota.limit);
            if first || !self.told {
                self.remaining = quota.limit;
            }
        }
        if straddles && quota.remaining <= self.before {
            return;
        }
        if self.told && !first {
            let spent = f64::from(self.remaining.saturating_sub(quota.remaining));
            let rate = self.rate * (1.0 - WEIGHT) + spent.min(MOST) * WEIGHT;
            self.rate = rate.max(1.0);
        }
        self.remaining = self.remaining.min(quota.remaining);
        self.told = true;
    }
}

#[cfg(test)]
mod tests;
