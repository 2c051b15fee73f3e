//! What sends one request: reqwest in life, a script in tests.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode, Version};

/// The response to one request, or why there is none.
pub type HttpFuture<'a> =
    Pin<Box<dyn Future<Output = Result<HttpResponse, HttpClientError>> + Send + 'a>>;

/// Sends one request, once.
///
/// The transport above owns all policy: limits of time and size, trying again, the token (which is
/// already in the request). A sender must not follow redirects.
pub trait HttpClient: Send + Sync + 'static {
    /// Sends the request and gives the response as soon as its head is there.
    fn send(&self, request: reqwest::Request) -> HttpFuture<'_>;
}

impl<F> HttpClient for F
where
    F: Fn(reqwest::Request) -> HttpFuture<'static> + Send + Sync + 'static,
{
    fn send(&self, request: reqwest::Request) -> HttpFuture<'_> {
        self(request)
    }
}

/// Why a request got no response.
#[derive(Debug)]
pub struct HttpClientError {
    pub(crate) sent: bool,
    pub(crate) cause: Box<dyn Error + Send + Sync>,
}

impl HttpClientError {
    /// No connection could be made, so that the server can't have seen the request.
    pub fn not_sent(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            sent: false,
            cause: cause.into(),
        }
    }

    /// The connection broke after the request, or some of it, had been sent: the server may have
    /// acted on it.
    pub fn lost(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            sent: true,
            cause: cause.into(),
        }
    }
}

impl fmt::Display for HttpClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.sent {
            "the connection was lost"
        } else {
            "could not connect"
        };
        write!(f, "{what}: {}", self.cause)
    }
}

impl Error for HttpClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}

impl From<reqwest::Error> for HttpClientError {
    fn from(error: reqwest::Error) -> Self {
        // The address is in the operation, and its query is nobody's business in a log.
        let error = error.without_url();
        // Name look-up, connecting and the TLS handshake are all "connect"; whatever else fails may
        // fail after the server has read the request.
        if error.is_connect() || error.is_builder() {
            Self::not_sent(error)
        } else {
            Self::lost(error)
        }
    }
}

/// A response whose body may still be on its way.
#[derive(Debug)]
pub struct HttpResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Only the end of the connection ends the body.
    pub(crate) until_close: bool,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Whole(Option<Bytes>),
    CutOff(Option<Bytes>),
    Streamed(reqwest::Response),
}

impl HttpResponse {
    /// A response that is here in full.
    pub fn new(status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers,
            until_close: false,
            body: Body::Whole(Some(body.into())),
        }
    }

    /// A response whose connection broke after this much of the body.
    pub fn truncated(status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self {
            body: Body::CutOff(Some(body.into())),
            ..Self::new(status, headers, Bytes::new())
        }
    }

    /// The next piece of the body; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, HttpClientError> {
        match &mut self.body {
            Body::Whole(bytes) => Ok(bytes.take()),
            Body::CutOff(bytes) => match bytes.take() {
                Some(bytes) => Ok(Some(bytes)),
                None => Err(HttpClientError::lost("the connection was closed too early")),
            },
            Body::Streamed(response) => Ok(response.chunk().await?),
        }
    }
}

impl From<reqwest::Response> for HttpResponse {
    fn from(mut response: reqwest::Response) -> Self {
        let headers = std::mem::take(response.headers_mut());
        let framed = response.version() > Version::HTTP_11
            || headers.contains_key(CONTENT_LENGTH)
            || headers.contains_key(TRANSFER_ENCODING);
        Self {
            status: response.status(),
            headers,
            until_close: !framed,
            body: Body::Streamed(response),
        }
    }
}

impl HttpClient for reqwest::Client {
    fn send(&self, request: reqwest::Request) -> HttpFuture<'_> {
        let response = self.execute(request);
        Box::pin(async move { Ok(response.await?.into()) })
    }
}
