//! The rate limiter: a first-in, first-out queue of requests in front of the [`QuotaWindow`].
//!
//! There is no background task: the first request in the queue waits for the window, and wakes the next one
//! when it leaves. A call that is dropped leaves the queue, or returns its permit, by being dropped. A call that is
//! not polled, such as that of a prefetched page, does not keep others from going first.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::debug;

use super::acquire_timeout::{AcquireTimeout, would_miss_deadline};
use super::window::{Availability, ExchangeTimes, QuotaWindow};
use super::{PATIENCE, RateLimit, RateLimitState};
use crate::util::rng::{self, Rng};

/// Gives permits to requests, in the order of their arrival.
pub(crate) struct RateLimiter {
    setting: RateLimit,
    rng: Arc<dyn Rng>,
    /// The window and the queue change together: a permit is reserved and its queue entry removed in one step.
    state: Mutex<LimiterState>,
}

struct LimiterState {
    window: QuotaWindow,
    queue: VecDeque<Waiting>,
    last_id: u64,
}

/// A request in the queue.
struct Waiting {
    id: u64,
    wake: Arc<Notify>,
    /// The time since which it could have taken a permit, and was not polled.
    due_since: Option<Instant>,
}

impl LimiterState {
    /// Returns the place of an entry in the queue, or of the next one.
    fn place(&self, entry: Option<&QueueEntry>) -> usize {
        let place = |entry: &QueueEntry| self.queue.iter().position(|other| other.id == entry.id);
        entry.and_then(place).unwrap_or(self.queue.len())
    }

    /// Returns the number of requests before a place that take their permits when they can.
    fn ahead(&self, place: usize, now: Instant) -> usize {
        let responds = |other: &&Waiting| {
            other
                .due_since
                .is_none_or(|since| now.saturating_duration_since(since) < PATIENCE)
        };
        self.queue.iter().take(place).filter(responds).count()
    }

    /// Makes the requests before a place take the permit that there is, or be passed over.
    fn remind(&mut self, place: usize, now: Instant) {
        for other in self.queue.iter_mut().take(place) {
            other.due_since.get_or_insert(now);
            other.wake.notify_one();
        }
    }

    /// Makes the first request in the queue check the window again, and the next one if that did not respond before.
    fn wake_first(&self) {
        for waiting in &self.queue {
            waiting.wake.notify_one();
            if waiting.due_since.is_none() {
                break;
            }
        }
    }
}

impl RateLimiter {
    pub(crate) fn new(setting: RateLimit, rng: Arc<dyn Rng>, window: QuotaWindow) -> Self {
        Self {
            setting,
            rng,
            state: Mutex::new(LimiterState {
                window,
                queue: VecDeque::new(),
                last_id: 0,
            }),
        }
    }

    pub(crate) fn setting(&self) -> RateLimit {
        self.setting
    }

    fn lock(&self) -> MutexGuard<'_, LimiterState> {
        // No code panics between two changes that belong together, so a poisoned state is still consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the state of the quota; `None` until a response has stated it.
    pub(crate) fn state(&self) -> Option<RateLimitState> {
        let now = Instant::now();
        let mut state = self.lock();
        let (limit, remaining) = state.window.quota(now)?;
        let reset_in = state.window.resets_at(now).saturating_duration_since(now);
        Some(RateLimitState {
            limit,
            remaining,
            resets_at: state.window.server_time(now) + reset_in,
            in_flight: state.window.in_flight,
            queued: state.queue.len(),
        })
    }

    /// Returns the requests per minute that the server permits; `None` until a response has stated them.
    pub(crate) fn limit(&self) -> Option<u32> {
        self.lock().window.limit()
    }

    /// Returns the time at which a poll may be sent without delaying calls.
    pub(crate) fn room_for_poll(&self, now: Instant) -> Availability {
        if self.setting == RateLimit::Off {
            return Availability::Now;
        }
        let jitter = rng::unit_interval(&*self.rng);
        let share = self.setting.max_share();
        let mut state = self.lock();
        let room = state.window.check_poll(now, share, jitter);
        let queued = state.queue.len();
        if room == Availability::Now {
            state.remind(queued, now);
        }
        if state.ahead(queued, now) > 0 {
            return Availability::AfterResponse;
        }
        room
    }

    /// Returns the time by the server's clock.
    pub(crate) fn server_time(&self) -> SystemTime {
        self.lock().window.server_time(Instant::now())
    }

    /// Waits from `now` until a request may be sent.
    pub(crate) async fn acquire(
        self: &Arc<Self>,
        mut now: Instant,
        deadline: Option<Instant>,
        jitter: bool,
    ) -> Result<Permit, AcquireTimeout> {
        let mut entry: Option<QueueEntry> = None;
        let started = now;
        loop {
            let first_check = entry.is_none();
            let retry_at = match self.try_acquire(&mut entry, now, deadline, jitter) {
                Acquire::Permitted(mut permit) => {
                    if !first_check {
                        permit.queued = true;
                        debug!(target: "katapult_core", waited = ?now.saturating_duration_since(started), "permit acquired");
                    }
                    return Ok(permit);
                }
                Acquire::TimedOut(timeout) => return Err(timeout),
                Acquire::Queued(retry_at) => retry_at,
            };
            let Some(entry) = &entry else { continue };
            if first_check {
                let delay = retry_at.saturating_duration_since(now);
                debug!(target: "katapult_core", ?delay, "waiting for the rate limit");
            }
            let until = deadline.map_or(retry_at, |deadline| retry_at.min(deadline));
            drop(tokio::time::timeout_at(until, entry.wake.notified()).await);
            now = Instant::now();
        }
    }

