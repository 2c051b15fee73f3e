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
use tracing::debug;

use crate::ledger::{Availability, Ledger, Times};
use crate::random::{self, Rng};
use crate::server_time::WINDOW;

/// Whether a client keeps to the quota by itself, and how much of it it takes.
///
/// The quota counts for the token: everybody who uses it draws on the same minute, and every response
/// says what is left to all of them. A paced client reads that, holds its requests back before the
/// quota is spent, and goes on in the next minute, by the server's clock. Until a first response has told
/// it the quota, it has four requests under way at most.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum RateLimit {
    /// Keeps to the quota, and takes all of it if there is no one else. The default.
    #[default]
    Auto,
    /// Sends at once, and learns from 429.
    Off,
    /// Keeps to the quota, and takes no more than this part of it; made by [`RateLimit::share`].
    Share(f64),
}

impl RateLimit {
    /// Keeps to the quota, and takes no more than this part of it: 0.5 is half. A part that is not above 0 and below 1
    /// counts as 1.
    #[must_use]
    pub fn share(part: f64) -> Self {
        Self::Share(part)
    }

    /// Returns the part of the quota that the client takes at most, from above 0 to 1.
    pub(crate) fn part(self) -> f64 {
        match self {
            Self::Share(part) if part > 0.0 && part < 1.0 => part,
            _ => 1.0,
        }
    }
}

/// What a client knows of its token's quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitState {
    /// Requests permitted in a minute.
    pub limit: u32,
    /// Requests left to all who use the token in this minute, as last told.
    pub remaining: u32,
    /// When the quota is whole again, by the server's clock.
    pub resets_at: SystemTime,
    /// Requests of this client that are under way.
    pub in_flight: u32,
    /// Requests of this client that are held back.
    pub queued: usize,
}

/// The quota can't be had before the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// How long it would take; `None` when it was waited for in vain.
    pub(crate) wait: Option<Duration>,
}

/// Gives requests their place in the quota.
pub(crate) struct Pacer {
    pace: RateLimit,
    random: Arc<dyn Rng>,
    shared: Mutex<Shared>,
}

struct Shared {
    ledger: Ledger,
    queue: VecDeque<(u64, Arc<Notify>)>,
    tickets: u64,
}

impl Shared {
    /// How many go before the holder of this ticket, or before who has none yet.
    fn ahead(&self, ticket: Option<&Ticket>) -> usize {
        let before = |ticket: &Ticket| {
            let mut queue = self.queue.iter();
            queue.position(|(id, _)| *id == ticket.id)
        };
        ticket.and_then(before).unwrap_or(self.queue.len())
    }

    /// Lets the first in the queue look again.
    fn wake(&self) {
        if let Some((_, first)) = self.queue.front() {
            first.notify_one();
        }
    }
}

impl Pacer {
    pub(crate) fn new(pace: RateLimit, random: Arc<dyn Rng>, ledger: Ledger) -> Self {
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

    pub(crate) fn rate_limit(&self) -> RateLimit {
        self.pace
    }

    /// The state behind the lock is whole at any time, so one who panicked with it does no harm.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the quota; `None` until a response told it.
    pub(crate) fn state(&self) -> Option<RateLimitState> {
        let now = Instant::now();
        let mut shared = self.lock();
        let (permitted, remaining) = shared.ledger.quota(now)?;
        let until = shared.ledger.reopens(now).saturating_duration_since(now);
        Some(RateLimitState {
            limit: permitted,
            remaining,
            resets_at: shared.ledger.server_time(now) + until,
            in_flight: shared.ledger.in_flight,
            queued: shared.queue.len(),
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
        let asked = Instant::now();
        loop {
            let first_look = ticket.is_none();
            let look_again = match self.step(&mut ticket, deadline, jitter) {
                Step::Go(place) => {
                    if !first_look {
                        debug!(target: "katapult_core", waited = ?asked.elapsed(), "let go");
                    }
                    return Ok(place);
                }
                Step::TooLate(held) => return Err(held),
                Step::Wait(look_again) => look_again,
            };
            let Some(ticket) = &ticket else { continue };
            if first_look {
                let wait = look_again.map(|at| at.saturating_duration_since(Instant::now()));
                debug!(target: "katapult_core", wait = wait.map(tracing::field::debug), "held back, to keep to the quota");
            }
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

    /// Looks whether there is a place; if not, there is a ticket afterwards.
    fn step(
        self: &Arc<Self>,
        ticket: &mut Option<Ticket>,
        deadline: Option<Instant>,
        jitter: bool,
    ) -> Step {
        let now = Instant::now();
        let mut shared = self.lock();
        let ahead = shared.ahead(ticket.as_ref());
        let verdict = if self.pace != RateLimit::Off {
            let jitter = if jitter {
                random::unit(&*self.random)
            } else {
                0.0
            };
            shared.ledger.ready(now, self.pace.part(), jitter)
        } else {
            Availability::Go
        };
        if verdict == Availability::Go && ahead == 0 {
            shared.ledger.take(now);
            if let Some(ticket) = ticket {
                ticket.used = true;
                shared.queue.pop_front();
            }
            shared.wake();
            return Step::Go(Place {
                pacer: Arc::clone(self),
                sent: now,
                settled: false,
                counted: true,
            });
        }
        if let Some(held) = deadline.and_then(|deadline| {
            too_late(
                deadline,
                now,
                verdict,
                ahead,
                shared.ledger.allowance(self.pace.part()),
            )
        }) {
            return Step::TooLate(held);
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
        Step::Wait(match verdict {
            Availability::Until(until) if ahead == 0 => Some(until),
            _ => None,
        })
    }
}

/// What a look for a place came to.
enum Step {
    Go(Place),
    /// Look again at this moment, or when told.
    Wait(Option<Instant>),
    TooLate(Held),
}

/// Whether the deadline comes before the place does, with so many `ahead` and so many let through in each window.
fn too_late(
    deadline: Instant,
    now: Instant,
    verdict: Availability,
    ahead: usize,
    allowance: u32,
) -> Option<Held> {
    let left = deadline.saturating_duration_since(now);
    if let Availability::Until(opens) = verdict {
        // Those ahead go first: it may take more than the next window.
        let windows = u32::try_from(ahead).unwrap_or(u32::MAX) / allowance;
        let wait = opens.saturating_duration_since(now) + WINDOW.saturating_mul(windows);
        if left <= wait {
            return Some(Held { wait: Some(wait) });
        }
    }
    left.is_zero().then_some(Held { wait: None })
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
    /// Whether the server may have counted the request, though no response tells.
    counted: bool,
}

impl Place {
    /// Notes that the server can't have counted the request.
    pub(crate) fn not_sent(mut self) {
        self.counted = false;
    }

    /// Learns from the response, whose head came at `at`. Gives how long it is until the
    /// quota's window reopens, if that is what helps.
    pub(crate) fn settle(
        mut self,
        at: Instant,
        status: StatusCode,
        headers: &HeaderMap,
        named: Option<Duration>,
    ) -> Option<Duration> {
        self.settled = true;
        let mut shared = self.pacer.lock();
        let now = Instant::now();
        let times = Times {
            sent: self.sent,
            at,
            now,
        };
        let window = shared.ledger.learn(times, status, headers, named);
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
