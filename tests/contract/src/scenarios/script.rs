//! A server that answers by a script, in place of the network.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use katapult_core::{HttpClient, HttpClientError, HttpFuture, HttpResponse};
use tokio::time::Instant;

use super::format::Fault;

/// One answer, ready to be sent; the date is put in when it is.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, but for the date.
    pub headers: HeaderMap,
    /// Whether the date goes with it.
    pub dated: bool,
    /// The body.
    pub body: Bytes,
    /// How long the server takes.
    pub delay: Duration,
    /// What goes wrong.
    pub fault: Option<Fault>,
}

/// Gives answers in turn; the last one repeats. Clones are one script.
#[derive(Clone, Debug)]
pub struct Script {
    answers: Arc<[Answer]>,
    clock: SystemTime,
    start: Instant,
    sent: Arc<Mutex<Vec<Sent>>>,
}

/// When an attempt began and ended.
#[derive(Clone, Copy, Debug)]
struct Sent {
    began: Instant,
    ended: Instant,
}

impl Script {
    /// A script whose server's clock now shows `clock`.
    pub fn new(answers: Arc<[Answer]>, clock: SystemTime) -> Self {
        Self {
            answers,
            clock,
            start: Instant::now(),
            sent: Arc::default(),
        }
    }

    /// How often something was sent.
    pub fn attempts(&self) -> usize {
        self.sent().len()
    }

    /// The pauses: before the first attempt, if there was one, and between each two.
    pub fn waits(&self) -> Vec<Duration> {
        let sent = self.sent();
        let held = sent.first().map(|first| first.began - self.start);
        let held = held.filter(|held| !held.is_zero());
        let between = sent.windows(2).map(|two| two[1].began - two[0].ended);
        held.into_iter().chain(between).collect()
    }

    fn sent(&self) -> MutexGuard<'_, Vec<Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes the end of an attempt, which may come by being dropped.
struct Under {
    script: Script,
    number: usize,
}

impl Drop for Under {
    fn drop(&mut self) {
        if let Some(sent) = self.script.sent().get_mut(self.number) {
            sent.ended = Instant::now();
        }
    }
}

impl HttpClient for Script {
    fn send(&self, _: reqwest::Request) -> HttpFuture<'_> {
        let now = Instant::now();
        let number = {
            let mut sent = self.sent();
            sent.push(Sent {
                began: now,
                ended: now,
            });
            sent.len() - 1
        };
        let under = Under {
            script: self.clone(),
            number,
        };
        let answer = &self.answers[number.min(self.answers.len() - 1)];
        Box::pin(async move {
            let script = &under.script;
            tokio::time::sleep(answer.delay).await;
            let mut headers = answer.headers.clone();
            if answer.dated {
                let date = httpdate::fmt_http_date(script.clock + script.start.elapsed());
                if let Ok(date) = date.try_into() {
                    headers.insert("date", date);
                }
            }
            let body = answer.body.clone();
            match answer.fault {
                None => Ok(HttpResponse::new(answer.status, headers, body)),
                Some(Fault::Truncated) => {
                    let some = body.slice(..body.len() / 2);
                    Ok(HttpResponse::truncated(answer.status, headers, some))
                }
                Some(Fault::ConnectRefused) => Err(HttpClientError::not_sent("connection refused")),
                Some(Fault::ResetBefore | Fault::ResetAfter) => {
                    Err(HttpClientError::lost("connection reset by peer"))
                }
            }
        })
    }
}
