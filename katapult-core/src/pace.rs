//! Holding requests back before the quota is spent, in the order in which they came.
//!
//! There is no task behind it: whoever is first in the queue waits for the window, and tells the
//! next one when it goes. A call that is dropped gives its place back by being dropped.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::ledger::{Ledger, Verdict};
use crate::random::{self, Random};
use crate::server_time::WINDOW;

/// Whether a client keeps to the quota by itself, and how much of it it takes.
///
/// The quota counts for the token: everybody who uses it draws on the same minute, and every reply
/// says what is left to all of them. A paced client reads that, holds its requests back before the
/// quota is spent, and goes on in the next minute, by the server's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    pub(crate) hold: bool,
    pub(crate) share: f64,
}

impl Pace {
    /// Keeps to the quota, and takes all of it if there is no one else. The default.
    pub const ON: Self = Self {
        hold: true,
        share: 1.0,
    };

    /// Sends at once, and learns from 429.
    pub const OFF: Self = Self {
        hold: false,
        share: 1.0,
    };

    /// Keeps to the quota, and takes no more than this part of it: 0.5 is half. What is not above 0 and below 1 counts as 1.
    #[must_use]
    pub fn share(part: f64) -> Self {
        let share = if part > 0.0 && part < 1.0 { part } else { 1.0 };
        Self { hold: true, share }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::ON
    }
}

/// What a client knows of its token's quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotaState {
    /// Requests permitted in a minute.
    pub permitted: u32,
    /// Requests left to all who use the token in this minute, as last told.
    pub remaining: u32,
    /// When the quota is whole again, by the server's clock.
    pub reopens_at: SystemTime,
    /// Requests of this client that are under way.
    pub in_flight: u32,
    /// Requests of this client that are held back.
    pub waiting: usize,
}

/// The quota can't be had before the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// How long it would take; `None` when it was waited for in vain.
    pub(crate) wait: Option<Duration>,
}

/// Gives requests their place in the quota.
pub(crate) struct Pacer {
    pace: Pace,
    random: Arc<dyn Random>,
    shared: Mutex<Shared>,
}

struct Shared {
    ledger: Ledger,
    queue: VecDeque<(u64, Arc<Notify>)>,
    tickets: u64,
}

impl Shared {
    /// Lets the first in the queue look again.
    fn wake(&self) {
        if let Some((_, first)) = self.queue.front() {
            first.notify_one();
        }
    }
}

impl Pacer {
    pub(crate) fn new(pace: Pace, random: Arc<dyn Random>, ledger: Ledger) -> Self {
        Self {
            pace,
            random,
            shared: Mutex::new(Shared {
                ledger,
                queue: VecDeque::new(),
                tickets: 0,
            }),
        }
    }

    pub(crate) fn pace(&self) -> Pace {
        self.pace
    }

    /// The state behind the lock is whole at any time, so one who panicked with it does no harm.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the quota; `None` until a reply told it.
    pub(crate) fn state(&self) -> Option<QuotaState> {
        let now = Instant::now();
        let mut shared = self.lock();
        let (permitted, remaining) = shared.ledger.quota(now)?;
        let until = shared.ledger.reopens(now).saturating_duration_since(now);
        Some(QuotaState {
            permitted,
            remaining,
            reopens_at: shared.ledger.server_time(now) + until,
            in_flight: shared.ledger.in_flight,
            waiting: shared.queue.len(),
        })
    }

    /// What the server's clock shows.
    pub(crate) fn server_time(&self) -> SystemTime {
        self.lock().ledger.server_time(Instant::now())
    }

