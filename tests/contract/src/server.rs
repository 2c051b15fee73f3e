//! A server on loopback that gives prepared responses, one a request, and remembers what arrived.

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

/// A response that waits for its request.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// The status.
    pub status: StatusCode,
    /// The headers, as they are to be sent.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The method.
    pub method: Method,
    /// The path, with the API's prefix.
    pub path: String,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The server; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    prepared: Mutex<VecDeque<Prepared>>,
    arrived: Mutex<Vec<Arrived>>,
}

impl Server {
    /// Starts a server on a free port.
    ///
    /// # Errors
    ///
    /// When loopback gives no port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let listener = listener.tap_io(|stream| {
            // Without it each response waits for the acknowledgement of the one before; if it
            // cannot be had, responses are slow but right.
            let _ = stream.set_nodelay(true);
        });
        let shared = Arc::<Shared>::default();
        let app = Router::new()
            .fallback(answer)
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

    /// The server's address, without a path or a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets the next request that has none yet be answered so.
    pub fn prepare(&self, response: Prepared) {
        lock(&self.shared.prepared).push_back(response);
    }

    /// What arrived since this was last asked. Responses that nobody fetched are forgotten.
    pub fn take(&self) -> Vec<Arrived> {
        lock(&self.shared.prepared).clear();
        std::mem::take(&mut *lock(&self.shared.arrived))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Prepared {
    /// A response with the headers given; those that no HTTP header can be are left out.
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

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let query = head.uri.query().unwrap_or_default();
    lock(&shared.arrived).push(Arrived {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: head.headers,
        body,
    });
    let Some(prepared) = lock(&shared.prepared).pop_front() else {
        let mut response = Response::new(Body::from("no response was prepared for this request"));
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        return response;
    };
    let mut response = Response::new(Body::from(prepared.body));
    *response.status_mut() = prepared.status;
    *response.headers_mut() = prepared.headers;
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
