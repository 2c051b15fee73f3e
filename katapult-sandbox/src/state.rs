//! The settings and the state of a running sandbox.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::faults::Fault;
use crate::faults::rng::FaultRng;
use crate::http::journal::RecordedRequest;
use crate::request::quota::Quota;
use crate::request::token::Token;
use crate::response::history::ResponseHistory;
use crate::rng::Rng;
use crate::spec::CompiledSpec;
use crate::world::World;
use crate::world::clock::Clock;

/// The settings, which never change while the sandbox runs.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) spec: Arc<CompiledSpec>,
    /// The number of recent requests to keep.
    pub(crate) max_recorded_requests: usize,
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
    pub(crate) journal: VecDeque<RecordedRequest>,
}
