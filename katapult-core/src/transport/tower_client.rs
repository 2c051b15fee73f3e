//! HTTP clients as tower services, and tower services as HTTP clients (feature `tower`).

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use tower_service::Service;

use super::http_client::{HttpClient, HttpFuture, HttpResponse};
use crate::error::HttpClientError;

type BoxError = Box<dyn Error + Send + Sync>;

/// An [`HttpClient`] that sends requests through a tower service.
///
/// The service is cloned for each request, so what its clones must share, such as a semaphore, belongs behind an
/// `Arc`; tower's own layers do that. It has to satisfy the conditions of [`HttpClient`]: no redirects and no
/// retries.
///
/// An error of the service that is not an [`HttpClientError`] means that the request may have been executed; if the
/// service never became ready, that nothing was sent. A layer that refuses requests when they are made, such as tower's
/// `load_shed`, needs a `map_err(HttpClientError::not_sent)` round it, so that writes are retried.
///
/// ```
/// use katapult_core::{Client, HttpClientService, TowerClient};
/// use tower::ServiceBuilder;
///
/// # fn run() -> Result<(), katapult_core::ConfigError> {
/// let katapult = Client::builder()
///     .token("a-token")
///     .wrap_http_client(|default| {
///         let service = ServiceBuilder::new()
///             .concurrency_limit(16)
///             .service(HttpClientService::new(default));
///         TowerClient::new(service)
///     })
///     .build()?;
/// # drop(katapult); Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct TowerClient<S> {
    service: S,
}

impl<S> TowerClient<S> {
    /// Creates a client of this service.
    pub fn new(service: S) -> Self {
        Self { service }
    }
}

impl<S> HttpClient for TowerClient<S>
where
    S: Service<Request<Bytes>, Response = HttpResponse> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        let mut service = self.service.clone();
        Box::pin(async move {
            let ready = poll_fn(|context| service.poll_ready(context)).await;
            ready.map_err(|error| own_error(error, HttpClientError::not_sent))?;
            let response = service.call(request).await;
            response.map_err(|error| own_error(error, HttpClientError::lost))
        })
    }
}

/// Returns the error of an HTTP client as it is, and any other one as what `otherwise` makes of it.
fn own_error(
    error: impl Into<BoxError>,
    otherwise: fn(BoxError) -> HttpClientError,
) -> HttpClientError {
    match error.into().downcast() {
        Ok(own) => *own,
        Err(foreign) => otherwise(foreign),
    }
}

/// A tower service that sends requests through an [`HttpClient`], for layers to wrap. See [`TowerClient`].
pub struct HttpClientService<C> {
    client: Arc<C>,
}

impl<C> HttpClientService<C> {
    /// Creates a service of this client.
    pub fn new(client: C) -> Self {
        Self {
            client: Arc::new(client),
        }
    }
}

// Not derived, which would require a client that can be cloned.
impl<C> Clone for HttpClientService<C> {
    fn clone(&self) -> Self {
        Self {
            client: Arc::clone(&self.client),
        }
    }
}

impl<C> fmt::Debug for HttpClientService<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClientService").finish_non_exhaustive()
    }
}

impl<C: HttpClient> Service<Request<Bytes>> for HttpClientService<C> {
    type Response = HttpResponse;
    type Error = HttpClientError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpClientError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), HttpClientError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let client = Arc::clone(&self.client);
        Box::pin(async move { client.send(request).await })
    }
}
