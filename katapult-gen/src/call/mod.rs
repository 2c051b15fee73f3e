//! Requests bound to a client.

mod raw_request;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use crate::operation::{Operation, OperationRef};
use crate::response::Response;
use crate::transport::{RawResponse, Transport};
use crate::wire::request::build_request;

pub use raw_request::RawRequest;

/// A request that is ready to be sent. Its methods set the optional arguments.
///
/// A call owns a clone of the client's transport, so it can move to another task. It does nothing
/// until it is [sent](Call::send) or awaited.
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

    /// Returns the operation with its arguments.
    pub fn operation(&self) -> &O {
        &self.operation
    }

    /// Returns the operation for modification.
    pub fn operation_mut(&mut self) -> &mut O {
        &mut self.operation
    }

    /// Returns the transport options of this call.
    pub fn options(&self) -> &T::Options {
        &self.options
    }

    /// Returns the transport options of this call for modification.
    pub fn options_mut(&mut self) -> &mut T::Options {
        &mut self.options
    }

    /// Returns the transport that sends the request.
    pub fn transport(&self) -> &T {
        &self.transport
    }
}

impl<T: Transport, O: Operation> Call<T, O> {
    /// Sends the request and returns the decoded response.
    ///
    /// # Errors
    ///
    /// Returns the transport's error if the request cannot be built or fails, or if the response
    /// cannot be decoded.
    pub async fn send(self) -> Result<Response<O::Response>, T::Error> {
        let transport = self.transport;
        #[cfg_attr(not(feature = "test-util"), expect(unused_mut))]
        let mut request = build::<T, O>(&transport, &self.operation)?;
        // A test double answers by the typed operation, which the request alone does not have.
        #[cfg(feature = "test-util")]
        request
            .extensions_mut()
            .insert(std::sync::Arc::new(self.operation));
        let raw = transport
            .execute(O::INFO.into(), request, self.options)
            .await?;
        let decoded = match O::decode(&raw.body) {
            // A success without a body is complete where the response type requires nothing of it.
            Err(_) if raw.body.is_empty() => O::decode(b"{}"),
            decoded => decoded,
        };
        finish(&transport, &O::INFO.into(), raw, decoded.map(Box::new))
    }

    /// Checks the arguments without sending anything.
    ///
    /// Of several calls that depend on each other, it shows before the first one that the last one would be refused.
    ///
    /// # Errors
    ///
    /// Returns the transport's error if the request cannot be built, or would be refused before it is sent.
    pub fn validate(&self) -> Result<(), T::Error> {
        let request = build::<T, O>(&self.transport, &self.operation)?;
        self.transport
            .validate(O::INFO.into(), request, &self.options)
    }
}

/// Ends a call: returns the decoded response or the error of one that could not be decoded, and reports it to the
/// transport.
fn finish<T: Transport, R>(
    transport: &T,
    operation: &OperationRef,
    raw: RawResponse,
    decoded: Result<Box<R>, serde_json::Error>,
) -> Result<Response<R>, T::Error> {
    match decoded {
        Ok(value) => {
            transport.finished(operation, Ok(&raw));
            Ok(Response::new(value, raw))
        }
        Err(error) => {
            let error = transport.decode_error(operation.clone(), raw, error);
            transport.finished(operation, Err(&error));
            Err(error)
        }
    }
}

/// Returns the request of an operation.
fn build<T: Transport, O: Operation>(
    transport: &T,
    operation: &O,
) -> Result<http::Request<bytes::Bytes>, T::Error> {
    build_request(operation, transport.base_url(O::INFO.api))
        .map_err(|error| transport.build_error(O::INFO.into(), error))
}

impl<T: Transport, O: Operation> IntoFuture for Call<T, O> {
    type Output = Result<Response<O::Response>, T::Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        // Boxed, since the type of an async function cannot be named.
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
