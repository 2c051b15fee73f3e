//! A running sandbox.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::faults::Fault;
use crate::http::journal::RecordedRequest;
use crate::http::message::Request;
use crate::http::pipeline;
use crate::http::shared::Shared;
use crate::resources::timeline;
use crate::state::Checkpoint;
use crate::world::World;

/// A running sandbox. Dropping it stops the server and closes its connections.
pub struct Sandbox {
    pub(crate) shared: Arc<Shared>,
    pub(crate) token: String,
    pub(crate) task: JoinHandle<()>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the token: tests print what they fail on.
        f.debug_struct("Sandbox")
            .field("url", &self.shared.base)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Returns the base URL for a client, such as `http://127.0.0.1:43210`; with TLS it begins
    /// with `https`.
    pub fn url(&self) -> &str {
        &self.shared.base
    }

    /// Returns the certificate, as PEM, if the sandbox uses TLS. Needs the feature `tls`.
    #[cfg(feature = "tls")]
    pub fn certificate_pem(&self) -> Option<&str> {
        let tls = self.shared.tls.as_ref();
        tls.map(|tls| tls.certificate_pem.as_str())
    }

    /// Returns a token that the sandbox accepts: the first one given to the builder.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the recorded requests, oldest first: the newest 10,000, unless
    /// [`max_recorded_requests`](crate::Builder::max_recorded_requests) or
    /// [`max_recorded_bytes`](crate::Builder::max_recorded_bytes) is set.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.lock().journal.iter().cloned().collect()
    }

    /// Returns the recorded requests that got an error of the API, oldest first.
    pub fn rejected_requests(&self) -> Vec<RecordedRequest> {
        let state = self.shared.lock();
        let rejected = state
            .journal
            .iter()
            .filter(|request| request.error_code.is_some());
        rejected.cloned().collect()
    }

    /// Sends a request without a connection, with the sandbox's token. `target` is the path with the
    /// query; `body` is empty or JSON. Faults apply to it as to any other request.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = katapult_sandbox::Sandbox::start().await?;
    /// let zones = sandbox.request("GET", "/core/v1/zones?per_page=1", "");
    /// assert_eq!(zones.status, 200);
    /// # Ok(()) }
    /// ```
    pub fn request(&self, method: &str, target: &str, body: &str) -> RecordedRequest {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            token: Some(self.token.clone()),
            body: body.to_owned(),
            body_is_binary: false,
        };
        // One lock for both, so that the newest record is the one of this request.
        let mut state = self.shared.lock();
        pipeline::handle(&self.shared.config, &mut state, &request);
        state.journal.newest().cloned().unwrap_or_default()
    }

    /// Clears the recorded requests.
    pub fn clear_requests(&self) {
        self.shared.lock().journal.clear();
    }

    /// Calls a function with the objects of the sandbox as they are now, and returns its result. The
    /// sandbox answers no request in the meantime.
    pub fn world<T>(&self, read: impl FnOnce(&World) -> T) -> T {
        self.change_world(|world| read(world))
    }

    /// Advances the sandbox's clock: tasks, builds and the trash progress by that much time.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().clock.advance(by);
        self.change_world(|_| ());
    }

    /// Adds a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Returns to the state at the start: the objects, the clock, the quota, the faults of the builder and
    /// the random numbers, with an empty journal. A test that resets a sandbox needs no new one.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = katapult_sandbox::Sandbox::start().await?;
    /// let before = sandbox.snapshot();
    /// sandbox.add_machine("web-9", "pebble-1", "started")?;
    /// sandbox.reset();
    /// assert_eq!(sandbox.snapshot(), before);
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
    /// ```
    pub fn reset(&self) {
        self.shared.lock().reset(&self.shared.config.initial);
    }

    /// Returns a copy of the present state, for [`restore`](Self::restore).
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = katapult_sandbox::Sandbox::start().await?;
    /// let web = sandbox.add_machine("web-9", "pebble-1", "started")?;
    /// let checkpoint = sandbox.checkpoint();
    /// sandbox.remove(&web);
    /// sandbox.restore(&checkpoint);
    /// assert!(sandbox.world(|world| world.get(&web).is_some()));
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
    /// ```
    pub fn checkpoint(&self) -> Checkpoint {
        self.shared.lock().checkpoint()
    }

    /// Returns to the state of a checkpoint. The world's time returns too, so that an unfinished task
    /// needs the rest of its time again. The journal stays.
    pub fn restore(&self, checkpoint: &Checkpoint) {
        self.shared.lock().restore(checkpoint);
    }

    /// Applies all changes that are due, then calls a function with the world.
    pub(crate) fn change_world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut state = self.shared.lock();
        let now = state.clock.world();
        timeline::advance(&mut state.world, now);
        change(&mut state.world)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The connections belong to the task and end with it.
        self.task.abort();
    }
}
