//! The client, which has a handle for each resource.

use std::fmt;

use crate::call::Call;
use crate::transport::Transport;

/// A client of the API, with a method for each resource that returns its operations.
#[derive(Clone)]
pub struct Client<T> {
    pub(crate) transport: T,
}

impl<T: Transport> Client<T> {
    /// Creates a client that sends requests through `transport`.
    pub fn new(transport: T) -> Self {
        Self { transport }
    }

    /// Creates a call of an operation value.
    pub fn call<O>(&self, operation: O) -> Call<T, O> {
        Call::new(self.transport.clone(), operation)
    }

    /// Returns the transport that sends the requests.
    pub fn transport(&self) -> &T {
        &self.transport
    }
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// Defines the method of a resource whose feature is off. It cannot be called, and the compiler's message is about the
/// feature, not about a method that does not exist. Its result is of no known type, so that there are no messages about
/// what a program does with it.
#[allow(unused_macros)] // with all features
macro_rules! missing_feature {
    ($method:ident, $message:literal) => {
        const _: () = {
            #[diagnostic::on_unimplemented(
                message = $message,
                label = "the feature is off",
                note = "add it to the `features` of katapult-core, or of katapult-gen, in Cargo.toml"
            )]
            trait Enabled {
                fn resource<Resource>(&self) -> Resource;
            }

            #[allow(private_bounds)] // nothing can implement it
            impl<T: $crate::Transport> $crate::Client<T> {
                #[doc(hidden)]
                pub fn $method<Resource>(&self) -> Resource
                where
                    T: Enabled,
                {
                    self.transport.resource()
                }
            }
        };
    };
}
