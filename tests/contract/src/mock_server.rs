//! A mock server on loopback: returns enqueued responses and records requests.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A response for one request.
#[derive(Clone, Debug, Default)]
pub struct CannedResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// A request as the server received it.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// The method.
    pub method: Method,
    /// The path, with the API's prefix.
    pub path: String,
    /// The decoded query pairs, in their order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// A mock server, which stops when it is dropped.
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<VecDeque<CannedResponse>>,
    received: Mutex<Vec<ReceivedRequest>>,
}

impl MockServer {
    /// Starts a server on a free port.
    ///
    /// # Errors
    ///
    /// If loopback has no free port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let listener = listener.tap_io(|stream| {
            // Without TCP_NODELAY, each response waits for the acknowledgement of the previous one. An error only
            // makes responses slow.
            let _ = stream.set_nodelay(true);
        });
        let shared = Arc::<Shared>::default();
        let app = Router::new()
            .fallback(respond)
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            address,
            shared,
            task,
        })
    }

    /// Returns the server's URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Enqueues the response to the next request that has none yet.
    pub fn enqueue(&self, response: CannedResponse) {
        lock(&self.shared.queue).push_back(response);
    }

    /// Returns the requests received since the last call, and drops unused responses.
    pub fn take_requests(&self) -> Vec<ReceivedRequest> {
        lock(&self.shared.queue).clear();
        std::mem::take(&mut *lock(&self.shared.received))
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl CannedResponse {
    /// Returns a response; invalid headers are left out.
    pub fn new<'a>(
        status: StatusCode,
        headers: impl IntoIterator<Item = (&'a String, &'a String)>,
        body: impl Into<Bytes>,
    ) -> Self {
        let headers = headers.into_iter().filter_map(|(name, value)| {
            Some((
                HeaderName::try_from(name).ok()?,
                HeaderValue::try_from(value).ok()?,
            ))
        });
        Self {
            status,
            headers: headers.collect(),
            body: body.into(),
        }
    }
}

async fn respond(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let query = head.uri.query().unwrap_or_default();
    lock(&shared.received).push(ReceivedRequest {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: head.headers,
        body,
    });
    // The client does not retry this status, so a missing response is reported at once.
    let Some(canned) = lock(&shared.queue).pop_front() else {
        let mut response = Response::new(Body::from("no response is enqueued for this request"));
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        return response;
    };
    let mut response = Response::new(Body::from(canned.body));
    *response.status_mut() = canned.status;
    *response.headers_mut() = canned.headers;
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
