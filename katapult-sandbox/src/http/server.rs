//! The HTTP server. It uses hyper without a framework: none of them can close a connection in place of a
//! response, and the routes come from the document.

use std::fmt;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::http::message::{Delivery, Request, Response};
use crate::http::pipeline;
use crate::state::{Config, State};

/// The largest request body, in bytes. A larger one is read as empty, which bounds the memory.
const MAX_BODY_BYTES: usize = 8 << 20;

/// The data that the connections and the [`Sandbox`](crate::Sandbox) share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    /// Locked for the whole of a request, so that requests are executed one after the other.
    pub(crate) state: Mutex<State>,
    /// The journal file.
    pub(crate) journal: Option<Mutex<std::fs::File>>,
    /// The base URL.
    pub(crate) base: String,
    /// `true` to print a line for each request.
    pub(crate) log: bool,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panics with the lock must not make every later one fail with a poison error.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error that makes hyper close the connection.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

/// Serves connections until it is dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = listener.accept().await;
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = accepted else { continue };
        // Nagle's algorithm would delay responses; without this option they are still correct.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| serve_request(&shared, request));
            // A connection that a client or a fault closes is not an error of the sandbox.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn serve_request(
    shared: &Shared,
    request: http::Request<Incoming>,
) -> Result<hyper::Response<ResponseBody>, Closed> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    let token = head
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        token: token
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(|token| token.trim().to_owned()),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let response = {
        let mut state = shared.lock();
        let response = pipeline::handle(&shared.config, &mut state, &request);
        write_logs(shared, &state);
        response
    };
    if !response.delay.is_zero() {
        tokio::time::sleep(response.delay).await;
    }
    respond(response)
}

/// Writes the newest request to the journal file and to standard output.
fn write_logs(shared: &Shared, state: &State) {
    let Some(request) = state.journal.back() else {
        return;
    };
    // A request without a response is not an exchange.
    let journal = shared.journal.as_ref().filter(|_| request.status > 0);
    if let Some(journal) = journal {
        let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not stop the test.
        let _ = writeln!(journal, "{}", request.journal_line(&shared.base));
    }
    if shared.log {
        // `println!` would panic if standard output is closed.
        let _ = writeln!(std::io::stdout(), "{request}");
    }
}

fn respond(response: Response) -> Result<hyper::Response<ResponseBody>, Closed> {
    let length = response.body.len();
    let truncated = match response.delivery {
        Delivery::Reset => return Err(Closed),
        Delivery::Complete => false,
        Delivery::Truncated => true,
    };
    let end = if truncated { length / 2 } else { length };
    let body = ResponseBody {
        bytes: Some(Bytes::from(response.body).slice(..end)),
        truncated,
        flushed: false,
    };
    let mut outgoing = hyper::Response::new(body);
    *outgoing.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = outgoing.headers_mut();
    for (name, value) in response.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    headers.insert("content-length", HeaderValue::from(length));
    Ok(outgoing)
}

/// A response body. A truncated one has half of the bytes, and then an error that closes the connection.
struct ResponseBody {
    bytes: Option<Bytes>,
    truncated: bool,
    flushed: bool,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if !self.truncated {
            return Poll::Ready(None);
        }
        // hyper must write the half before it gets the error, or the client would see none of it.
        if !self.flushed {
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Closed)))
    }
}