    /// Checks for a permit once; without one, there is a queue entry afterwards.
    fn try_acquire(
        self: &Arc<Self>,
        entry: &mut Option<QueueEntry>,
        now: Instant,
        deadline: Option<Instant>,
        jitter: bool,
    ) -> Acquire {
        let mut state = self.lock();
        let place = state.place(entry.as_ref());
        if let Some(own) = state.queue.get_mut(place) {
            own.due_since = None;
        }
        let ahead = state.ahead(place, now);
        let availability = if self.setting != RateLimit::Off {
            let jitter = if jitter {
                rng::unit_interval(&*self.rng)
            } else {
                0.0
            };
            state.window.check(now, self.setting.max_share(), jitter)
        } else {
            Availability::Now
        };
        if availability == Availability::Now && ahead == 0 {
            state.window.reserve(now);
            if let Some(entry) = entry {
                entry.served = true;
                state.queue.remove(place);
            }
            state.wake_first();
            return Acquire::Permitted(Permit {
                limiter: Arc::clone(self),
                sent_at: now,
                queued: false,
                completed: false,
                counted: true,
            });
        }
        let allowance = state.window.allowance(self.setting.max_share());
        if let Some(timeout) = deadline
            .and_then(|deadline| would_miss_deadline(deadline, now, availability, ahead, allowance))
        {
            return Acquire::TimedOut(timeout);
        }
        if entry.is_none() {
            let wake = Arc::new(Notify::new());
            state.last_id += 1;
            let id = state.last_id;
            state.queue.push_back(Waiting {
                id,
                wake: Arc::clone(&wake),
                due_since: None,
            });
            *entry = Some(QueueEntry {
                limiter: Arc::clone(self),
                id,
                wake,
                served: false,
            });
        }
        if availability == Availability::Now {
            state.remind(place, now);
        }
        let check_at = match availability {
            Availability::At(at) | Availability::AfterFirstResponse(at) => at,
            // A response wakes the first one. If nobody polls what is in flight, none comes, and a new window helps.
            Availability::AfterResponse if place == 0 => state.window.resets_at(now),
            Availability::AfterResponse | Availability::Now => now,
        };
        // Later than the ones ahead, of which it is not known whether they are polled.
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        Acquire::Queued(check_at + PATIENCE.saturating_mul(place))
    }
}

/// The result of one check for a permit.
enum Acquire {
    Permitted(Permit),
    /// Check again at this time, or when woken.
    Queued(Instant),
    TimedOut(AcquireTimeout),
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("setting", &self.setting)
            .finish_non_exhaustive()
    }
}

/// An entry in the queue. Dropping it leaves the queue.
struct QueueEntry {
    limiter: Arc<RateLimiter>,
    id: u64,
    wake: Arc<Notify>,
    /// The request got its permit and is no longer in the queue.
    served: bool,
}

impl Drop for QueueEntry {
    fn drop(&mut self) {
        if !self.served {
            let mut state = self.limiter.lock();
            state.queue.retain(|waiting| waiting.id != self.id);
            // The wake-up for this entry may have been consumed already: pass it on.
            state.wake_first();
        }
    }
}

/// The permission to send one request. Dropping it returns it.
pub(crate) struct Permit {
    limiter: Arc<RateLimiter>,
    sent_at: Instant,
    /// The request waited for the permit.
    queued: bool,
    completed: bool,
    /// The server may have counted the request, although no response states it.
    counted: bool,
}

impl Permit {
    /// Returns `true` if the request waited for this permit.
    pub(crate) fn was_queued(&self) -> bool {
        self.queued
    }

    /// Returns the permit of a request that the server cannot have counted.
    pub(crate) fn release_unused(mut self) {
        self.counted = false;
    }

    /// Returns the time at which the permit was acquired.
    pub(crate) fn acquired_at(&self) -> Instant {
        self.sent_at
    }

    /// Records the response, whose end was received `now`. Returns the time until the quota resets, if that helps.
    pub(crate) fn complete(
        mut self,
        received_at: Instant,
        now: Instant,
        status: StatusCode,
        headers: &HeaderMap,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        self.completed = true;
        let mut state = self.limiter.lock();
        let times = ExchangeTimes {
            sent_at: self.sent_at,
            received_at,
            now,
        };
        let quota_reset_in = state.window.observe(times, status, headers, retry_after);
        state.wake_first();
        quota_reset_in
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.completed {
            let mut state = self.limiter.lock();
            state.window.release(Instant::now(), self.counted);
            state.wake_first();
        }
    }
}
