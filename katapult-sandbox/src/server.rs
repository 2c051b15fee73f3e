//! The sandbox over HTTP. There is no framework over hyper: none can close a connection in the place
//! of a reply, and routes come from the document.

use std::fmt;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::engine::{self, Fixed, Reply, Request, State, Way};

/// More than this no request has.
const MOST_BYTES: usize = 8 << 20;

/// What serves.
pub(crate) struct Shared {
    pub(crate) fixed: Fixed,
    pub(crate) state: Mutex<State>,
    pub(crate) journal: Option<Mutex<std::fs::File>>,
    pub(crate) base: String,
    /// Whether a line is printed for each request.
    pub(crate) log: bool,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection closes without a reply.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = listener.accept().await;
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = accepted else { continue };
        // Replies that wait for the client's acknowledgement would be slow, but right.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| handle(&shared, request));
            // A client that goes away, or is sent away, is no failure of the sandbox.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn handle(
    shared: &Shared,
    request: http::Request<Incoming>,
) -> Result<Response<Outgoing>, Closed> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MOST_BYTES).collect().await;
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
    let reply = {
        let mut state = shared.lock();
        let reply = engine::answer(&shared.fixed, &mut state, &request);
        tell(shared, &state);
        reply
    };
    if !reply.after.is_zero() {
        tokio::time::sleep(reply.after).await;
    }
    respond(reply)
}

/// Writes the newest request into the journal and the log.
fn tell(shared: &Shared, state: &State) {
    let Some(asked) = state.asked.back() else {
        return;
    };
    // Where no reply was given, there was no exchange.
    let journal = shared.journal.as_ref().filter(|_| asked.status > 0);
    if let Some(journal) = journal {
        let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not stop what is being tested.
        let _ = writeln!(journal, "{}", asked.journal(&shared.base));
    }
    if shared.log {
        // Nobody need listen.
        let _ = writeln!(std::io::stdout(), "{}", asked.line());
    }
}

fn respond(reply: Reply) -> Result<Response<Outgoing>, Closed> {
    let length = reply.body.len();
    let truncated = match reply.way {
        Way::Reset => return Err(Closed),
        Way::Whole => false,
        Way::Truncated => true,
    };
    let end = if truncated { length / 2 } else { length };
    let body = Outgoing {
        bytes: Some(Bytes::from(reply.body).slice(..end)),
        truncated,
        flushed: false,
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    headers.insert("content-length", HeaderValue::from(length));
    Ok(response)
}

/// A body; of one that is truncated the first half, and the connection closes where the rest should
/// be, once the half has gone out.
struct Outgoing {
    bytes: Option<Bytes>,
    truncated: bool,
    flushed: bool,
}

impl Body for Outgoing {
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
        if !self.flushed {
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Closed)))
    }
}
