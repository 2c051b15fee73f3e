//! The transport: the part of a client that sends requests and returns raw responses.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};

use crate::operation::{Api, OperationInfo};
use crate::wire::request::BuildError;

/// A sender of requests to the API.
///
/// A transport owns everything between a built request and a successful response: authentication,
/// rate limiting, retries and the classification of failures. [`Call::send`](crate::Call::send)
/// returns its error type unchanged.
pub trait Transport: Clone + Send + Sync + 'static {
    /// The error of a failed call.
    type Error: Send;

    /// The options that a caller can set per call, such as a deadline.
    type Options: Clone + Default + Send + Sync;

    /// Returns the base URL of an API, without a trailing slash.
    fn base_url(&self, api: Api) -> &str;

    /// Sends the request and returns the response if its status is a success.
    fn execute(
        &self,
        operation: &'static OperationInfo,
        request: Request<Bytes>,
        options: Self::Options,
    ) -> impl Future<Output = Result<RawResponse, Self::Error>> + Send;

    /// Returns an error if the request would be refused before it is sent. Sends nothing.
    ///
    /// # Errors
    ///
    /// Whatever [`execute`](Transport::execute) would return instead of sending the request. Default: none.
    fn validate(
        &self,
        operation: &'static OperationInfo,
        request: &Request<Bytes>,
    ) -> Result<(), Self::Error> {
        let _ = (operation, request);
        Ok(())
    }

    /// Receives the result of a call whose request was [executed](Transport::execute): the response after it was decoded,
    /// or the error of a response that could not be decoded. Default: does nothing.
    ///
    /// An error of [`execute`](Transport::execute) itself is not passed: the transport knows it.
    fn finished(
        &self,
        operation: &'static OperationInfo,
        result: Result<&RawResponse, &Self::Error>,
    ) {
        let _ = (operation, result);
    }

    /// Returns the error for a request that could not be built.
    fn build_error(&self, operation: &'static OperationInfo, error: BuildError) -> Self::Error;

    /// Returns the error for a successful response that could not be decoded.
    fn decode_error(
        &self,
        operation: &'static OperationInfo,
        response: RawResponse,
        error: serde_json::Error,
    ) -> Self::Error;
}

/// A response before decoding.
#[derive(Clone)]
pub struct RawResponse {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The complete body.
    pub body: Bytes,
    /// The number of times the request was sent, including retries.
    pub attempts: u32,
    /// The time from the start of the call to this response, including delays and retries.
    pub elapsed: Duration,
    /// The lookup of the request, for messages: `fqdn web-1.acme.example`. `None` if it named no
    /// object, or the transport does not state it.
    pub lookup: Option<String>,
}

impl RawResponse {
    /// Returns the id under which the API logged the request, for support cases.
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get("x-request-id")?.to_str().ok()
    }
}

// Not derived: the body may contain a password or a key.
impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("attempts", &self.attempts)
            .finish()
    }
}