    /// Waits until a request may be sent.
    pub(crate) async fn place(
        self: &Arc<Self>,
        deadline: Option<Instant>,
        jitter: bool,
    ) -> Result<Place, Held> {
        let mut ticket: Option<Ticket> = None;
        loop {
            let look_again = match self.try_place(&mut ticket, deadline, jitter)? {
                Ok(place) => return Ok(place),
                Err(look_again) => look_again,
            };
            let Some(ticket) = &ticket else { continue };
            let until = match (look_again, deadline) {
                (Some(until), Some(deadline)) => Some(until.min(deadline)),
                (until, deadline) => until.or(deadline),
            };
            let told = ticket.told.notified();
            match until {
                Some(until) => drop(tokio::time::timeout_at(until, told).await),
                None => told.await,
            }
        }
    }

    /// A place, or when to look again unless told to earlier.
    fn try_place(
        self: &Arc<Self>,
        ticket: &mut Option<Ticket>,
        deadline: Option<Instant>,
        jitter: bool,
    ) -> Result<Result<Place, Option<Instant>>, Held> {
        let now = Instant::now();
        let mut shared = self.lock();
        let ahead = match ticket {
            None => shared.queue.len(),
            Some(ticket) => shared
                .queue
                .iter()
                .take_while(|(id, _)| *id != ticket.id)
                .count(),
        };
        let verdict = if !self.pace.hold {
            Verdict::Go
        } else {
            let jitter = if jitter {
                random::unit(&*self.random)
            } else {
                0.0
            };
            shared.ledger.ready(now, self.pace.share, jitter)
        };
        if verdict == Verdict::Go && ahead == 0 {
            shared.ledger.take(now);
            if let Some(ticket) = ticket {
                ticket.used = true;
                shared.queue.pop_front();
            }
            shared.wake();
            return Ok(Ok(Place {
                pacer: Arc::clone(self),
                sent: now,
                settled: false,
                counted: true,
            }));
        }
        if let Some(deadline) = deadline {
            if let Verdict::Until(opens) = verdict {
                // Those ahead go first: it may take more than the next window.
                let windows = ahead as u64 / u64::from(shared.ledger.allowance(self.pace.share));
                let wait = opens.saturating_duration_since(now)
                    + WINDOW.saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX));
                if deadline.saturating_duration_since(now) <= wait {
                    return Err(Held { wait: Some(wait) });
                }
            }
            if deadline <= now {
                return Err(Held { wait: None });
            }
        }
        if ticket.is_none() {
            let told = Arc::new(Notify::new());
            shared.tickets += 1;
            let id = shared.tickets;
            shared.queue.push_back((id, Arc::clone(&told)));
            *ticket = Some(Ticket {
                pacer: Arc::clone(self),
                id,
                told,
                used: false,
            });
        }
        Ok(Err(match verdict {
            Verdict::Until(until) if ahead == 0 => Some(until),
            _ => None,
        }))
    }
}

impl fmt::Debug for Pacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pacer")
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

/// A place in the queue, left by being dropped.
struct Ticket {
    pacer: Arc<Pacer>,
    id: u64,
    told: Arc<Notify>,
    used: bool,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.used {
            let mut shared = self.pacer.lock();
            shared.queue.retain(|(id, _)| *id != self.id);
            shared.wake();
        }
    }
}

/// A place in the quota: one request. Given back by being dropped.
pub(crate) struct Place {
    pacer: Arc<Pacer>,
    sent: Instant,
    settled: bool,
    /// Whether the server may have counted the request, though no reply tells.
    counted: bool,
}

impl Place {
    /// Notes that the server can't have counted the request.
    pub(crate) fn not_sent(mut self) {
        self.counted = false;
    }

    /// Learns from the reply. Gives how long it is until the quota's window reopens.
    pub(crate) fn settle(
        mut self,
        status: StatusCode,
        headers: &HeaderMap,
        named: Option<Duration>,
    ) -> Duration {
        self.settled = true;
        let mut shared = self.pacer.lock();
        let now = Instant::now();
        let window = shared.ledger.learn(now, self.sent, status, headers, named);
        shared.wake();
        window
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.settled {
            let mut shared = self.pacer.lock();
            shared.ledger.give_back(Instant::now(), self.counted);
            shared.wake();
        }
    }
}
