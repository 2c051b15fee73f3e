//! The seam: how a request gets to the API and its response back, and whose errors are told.

use std::fmt;
use std::future::Future;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::operation::{Api, OperationInfo};

/// Carries requests to the API.
///
/// A transport owns everything between a built request and a successful response: the token, waiting,
/// trying again, and telling failures apart. Its error type is what the caller of
/// [`Call::send`](crate::Call::send) sees, so that a failure keeps its type all the way up.
pub trait Transport: Clone + Send + Sync + 'static {
    /// What a failed call gives.
    type Error: Send;

    /// What a caller can ask for on one call alone, a deadline say.
    type Options: Clone + Default + Send + Sync;

    /// The client that builds requests.
    fn http(&self) -> &reqwest::Client;

    /// The address of an API, without a slash at its end.
    fn base_url(&self, api: Api) -> &str;

    /// Sends the request and gives the response, if it is a success.
    fn execute(
        &self,
        operation: &'static OperationInfo,
        request: reqwest::Request,
        options: Self::Options,
    ) -> impl Future<Output = Result<RawResponse, Self::Error>> + Send;

    /// The error for a request that could not be built.
    fn build_error(&self, operation: &'static OperationInfo, error: reqwest::Error) -> Self::Error;

    /// The error for a successful response that could not be read.
    fn decode_error(
        &self,
        operation: &'static OperationInfo,
        response: RawResponse,
        error: serde_json::Error,
    ) -> Self::Error;
}

/// A response as it came.
#[derive(Clone)]
pub struct RawResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Bytes,
    /// How many times the request was sent to get it.
    pub attempts: u32,
}

impl RawResponse {
    /// The id under which the API logged the request; support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get("x-request-id")?.to_str().ok()
    }
}

/// Tells the length of the body and not what it holds: a password or a key may be in it.
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
