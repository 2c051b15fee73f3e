//! The HTTP client: sends one request. [`reqwest_client`](super::reqwest_client) is the default implementation.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;
use http::{Request, Response};

use crate::error::HttpClientError;

/// The response to one request, or the reason why there is none.
pub type HttpFuture<'a> =
    Pin<Box<dyn Future<Output = Result<HttpResponse, HttpClientError>> + Send + 'a>>;

/// A response whose body may not have been received yet.
///
/// The status and the headers are those of [`http::Response`]; [`HttpBody::chunk`] reads the body.
pub type HttpResponse = Response<HttpBody>;

/// An HTTP client that sends a request once.
///
/// Implement it to add a layer to the default client, such as metrics, or to replace it. Time limits, the limit of the
/// response's size, retries and rate limiting stay with the caller, and the token is in the request already.
///
/// An implementation must not follow redirects, or the token may reach another host, and must not retry. It
/// must state correctly whether a failed request [was sent](HttpClientError), because the safety of retries
/// depends on it.
///
/// [`ClientBuilder::wrap_http_client`](crate::ClientBuilder::wrap_http_client) has an example.
pub trait HttpClient: Send + Sync + 'static {
    /// Sends the request and returns the response as soon as its head has been received.
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_>;
}

impl<F> HttpClient for F
where
    F: Fn(Request<Bytes>) -> HttpFuture<'static> + Send + Sync + 'static,
{
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        self(request)
    }
}

/// The body of a response, received in chunks.
pub struct HttpBody {
    source: Source,
    ends_with_connection: bool,
}

enum Source {
    Complete(Option<Bytes>),
    Truncated(Option<Bytes>),
    Reqwest(reqwest::Response),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes, HttpClientError>> + Send>>),
}

impl HttpBody {
    /// Creates a complete body.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self::of(Source::Complete(Some(bytes.into())))
    }

    /// Creates a body whose connection is lost after these bytes.
    pub fn truncated(bytes: impl Into<Bytes>) -> Self {
        Self::of(Source::Truncated(Some(bytes.into())))
    }

    /// Creates a body from a stream of its chunks. The stream must end with an error if the body is truncated.
    pub fn from_stream(
        stream: impl Stream<Item = Result<Bytes, HttpClientError>> + Send + 'static,
    ) -> Self {
        Self::of(Source::Stream(Box::pin(stream)))
    }

    /// Creates the body of a response from reqwest. `ends_with_connection` if its head states no length, so that
    /// a truncated body looks complete.
    pub(super) fn from_reqwest(response: reqwest::Response, ends_with_connection: bool) -> Self {
        Self {
            source: Source::Reqwest(response),
            ends_with_connection,
        }
    }

    fn of(source: Source) -> Self {
        Self {
            source,
            ends_with_connection: false,
        }
    }

    /// Returns `true` if the body ends with the connection, so that a truncated one looks complete.
    pub(super) fn ends_with_connection(&self) -> bool {
        self.ends_with_connection
    }

    /// Returns the next chunk; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the connection is lost before the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HttpClientError> {
        match &mut self.source {
            Source::Complete(bytes) => Ok(bytes.take()),
            Source::Truncated(bytes) => match bytes.take() {
                Some(bytes) => Ok(Some(bytes)),
                None => Err(HttpClientError::lost("the connection was closed too early")),
            },
            Source::Reqwest(response) => Ok(response.chunk().await?),
            Source::Stream(stream) => poll_fn(|context| stream.as_mut().poll_next(context))
                .await
                .transpose(),
        }
    }
}

// Not derived: the body may contain a password or a key.
impl fmt::Debug for HttpBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBody").finish_non_exhaustive()
    }
}
