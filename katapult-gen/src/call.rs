//! A request with the client that will carry it.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use crate::operation::Operation;
use crate::response::Response;
use crate::transport::Transport;

/// A request that is ready to be sent; its optional arguments are methods.
///
/// It holds the client, so it can be moved to another task. Nothing happens until it is
/// [sent](Call::send) or awaited.
#[must_use = "a call does nothing until it is sent"]
#[derive(Clone)]
pub struct Call<T: Transport, O> {
    transport: T,
    options: T::Options,
    pub(crate) operation: O,
}

impl<T: Transport, O> Call<T, O> {
    pub(crate) fn new(transport: T, operation: O) -> Self {
        Self {
            transport,
            options: T::Options::default(),
            operation,
        }
    }

    /// What will be asked for.
    pub fn operation(&self) -> &O {
        &self.operation
    }

    /// What will be asked for, to be changed.
    pub fn operation_mut(&mut self) -> &mut O {
        &mut self.operation
    }

    /// What the transport was told about this call alone.
    pub fn options(&self) -> &T::Options {
        &self.options
    }

    /// What the transport is told about this call alone, to be changed.
    pub fn options_mut(&mut self) -> &mut T::Options {
        &mut self.options
    }

    /// What will carry the request.
    pub fn transport(&self) -> &T {
        &self.transport
    }
}

impl<T: Transport, O: Operation> Call<T, O> {
    /// Sends the request and gives the decoded response.
    ///
    /// # Errors
    ///
    /// Those of the transport, and its error for a response that could not be read.
    pub async fn send(self) -> Result<Response<O::Response>, T::Error> {
        let transport = self.transport;
        let request = self
            .operation
            .request(transport.http(), transport.base_url(O::API))
            .map_err(|error| transport.build_error(O::INFO, error))?;
        let raw = transport.execute(O::INFO, request, self.options).await?;
        match O::decode(&raw.body) {
            Ok(value) => Ok(Response::new(value, raw)),
            Err(error) => Err(transport.decode_error(O::INFO, raw, error)),
        }
    }
}

impl<T: Transport, O: Operation + 'static> IntoFuture for Call<T, O> {
    type Output = Result<Response<O::Response>, T::Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<T: Transport, O: fmt::Debug> fmt::Debug for Call<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}
