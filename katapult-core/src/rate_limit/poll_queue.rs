//! The queue of polls: the waiters of a client take turns, within a share of the quota and after all calls.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tracing::trace;

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
/// leaves. A waiter that is dropped leaves the queue.
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
    /// The time until which earlier polls have used the rate.
    spent_until: Instant,
    /// The time since which calls have deferred the first poll.
    deferred_since: Option<Instant>,
}

impl QueueState {
    fn is_first(&self, place: Place) -> bool {
        self.queue
            .first_key_value()
            .is_some_and(|(first, _)| *first == place)
    }

    fn wake_first(&self) {
        if let Some((_, first)) = self.queue.first_key_value() {
            first.notify_one();
        }
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
        let entry = self.enter(last_poll, is_final);
        while let Some(recheck) = self.try_turn(&entry) {
            let woken = entry.wake.notified();
            match recheck {
                Recheck::At(at) => drop(timeout_at(at, woken).await),
                Recheck::WhenWoken => woken.await,
            }
        }
    }

    fn enter(&self, last_poll: Instant, is_final: bool) -> QueueEntry<'_> {
        let mut state = self.lock();
        state.last_id += 1;
        let place = Place {
            regular: !is_final,
            last_poll,
            id: state.last_id,
        };
        let wake = Arc::new(Notify::new());
        state.queue.insert(place, Arc::clone(&wake));
        QueueEntry {
            queue: self,
            place,
            wake,
        }
    }

    /// Checks once for the turn of a poll; `None` if it is to be sent.
    fn try_turn(&self, entry: &QueueEntry<'_>) -> Option<Recheck> {
        let mut state = self.lock();
        if !state.is_first(entry.place) {
            return Some(Recheck::WhenWoken);
        }
        let now = Instant::now();
        let share = self.share * self.limiter.setting().max_share();
        let moment = PollMoment {
            now,
            rate: PollRate::new(self.limiter.limit(), share),
            spent_until: state.spent_until,
            room: self.limiter.room_for_poll(now),
            deferred_since: state.deferred_since,
        };
        match poll_rate::decide(&moment) {
            PollDecision::Send => {
                trace!(target: "katapult_core", queued = state.queue.len() - 1, "turn to poll");
                state.spent_until = moment.rate.spend(state.spent_until, now);
                state.deferred_since = None;
                None
            }
            PollDecision::Later(at) => Some(Recheck::At(at)),
            PollDecision::Deferred(at) => {
                state.deferred_since.get_or_insert(now);
                Some(Recheck::At(at))
            }
        }
    }
}

/// The time of the next check for a turn.
enum Recheck {
    At(Instant),
    WhenWoken,
}

/// An entry in the queue. Dropping it leaves the queue.
struct QueueEntry<'a> {
    queue: &'a PollQueue,
    place: Place,
    wake: Arc<Notify>,
}

impl Drop for QueueEntry<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.queue.remove(&self.place);
        state.wake_first();
    }
}

impl fmt::Debug for PollQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollQueue")
            .field("share", &self.share)
            .finish_non_exhaustive()
    }
}
