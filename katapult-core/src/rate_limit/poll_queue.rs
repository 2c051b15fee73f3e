//! The queue of polls: the waiters of a client take turns, within a share of the quota and after all calls.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tracing::trace;

use super::PATIENCE;
use super::limiter::RateLimiter;
use super::poll_rate::{self, PollDecision, PollMoment, PollRate};

/// The place of a poll in the queue: final polls first, then those whose waiter polled longest ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    regular: bool,
    last_poll: Instant,
    id: u64,
}

/// The queue of the polls of a client and its clones.
///
/// There is no background task: the first poll in the queue waits for its time, and wakes the next one when it
/// leaves. A waiter that is dropped leaves the queue. One that is not polled, such as that of a stream whose reader
/// does something else, leaves it too when its turn has come, and enters it again when it is polled.
pub(crate) struct PollQueue {
    limiter: Arc<RateLimiter>,
    /// The share of the quota; 1 means that polls are like calls.
    share: f64,
    /// The rate that is used and the queue change together.
    state: Mutex<QueueState>,
}

struct QueueState {
    queue: BTreeMap<Place, Arc<Notify>>,
    last_id: u64,
    /// The time at which the first in the queue checks for its turn.
    first_checks_at: Instant,
    /// The time until which earlier polls have used the rate.
    spent_until: Instant,
    /// The time since which calls have deferred the first poll.
    deferred_since: Option<Instant>,
}

impl QueueState {
    /// Removes an entry, and wakes the first one if it has changed.
    fn remove(&mut self, place: Place, now: Instant) {
        let first = self.queue.first_key_value().map(|(first, _)| *first);
        self.queue.remove(&place);
        if first == Some(place) {
            self.first_checks_at = now;
            if let Some((_, next)) = self.queue.first_key_value() {
                next.notify_one();
            }
        }
    }

    /// Returns the time at which an entry passes over the ones before it, if none of them is polled; `None` for the
    /// first one.
    fn passes_at(&self, place: Place) -> Option<Instant> {
        let before = self.queue.range(..place).count();
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        (before > 0).then(|| self.first_checks_at + PATIENCE.saturating_mul(before))
    }
}

impl PollQueue {
    /// Creates a queue; a share that is not between 0 and 1 counts as 1.
    pub(crate) fn new(limiter: Arc<RateLimiter>, share: f64) -> Self {
        let share = if share > 0.0 && share < 1.0 {
            share
        } else {
            1.0
        };
        Self {
            limiter,
            share,
            state: Mutex::new(QueueState {
                queue: BTreeMap::new(),
                last_id: 0,
                first_checks_at: Instant::now(),
                spent_until: Instant::now(),
                deferred_since: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        // No code panics between two changes that belong together, so a poisoned state is still consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a poll may be sent, for a waiter that polled, or began, at `last_poll`.
    pub(crate) async fn turn(&self, last_poll: Instant, is_final: bool) {
        if self.share >= 1.0 {
            return;
        }
        let entry = self.entry(last_poll, is_final);
        while let Some(check_at) = self.try_turn(&entry) {
            drop(timeout_at(check_at, entry.wake.notified()).await);
        }
    }

    /// Returns an entry, which is in the queue from its first check on.
    fn entry(&self, last_poll: Instant, is_final: bool) -> QueueEntry<'_> {
        let mut state = self.lock();
        state.last_id += 1;
        let place = Place {
            regular: !is_final,
            last_poll,
            id: state.last_id,
        };
        QueueEntry {
            queue: self,
            place,
            wake: Arc::default(),
        }
    }

    /// Checks once for the turn of a poll: the time of the next check, or `None` if it is to be sent.
    fn try_turn(&self, entry: &QueueEntry<'_>) -> Option<Instant> {
        let mut state = self.lock();
        let now = Instant::now();
        // Enters the queue, or enters it again.
        let wake = || Arc::clone(&entry.wake);
        state.queue.entry(entry.place).or_insert_with(wake);
        if let Some(passes_at) = state.passes_at(entry.place) {
            if now < passes_at {
                return Some(passes_at);
            }
            // Each of them had its time.
            state.queue = state.queue.split_off(&entry.place);
            trace!(target: "katapult_core", "passing over waits that are not polled");
        }
        let share = self.share * self.limiter.setting().max_share();
        let moment = PollMoment {
            now,
            rate: PollRate::new(self.limiter.limit(), share),
            spent_until: state.spent_until,
            room: self.limiter.room_for_poll(now),
            deferred_since: state.deferred_since,
        };
        let check_at = match poll_rate::decide(&moment) {
            PollDecision::Send => {
                trace!(target: "katapult_core", queued = state.queue.len() - 1, "turn to poll");
                state.spent_until = moment.rate.spend(state.spent_until, now);
                state.deferred_since = None;
                return None;
            }
            PollDecision::Later(at) => at,
            PollDecision::Deferred(at) => {
                state.deferred_since.get_or_insert(now);
                at
            }
        };
        state.first_checks_at = check_at;
        Some(check_at)
    }
}

/// An entry in the queue. Dropping it leaves the queue.
struct QueueEntry<'a> {
    queue: &'a PollQueue,
    place: Place,
    wake: Arc<Notify>,
}

impl Drop for QueueEntry<'_> {
    fn drop(&mut self) {
        self.queue.lock().remove(self.place, Instant::now());
    }
}

impl fmt::Debug for PollQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollQueue")
            .field("share", &self.share)
            .finish_non_exhaustive()
    }
}
