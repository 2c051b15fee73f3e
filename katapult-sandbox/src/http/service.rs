//! The service: from a request on a connection to the response on it.

use std::io::Write as _;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};

use crate::http::body::{Closed, ResponseBody};
use crate::http::control::{self, Answer};
use crate::http::limits::{MAX_BODY_BYTES, SMALL_BODY_BYTES};
use crate::http::message::{Delivery, Request, Response};
use crate::http::pipeline;
use crate::http::shared::Shared;
use crate::state::State;

/// Answers a request on a connection.
pub(super) async fn serve_request(
    shared: &Arc<Shared>,
    encrypted: bool,
    request: http::Request<Incoming>,
) -> Result<hyper::Response<ResponseBody>, Closed> {
    let (head, body) = request.into_parts();
    let control = head.uri.path().strip_prefix(control::PREFIX);
    // Containers check the health of a sandbox without its certificate.
    if shared.is_tls() && !encrypted && control != Some("health") {
        let description = format!("this sandbox uses HTTPS; its URL is {}", shared.base);
        return refuse(Answer::error(400, "https_required", description)).await;
    }
    let body = match read_body(shared, body).await {
        Ok(body) => body,
        Err(refusal) => return refuse(refusal).await,
    };
    let token = head
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    if let Some(path) = control {
        let method = head.method.as_str();
        let answer = control::handle(shared, method, path, &body);
        return respond(answer.into_response()).await;
    }
    let (body, body_is_binary) = match String::from_utf8(body.into()) {
        Ok(body) => (body, false),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
    };
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        token: token.and_then(bearer_token).map(str::to_owned),
        body,
        body_is_binary,
    };
    let (mut response, generation) = {
        let mut state = shared.lock();
        let response = pipeline::handle(&shared.config, &mut state, &request);
        let generation = state.generation;
        write_logs(shared, state);
        (response, generation)
    };
    if let Some(late) = response.late.take() {
        let permit = Arc::clone(&shared.late_executions).try_acquire_owned();
        let after = permit.as_ref().map_or(Duration::ZERO, |_| late.after);
        // Weak, so that a late execution does not keep a stopped sandbox alive.
        let shared = Arc::downgrade(shared);
        tokio::spawn(async move {
            let _permit = permit;
            tokio::time::sleep(after).await;
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
    respond(response).await
}

/// Refuses a request whose body is not read, or not to its end: no other request can follow it.
async fn refuse(refusal: Answer) -> Result<hyper::Response<ResponseBody>, Closed> {
    let mut response = refusal.into_response();
    response.headers.push(("connection", "close".to_owned()));
    respond(response).await
}

/// Reads the body of a request, or returns the response to one that is too large, too slow or malformed.
async fn read_body(shared: &Shared, body: Incoming) -> Result<Bytes, Answer> {
    let too_large = || {
        let description =
            format!("the body is larger than {MAX_BODY_BYTES} bytes, which a sandbox accepts");
        Answer::error(413, "request_too_large", description)
    };
    // By its stated length, without waiting for it.
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(too_large());
    }
    let is_small = |length| length <= SMALL_BODY_BYTES;
    let read = async {
        let permit = match body.size_hint().upper().is_some_and(is_small) {
            true => None,
            // It is never closed, so that there is always one.
            false => shared.large_bodies.acquire().await.ok(),
        };
        let read = Limited::new(body, MAX_BODY_BYTES).collect().await;
        drop(permit);
        read
    };
    let timeout = shared.config.request_timeout;
    match tokio::time::timeout(timeout, read).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        // Without an effect if the client is gone.
        Ok(Err(error)) => Err(Answer::invalid(format!("the body is malformed: {error}"))),
        Err(_) => {
            let description = format!("the body did not arrive within {timeout:?}");
            Err(Answer::error(408, "request_timeout", description))
        }
    }
}

/// Returns the token of an `Authorization` header. The name of its scheme is not case-sensitive.
fn bearer_token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Writes the newest request to the journal file and to the log. The state is unlocked before anything is written:
/// a slow reader must not stop other requests.
fn write_logs(shared: &Shared, state: MutexGuard<'_, State>) {
    let Some(request) = state.journal.newest() else {
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

/// Returns the response to send; never, if a fault leaves the connection open without one.
async fn respond(response: Response) -> Result<hyper::Response<ResponseBody>, Closed> {
    match response.delivery {
        Delivery::Reset => return Err(Closed),
        // It ends when the client closes the connection, or with the task that serves it.
        Delivery::Never => return std::future::pending().await,
        Delivery::Complete | Delivery::Truncated => {}
    }
    let length = response.body.len();
    let mut outgoing = hyper::Response::new(ResponseBody::new(
        response.body,
        response.delivery == Delivery::Truncated,
        response.body_time,
    ));
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
