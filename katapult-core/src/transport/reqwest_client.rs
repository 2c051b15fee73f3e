//! The default HTTP client: reqwest.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Request, Response, Version};
use tokio::runtime::{Handle, Id};
use tokio::task::JoinHandle;

use super::http_client::{HttpBody, HttpClient, HttpFuture, HttpResponse};
use super::http_settings::HttpSettings;
use crate::error::HttpClientError;

/// The default HTTP client: a reqwest client for each tokio runtime that sends requests.
///
/// The runtime in which a connection is made drives it. A request from another runtime would wait until that one is
/// polled again, which may be never.
pub(crate) struct ReqwestClient {
    settings: HttpSettings,
    /// Requests of all runtimes look their clients up here; it is locked for no longer than that.
    clients: Mutex<Clients>,
}

struct Clients {
    /// The client that was built with the settings, to validate them, until a runtime uses it.
    unused: Option<reqwest::Client>,
    used: Vec<RuntimeClient>,
}

/// The client of a runtime.
struct RuntimeClient {
    runtime: Id,
    /// A task that never ends by itself: it is finished when its runtime has shut down.
    sentinel: JoinHandle<()>,
    client: reqwest::Client,
}

impl ReqwestClient {
    /// # Errors
    ///
    /// If reqwest does not accept the settings.
    pub(crate) fn new(settings: HttpSettings) -> reqwest::Result<Self> {
        let client = settings.build()?;
        Ok(Self {
            settings,
            clients: Mutex::new(Clients {
                unused: Some(client),
                used: Vec::new(),
            }),
        })
    }

    /// Returns the client of the current runtime.
    fn client(&self) -> Result<reqwest::Client, HttpClientError> {
        let runtime = Handle::try_current().map_err(HttpClientError::permanent)?;
        // Nothing panics between two changes that belong together, so a poisoned list is still consistent.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let id = runtime.id();
        if let Some(known) = clients.used.iter().find(|known| known.runtime == id) {
            return Ok(known.client.clone());
        }
        let client = match clients.unused.take() {
            Some(client) => client,
            None => self.settings.build()?,
        };
        clients.used.retain(|known| !known.sentinel.is_finished());
        clients.used.push(RuntimeClient {
            runtime: id,
            sentinel: runtime.spawn(std::future::pending()),
            client: client.clone(),
        });
        Ok(client)
    }
}

impl Drop for RuntimeClient {
    fn drop(&mut self) {
        self.sentinel.abort();
    }
}

impl HttpClient for ReqwestClient {
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move { execute(&self.client()?, request).await })
    }
}

impl HttpClient for reqwest::Client {
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(execute(self, request))
    }
}

async fn execute(
    client: &reqwest::Client,
    request: Request<Bytes>,
) -> Result<HttpResponse, HttpClientError> {
    let request = reqwest::Request::try_from(request)?;
    Ok(response(client.execute(request).await?))
}

fn response(mut received: reqwest::Response) -> HttpResponse {
    let status = received.status();
    let version = received.version();
    let headers = std::mem::take(received.headers_mut());
    let framed = version > Version::HTTP_11
        || headers.contains_key(CONTENT_LENGTH)
        || headers.contains_key(TRANSFER_ENCODING);
    let mut response = Response::new(HttpBody::from_reqwest(received, !framed));
    *response.status_mut() = status;
    *response.version_mut() = version;
    *response.headers_mut() = headers;
    response
}
