//! An `HttpClient` that gives scripted responses in place of the network.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use katapult_core::{HttpBody, HttpClient, HttpClientError, HttpFuture, HttpResponse};
use tokio::time::Instant;

use super::format::Fault;

/// A response that is ready to be sent, except for its date.
#[derive(Clone, Debug)]
pub(crate) struct ScriptedResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers, except for the date.
    pub headers: HeaderMap,
    /// `true` if the response has a date.
    pub dated: bool,
    /// The body.
    pub body: Bytes,
    /// The time before the response.
    pub delay: Duration,
    /// The fault.
    pub fault: Option<Fault>,
}

/// Gives responses in turn; the last one repeats. Clones share their state.
#[derive(Clone, Debug)]
pub(crate) struct ScriptedServer {
    responses: Arc<[ScriptedResponse]>,
    clock: SystemTime,
    start: Instant,
    sent: Arc<Mutex<Vec<Sent>>>,
}

/// The start and end of an attempt.
#[derive(Clone, Copy, Debug)]
struct Sent {
    began: Instant,
    ended: Instant,
}

impl ScriptedServer {
    /// Returns a server whose clock shows `clock` now.
    pub(crate) fn new(responses: Arc<[ScriptedResponse]>, clock: SystemTime) -> Self {
        Self {
            responses,
            clock,
            start: Instant::now(),
            sent: Arc::default(),
        }
    }

    /// Returns the number of attempts.
    pub(crate) fn attempts(&self) -> usize {
        self.sent().len()
    }

    /// Returns the waits: before the first attempt, if there was one, and between attempts.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        let sent = self.sent();
        let first_wait = sent.first().map(|first| first.began - self.start);
        let first_wait = first_wait.filter(|wait| !wait.is_zero());
        let between = sent.windows(2).map(|two| two[1].began - two[0].ended);
        first_wait.into_iter().chain(between).collect()
    }

    fn sent(&self) -> MutexGuard<'_, Vec<Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records the end of an attempt, also when the client drops it.
struct InFlight {
    script: ScriptedServer,
    number: usize,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // The client drops an attempt that times out, so the end cannot be recorded in `send`.
        if let Some(sent) = self.script.sent().get_mut(self.number) {
            sent.ended = Instant::now();
        }
    }
}

impl HttpClient for ScriptedServer {
    fn send(&self, _: Request<Bytes>) -> HttpFuture<'_> {
        let now = Instant::now();
        let number = {
            let mut sent = self.sent();
            sent.push(Sent {
                began: now,
                ended: now,
            });
            sent.len() - 1
        };
        let in_flight = InFlight {
            script: self.clone(),
            number,
        };
        let response = &self.responses[number.min(self.responses.len() - 1)];
        Box::pin(async move {
            let script = &in_flight.script;
            tokio::time::sleep(response.delay).await;
            let mut headers = response.headers.clone();
            // The server has a clock of its own, which runs on while the client waits.
            if response.dated {
                let date = httpdate::fmt_http_date(script.clock + script.start.elapsed());
                if let Ok(date) = date.try_into() {
                    headers.insert("date", date);
                }
            }
            let body = response.body.clone();
            let body = match response.fault {
                None => HttpBody::new(body),
                // Half of a JSON text is never valid JSON.
                Some(Fault::Truncated) => HttpBody::truncated(body.slice(..body.len() / 2)),
                Some(Fault::ConnectRefused) => {
                    return Err(HttpClientError::not_sent("connection refused"));
                }
                Some(Fault::ResetBefore | Fault::ResetAfter) => {
                    return Err(HttpClientError::lost("connection reset by peer"));
                }
            };
            let mut sent = HttpResponse::new(body);
            *sent.status_mut() = response.status;
            *sent.headers_mut() = headers;
            Ok(sent)
        })
    }
}
