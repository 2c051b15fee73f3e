//! The data that all connections share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::http::log::Log;
use crate::state::{Config, State};

/// The data that the connections and the [`Sandbox`](crate::Sandbox) share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    /// Locked for the whole of a request, so that requests are executed one after the other.
    pub(crate) state: Mutex<State>,
    /// The journal file.
    pub(crate) journal: Option<Mutex<std::fs::File>>,
    /// The base URL.
    pub(crate) base: String,
    /// The log of requests, if it is wanted.
    pub(crate) log: Option<Log>,
    /// TLS, if clients must use it.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::http::tls::Tls>,
    /// The large request bodies that can be read now.
    pub(crate) large_bodies: Semaphore,
    /// The late executions that can wait now.
    pub(crate) late_executions: Arc<Semaphore>,
}

impl Shared {
    /// Returns `true` if clients must use TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.base.starts_with("https:")
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panics with the lock must not make every later one fail with a poison error.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
