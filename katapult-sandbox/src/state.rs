//! The settings and the state of a running sandbox.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::faults::Fault;
use crate::faults::rng::FaultRng;
use crate::http::journal::Journal;
use crate::request::quota::Quota;
use crate::request::token::Token;
use crate::response::history::ResponseHistory;
use crate::rng::Rng;
use crate::spec::CompiledSpec;
use crate::world::World;
use crate::world::clock::{Clock, Time};
use crate::world::initial_state::{self, WorldError};

/// Separates the request ids from the object ids, which come from the same seed.
const REQUEST_ID_SEED: u64 = 0x5bd1_e995;

/// The settings, which never change while the sandbox runs.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) spec: Arc<CompiledSpec>,
    /// The number of recent requests to keep.
    pub(crate) max_recorded_requests: usize,
    /// The size of the recent requests to keep, in bytes.
    pub(crate) max_recorded_bytes: usize,
    /// The settings from which the state is made at the start and by a reset.
    pub(crate) initial: Initial,
    /// `true` if clients can control the sandbox over HTTP.
    pub(crate) control: bool,
    /// The longest time for each part of a request.
    pub(crate) request_timeout: Duration,
}

/// The settings of the state at the start.
#[derive(Debug)]
pub(crate) struct Initial {
    /// The initial state of the world, as JSON.
    pub(crate) world: String,
    pub(crate) time: Time,
    /// The time at the start. `None`: the system time.
    pub(crate) start: Option<SystemTime>,
    pub(crate) seed: u64,
    pub(crate) tokens: HashMap<String, Token>,
    pub(crate) faults: Vec<Fault>,
    /// The month whose responses to imitate. `None`: the newest responses.
    pub(crate) history: Option<(u16, u8)>,
}

impl Initial {
    /// Returns the state at the start.
    pub(crate) fn state(&self) -> Result<State, WorldError> {
        let clock = Clock::new(self.time, self.start.unwrap_or_else(SystemTime::now));
        let mut world = World::new(clock.world(), Rng::new(self.seed));
        initial_state::load(&mut world, &self.world)?;
        Ok(State {
            world,
            clock,
            quota: Quota::default(),
            tokens: self.tokens.clone(),
            faults: self.faults.clone(),
            rng: Rng::new(self.seed ^ REQUEST_ID_SEED),
            fault_rng: FaultRng::new(self.seed),
            history: match self.history {
                Some((year, month)) => ResponseHistory::as_of(year, month),
                None => ResponseHistory::newest(),
            },
            journal: Journal::default(),
            checkpoints: BTreeMap::new(),
            generation: 0,
        })
    }
}

/// The state, which any request may change.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) quota: Quota,
    /// Tokens by their secret.
    pub(crate) tokens: HashMap<String, Token>,
    pub(crate) faults: Vec<Fault>,
    /// The source of request ids.
    pub(crate) rng: Rng,
    pub(crate) fault_rng: FaultRng,
    pub(crate) history: ResponseHistory,
    /// Requests with their responses, oldest first.
    pub(crate) journal: Journal,
    /// The checkpoints that clients made over HTTP, by number.
    pub(crate) checkpoints: BTreeMap<u64, Checkpoint>,
    /// Increases whenever the world is replaced: an execution that a fault delayed belongs to one of them.
    pub(crate) generation: u64,
}

/// A copy of a sandbox's state, from [`Sandbox::checkpoint`](crate::Sandbox::checkpoint): its objects, the
/// changes that are due later, the quota and the faults.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    world: World,
    quota: Quota,
    faults: Vec<Fault>,
    rng: Rng,
    fault_rng: FaultRng,
}

impl State {
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            world: self.world.clone(),
            quota: self.quota.clone(),
            faults: self.faults.clone(),
            rng: self.rng.clone(),
            fault_rng: self.fault_rng.clone(),
        }
    }

    /// Returns to the state of a checkpoint. The time of the world returns too, so that a task needs the
    /// rest of its time; the journal stays.
    pub(crate) fn restore(&mut self, checkpoint: &Checkpoint) {
        let Checkpoint {
            world,
            quota,
            faults,
            rng,
            fault_rng,
        } = checkpoint.clone();
        self.clock.set_world(world.now);
        self.world = world;
        self.quota = quota;
        self.faults = faults;
        self.rng = rng;
        self.fault_rng = fault_rng;
        self.generation += 1;
    }

    /// Returns to the state at the start, with an empty journal and without checkpoints.
    pub(crate) fn reset(&mut self, initial: &Initial) {
        // The settings were valid when the sandbox started.
        if let Ok(fresh) = initial.state() {
            let generation = self.generation + 1;
            *self = fresh;
            self.generation = generation;
        }
    }
}
