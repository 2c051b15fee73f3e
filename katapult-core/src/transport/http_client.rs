//! The HTTP client: sends one request. reqwest is the default implementation.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode, Version};

use crate::error::HttpClientError;

/// The response to one request, or the reason why there is none.
pub type HttpFuture<'a> =
    Pin<Box<dyn Future<Output = Result<HttpResponse, HttpClientError>> + Send + 'a>>;

/// An HTTP client that sends a request once.
///
/// Implement it to add a layer to reqwest, such as metrics, or to replace reqwest. Time limits, the limit of the
/// response's size, retries and rate limiting stay with the caller, and the token is in the request already.
///
/// An implementation must not follow redirects, or the token may reach another host, and must not retry. It
/// must state correctly whether a failed request [was sent](HttpClientError), because the safety of retries
/// depends on it.
///
/// ```
/// use katapult_core::{Client, HttpClient, HttpFuture, reqwest};
///
/// /// Prints each request.
/// struct Printed(reqwest::Client);
///
/// impl HttpClient for Printed {
///     fn send(&self, request: reqwest::Request) -> HttpFuture<'_> {
///         println!("{} {}", request.method(), request.url().path());
///         HttpClient::send(&self.0, request)
///     }
/// }
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
/// let katapult = Client::builder().http_client(Printed(http)).build()?;
/// # drop(katapult); Ok(()) }
/// ```
pub trait HttpClient: Send + Sync + 'static {
    /// Sends the request and returns the response as soon as its head has been received.
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

/// A response whose body may not have been received yet.
///
/// Created from a [`reqwest::Response`], or by [`new`](HttpResponse::new) from its parts.
#[derive(Debug)]
pub struct HttpResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body ends with the connection, so that a truncated one looks complete.
    pub(crate) ends_with_connection: bool,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Complete(Option<Bytes>),
    Truncated(Option<Bytes>),
    Streamed(reqwest::Response),
}

impl HttpResponse {
    /// Creates a complete response.
    pub fn new(status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers,
            ends_with_connection: false,
            body: Body::Complete(Some(body.into())),
        }
    }

    /// Creates a response whose connection was lost after this part of the body.
    pub fn truncated(status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self {
            body: Body::Truncated(Some(body.into())),
            ..Self::new(status, headers, Bytes::new())
        }
    }

    /// Returns the next chunk of the body; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, HttpClientError> {
        match &mut self.body {
            Body::Complete(bytes) => Ok(bytes.take()),
            Body::Truncated(bytes) => match bytes.take() {
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
            ends_with_connection: !framed,
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
