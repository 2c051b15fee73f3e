//! A small Katapult in memory that keeps what it is told: the operations that workflows use, with tasks that take their
//! time, rules of power, and a trash.
//!
//! Its time is tokio's, so that tests can pause it, and can be made to run faster.

mod attached;
mod machines;
mod network;
mod server;
mod state;
mod storage;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::request::Parts;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::request::Request;
use state::State;

pub use server::WorldServer;

/// The one token that the world takes.
pub(crate) const TOKEN: &str = "a-token-of-the-world";

/// A small Katapult in memory; clones are the same one.
#[derive(Clone, Debug)]
pub struct World {
    state: Arc<Mutex<State>>,
}

impl World {
    /// An empty one, but for the organization `acme` and two packages, `rock-1` and `rock-3`.
    pub fn new() -> Self {
        Self::faster(1.0)
    }

    /// The same, where all that takes its time takes this much less.
    pub fn faster(times: f64) -> Self {
        let state = Arc::new(Mutex::new(State::new(times)));
        let world = Self { state };
        world.lock().add(
            "organizations",
            json!({"id": "org_1", "name": "Acme", "sub_domain": "acme"}),
        );
        for (name, cores, memory) in [("rock-1", 1, 1), ("rock-3", 2, 4)] {
            world.lock().add(
                "packages",
                json!({"id": format!("vmpkg_{name}"), "name": name, "permalink": name,
                       "cpu_cores": cores, "memory_in_gb": memory}),
            );
        }
        world
    }

    /// Puts a machine there, with this host name, package and state; gives its id.
    pub fn machine(&self, hostname: &str, package: &str, state: &str) -> String {
        self.lock().machine(hostname, package, state)
    }

    /// Makes a machine's guest deaf to a shutdown.
    pub fn deafen(&self, machine: &str) {
        self.set("virtual_machines", machine, "_deaf", json!(true));
    }

    /// Puts an object there; `kind` is what a list of them is called. Gives its id.
    pub fn add(&self, kind: &'static str, object: Value) -> String {
        self.lock().add(kind, object)
    }

    /// Sets a field of an object.
    pub fn set(&self, kind: &'static str, id: &str, field: &str, value: Value) {
        if let Some(object) = self.lock().by(kind, "id", id) {
            object[field] = value;
        }
    }

    /// All that is there, less the tasks.
    pub fn snapshot(&self) -> Value {
        let mut state = self.lock();
        state.advance();
        json!(
            state
                .objects
                .iter()
                .filter(|(kind, _)| **kind != "tasks")
                .collect::<std::collections::BTreeMap<_, _>>()
        )
    }

    /// What a request is answered: the status, and the body.
    pub fn answer(&self, head: &Parts, body: &[u8]) -> (u16, String) {
        let answer = self.reply(&Request::read(head, body));
        (answer.status.as_u16(), answer.body.to_string())
    }

    fn reply(&self, request: &Request) -> Answer {
        if request.token.as_deref() != Some(TOKEN) {
            return state::refuse(403, "invalid_api_token");
        }
        let mut state = self.lock();
        state.advance();
        let path = request
            .path
            .strip_prefix("/core/v1")
            .unwrap_or(&request.path);
        let route = (request.method.as_str(), path.trim_matches('/'));
        let state = &mut *state;
        let answer = machines::answer(state, route, request)
            .or_else(|| attached::answer(state, route, request))
            .or_else(|| network::answer(state, route, request))
            .or_else(|| storage::answer(state, route, request));
        answer.unwrap_or_else(|| state::refuse(404, "route_not_found"))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
