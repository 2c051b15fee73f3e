//! The transport: the part of a client that sends requests and returns raw responses.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, StatusCode, Uri};
use serde_json::Value;

use crate::operation::{Api, OperationInfo, OperationRef};
use crate::wire::request::BuildError;

// Static names are parsed once; the quota is read from every response.
static PERMITTED: HeaderName = HeaderName::from_static("x-ratelimit-permitted");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

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
        operation: OperationRef,
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
        operation: OperationRef,
        request: Request<Bytes>,
        options: &Self::Options,
    ) -> Result<(), Self::Error> {
        let _ = (operation, request, options);
        Ok(())
    }

    /// Receives the result of a call whose request was [executed](Transport::execute): the response after it was decoded,
    /// or the error of a response that could not be decoded. Default: does nothing.
    ///
    /// An error of [`execute`](Transport::execute) itself is not passed: the transport knows it.
    fn finished(&self, operation: &OperationInfo, result: Result<&RawResponse, &Self::Error>) {
        let _ = (operation, result);
    }

    /// Returns the error for a request that could not be built.
    fn build_error(&self, operation: OperationRef, error: BuildError) -> Self::Error;

    /// Returns the error for a successful response that could not be decoded.
    fn decode_error(
        &self,
        operation: OperationRef,
        response: RawResponse,
        error: serde_json::Error,
    ) -> Self::Error;
}

/// A response before decoding.
///
/// A [`Transport`] creates it by [`RawResponse::new`], and sets the fields that it knows.
#[derive(Clone)]
#[non_exhaustive]
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
    /// The request that this is the response to, for messages. `None` if the transport does not state it.
    pub request: Option<SentRequest>,
}

/// The URL and the body of a request that was sent. Cloning it is cheap.
#[derive(Clone)]
pub struct SentRequest {
    uri: Uri,
    body: Bytes,
}

impl SentRequest {
    /// Returns the URL and the body of a request.
    pub fn of(request: &Request<Bytes>) -> Self {
        Self {
            uri: request.uri().clone(),
            body: request.body().clone(),
        }
    }

    /// Returns the URL.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns the body; empty if the request has none.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

// Not derived: the body may contain a password, and a query a name that is secret.
impl fmt::Debug for SentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentRequest")
            .field("path", &self.uri.path())
            .finish_non_exhaustive()
    }
}

impl RawResponse {
    /// Creates the response to a request that was sent once, in no time. The fields `attempts`, `elapsed` and `request`
    /// can be set afterwards.
    pub fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            headers,
            body,
            attempts: 1,
            elapsed: Duration::ZERO,
            request: None,
        }
    }

    /// Returns the id under which the API logged the request, for support cases.
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get("x-request-id")?.to_str().ok()
    }

    /// Returns the token's quota, if the response has the headers for it.
    pub fn rate_limit(&self) -> Option<RateLimitHeaders> {
        RateLimitHeaders::from_headers(&self.headers)
    }

    /// Returns the body as JSON. `None` if the body is not JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the items of a list in the body as JSON; see
    /// [`Response::raw_items`](crate::Response::raw_items).
    pub fn raw_items(&self, list: &str) -> Vec<Value> {
        let mut body = self.json().unwrap_or_default();
        // As the typed list is read: a list with a singular name may have its plural, or be one object.
        let names = [list.to_owned(), format!("{list}s")];
        let name = names.iter().find(|name| body.get(name).is_some());
        let found = name.and_then(|name| body.get_mut(name));
        match found.map(Value::take) {
            Some(Value::Array(items)) => items,
            Some(object @ Value::Object(_)) => vec![object],
            _ => Vec::new(),
        }
    }
}

/// The quota that a response states: the requests permitted in each minute, shared by all users of
/// the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitHeaders {
    /// The number of requests permitted per minute, from `X-RateLimit-Permitted`.
    pub limit: u32,
    /// The number of requests left in the minute of the response, from `X-RateLimit-Remaining`.
    pub remaining: u32,
}

impl RateLimitHeaders {
    /// Reads the quota from a response's headers. `None` if a header is absent or not a number.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let number = |name: &HeaderName| {
            let digits = headers.get(name)?.as_bytes().trim_ascii();
            std::str::from_utf8(digits).ok()?.parse().ok()
        };
        Some(Self {
            limit: number(&PERMITTED)?,
            remaining: number(&REMAINING)?,
        })
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
