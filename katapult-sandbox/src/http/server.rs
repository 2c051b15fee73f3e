//! The HTTP server. It uses hyper without a framework: none of them can close a connection in place of a
//! response, and the routes come from the document.

use std::fmt;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{AUTHORIZATION, CONNECTION};
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::http::control;
use crate::http::message::{Delivery, Request, Response};
use crate::http::pipeline;
use crate::http::shared::Shared;
use crate::state::State;

/// The largest request body, in bytes. A larger one is refused, which bounds the memory.
const MAX_BODY_BYTES: usize = 8 << 20;

/// The delay after a connection could not be accepted.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

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
        let Ok((stream, _)) = accepted else {
            // Without a free file descriptor, the next attempt would fail at once too.
            tokio::time::sleep(ACCEPT_BACKOFF).await;
            continue;
        };
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
    shared: &Arc<Shared>,
    request: http::Request<Incoming>,
) -> Result<hyper::Response<ResponseBody>, Closed> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(too_large()),
        // The client is gone.
        Err(_) => return Err(Closed),
    };
    let token = head
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    if let Some(path) = head.uri.path().strip_prefix(control::PREFIX) {
        let method = head.method.as_str();
        let answer = control::handle(shared, method, path, &body);
        return respond(answer.into_response());
    }
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        token: token.and_then(bearer_token).map(str::to_owned),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let (mut response, generation) = {
        let mut state = shared.lock();
        let response = pipeline::handle(&shared.config, &mut state, &request);
        let generation = state.generation;
        write_logs(shared, state);
        (response, generation)
    };
    if let Some(late) = response.late.take() {
        // Weak, so that a late execution does not keep a stopped sandbox alive.
        let shared = Arc::downgrade(shared);
        tokio::spawn(async move {
            tokio::time::sleep(late.after).await;
            if let Some(shared) = shared.upgrade() {
                let mut state = shared.lock();
                // A reset takes the world away in which the request arrived.
                if state.generation == generation {
                    pipeline::execute_late(&shared.config, &mut state, &late);
                }
            }
        });
    }
    if !response.delay.is_zero() {
        tokio::time::sleep(response.delay).await;
    }
    respond(response)
}

/// Returns the token of an `Authorization` header. The name of its scheme is not case-sensitive.
fn bearer_token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Returns the response to a body that is larger than the limit.
fn too_large() -> hyper::Response<ResponseBody> {
    let mut response = hyper::Response::new(ResponseBody {
        bytes: None,
        truncated: false,
        flushed: false,
    });
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    // The rest of the body is not read, so that no other request can follow it.
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

/// Writes the newest request to the journal file and to the log. The state is unlocked before anything is written:
/// a slow reader must not stop other requests.
fn write_logs(shared: &Shared, state: MutexGuard<'_, State>) {
    let Some(request) = state.journal.back() else {
        return;
    };
    if let Some(log) = &shared.log {
        log.request(request);
    }
    // A request without a response is not an exchange.
    let Some(journal) = shared.journal.as_ref().filter(|_| request.status > 0) else {
        return;
    };
    let line = request.journal_line(&shared.base);
    // Locked before the state is unlocked, so that the lines are in the order of execution.
    let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
    drop(state);
    // A full disk must not stop the test.
    let _ = writeln!(journal, "{line}");
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
