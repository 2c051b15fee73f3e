//! A Katapult on your own machine: a server in this process, or a program of its own, that answers
//! all operations of the API's document, keeps what it is told, and fails when it is asked to.
//!
//! ```
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use katapult_sandbox::{Sandbox, Time};
//!
//! let sandbox = Sandbox::builder().time(Time::Manual).fault("429#1".parse()?).start().await?;
//! println!("{} takes the token {}", sandbox.url(), sandbox.token());
//! // … a client asks it things …
//! sandbox.advance(std::time::Duration::from_secs(30));
//! for request in sandbox.requests() {
//!     println!("{}", request.line());
//! }
//! # Ok(()) }
//! ```
//!
//! What it does, it takes from the document: which operations there are, what they take, with which
//! codes they refuse and what they show. By hand is only what has a life of its own, one file each in
//! `behaviour`. The world it begins with is data: `data/world.json`, or another file.

mod admit;
pub mod against;
mod asked;
mod behaviour;
mod builder;
mod chance;
mod check;
mod clock;
mod derive;
mod document;
mod engine;
mod fault;
mod form;
mod generic;
mod given;
mod headers;
mod hold;
mod prefix;
pub mod query;
mod quota;
mod random;
mod refusal;
mod render;
mod reply;
mod seed;
mod server;
mod shape;
mod snapshot;
mod spoil;
mod token;
mod world;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

pub use crate::asked::RecordedRequest;
pub use crate::builder::{Builder, StartError};
pub use crate::clock::Time;
pub use crate::document::DocumentError;
pub use crate::fault::{Fault, FaultError, FaultKind, Schedule};
pub use crate::seed::WorldError;
pub use crate::token::Token;
pub use crate::world::{Object, World};

use crate::server::Shared;

/// The token that is taken when no other is said.
const TOKEN: &str = "a-token-of-the-sandbox";

/// A running sandbox; it is gone when this is dropped.
pub struct Sandbox {
    shared: Arc<Shared>,
    token: String,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("url", &self.shared.base)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Sets up a sandbox.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts one with everything as it comes.
    ///
    /// # Errors
    ///
    /// When loopback gives no port.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Its address, as a client's base URL.
    pub fn url(&self) -> &str {
        &self.shared.base
    }

    /// The token that it takes.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What it was asked, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.lock().asked.iter().cloned().collect()
    }

    /// What it refused, and why, oldest first.
    pub fn rejected_requests(&self) -> Vec<RecordedRequest> {
        self.shared
            .lock()
            .asked
            .iter()
            .filter(|asked| asked.code.is_some())
            .cloned()
            .collect()
    }

    /// Asks it something without a socket, with the token that it takes; `target` is path and query.
    pub fn request(&self, method: &str, target: &str, body: &str) -> RecordedRequest {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = engine::Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            token: Some(self.token.clone()),
            body: body.to_owned(),
        };
        let mut state = self.shared.lock();
        engine::answer(&self.shared.fixed, &mut state, &request);
        state.asked.back().cloned().unwrap_or_default()
    }

    /// Forgets what it was asked.
    pub fn clear_requests(&self) {
        self.shared.lock().asked.clear();
    }

    /// Looks at what it holds, now.
    pub fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        let mut state = self.shared.lock();
        let now = state.clock.world();
        behaviour::life::advance(&mut state.world, now);
        look(&state.world)
    }

    /// Lets time pass, beside what passes by itself.
    pub fn advance(&self, by: Duration) {
        let mut state = self.shared.lock();
        state.clock.advance(by);
        let now = state.clock.world();
        behaviour::life::advance(&mut state.world, now);
    }

    /// Puts on one more fault.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Takes all faults off.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Takes a token, in the place of one with the same secret.
    pub fn add_token(&self, token: Token) {
        self.shared
            .lock()
            .tokens
            .insert(token.secret.clone(), token);
    }

    /// Takes a token no more.
    pub fn revoke(&self, secret: &str) {
        self.shared.lock().tokens.remove(secret);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}
