//! The way in: a client gives one handle for each resource.

use std::fmt;

use crate::call::Call;
use crate::transport::Transport;

/// Gives access to every resource of the API; the methods are named after them.
#[derive(Clone)]
pub struct Client<T> {
    pub(crate) transport: T,
}

impl<T: Transport> Client<T> {
    /// A client whose requests go through `transport`.
    pub fn new(transport: T) -> Self {
        Self { transport }
    }

    /// A call of an operation that is at hand as a value.
    pub fn call<O>(&self, operation: O) -> Call<T, O> {
        Call::new(self.transport.clone(), operation)
    }

    /// What carries the requests.
    pub fn transport(&self) -> &T {
        &self.transport
    }
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
