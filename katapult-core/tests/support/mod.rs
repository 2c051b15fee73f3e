//! A client over a script, in tokio's paused time.

#![allow(dead_code, unreachable_pub, unused_imports)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, StatusCode};
use katapult_core::{
    Client, ClientBuilder, HttpClient, HttpClientError, HttpFuture, HttpResponse, Jitter,
    RetryPolicy,
};
#[cfg(feature = "virtual-machines")]
pub use machines::{get, post, web};
use tokio::time::Instant;

pub const TOKEN: &str = "kat-tok-5f1d0c9be2";
pub const REQUEST_ID: &str = "01J8ZK";

/// What the script answers with.
#[derive(Clone, Debug)]
pub struct Step {
    pub delay: Duration,
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug)]
pub enum Fault {
    Refused,
    Reset,
    Truncated,
}

pub fn response(status: u16, body: impl Into<String>) -> Step {
    Step {
        delay: Duration::ZERO,
        status,
        headers: vec![("x-request-id", REQUEST_ID.into())],
        body: body.into(),
        fault: None,
    }
}

pub fn ok() -> Step {
    response(
        200,
        r#"{"virtual_machine":{"id":"vm_1"},"task":{"id":"task_1","status":"pending"}}"#,
    )
}

pub fn failure(status: u16, code: &str, description: &str, detail: &str) -> Step {
    let body = format!(
        r#"{{"error":{{"code":"{code}","description":"{description}","detail":{detail}}}}}"#
    );
    response(status, body)
}

pub fn refused() -> Step {
    failure(503, "service_unavailable", "Down for maintenance", "{}")
}

pub fn rate_limited() -> Step {
    failure(
        429,
        "rate_limit_reached",
        "You have reached the rate limit",
        r#"{"total_permitted":1000}"#,
    )
    .header("x-ratelimit-permitted", "1000")
    .header("x-ratelimit-remaining", "0")
}

pub fn fault(fault: Fault) -> Step {
    Step {
        fault: Some(fault),
        ..ok()
    }
}

impl Step {
    pub fn after(mut self, secs: u64) -> Self {
        self.delay = Duration::from_secs(secs);
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request as the script saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Instant,
    pub authorization: Option<String>,
    pub user_agent: Option<String>,
    pub url: String,
    pub body: Vec<u8>,
}

/// Answers in turn; the last answer repeats.
#[derive(Clone)]
pub struct Script {
    steps: Arc<Vec<Step>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    start: Instant,
    clock: SystemTime,
}

impl Script {
    /// The server's clock starts at 10:00:42 of some day.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: Arc::new(steps.into_iter().collect()),
            seen: Arc::default(),
            start: Instant::now(),
            clock: UNIX_EPOCH + Duration::from_secs(1_764_000_042),
        }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The time between one request and the next.
    pub fn waits(&self) -> Vec<Duration> {
        let seen = self.seen();
        seen.windows(2).map(|two| two[1].at - two[0].at).collect()
    }

    /// A client over this script, without jitter, by the server's clock.
    pub fn builder(&self) -> ClientBuilder {
        let (start, clock) = (self.start, self.clock);
        Client::builder()
            .token(TOKEN)
            .http_client(self.clone())
            .clock(move || clock + start.elapsed())
            .rng(|| 0.5)
            .retry(exact())
    }

    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }
}

pub fn exact() -> RetryPolicy {
    RetryPolicy::default()
        .max_attempts(5)
        .initial_backoff(Duration::from_secs(1))
        .max_backoff(Duration::from_secs(20))
        .jitter(Jitter::None)
}

impl HttpClient for Script {
    fn send(&self, request: reqwest::Request) -> HttpFuture<'_> {
        let header = |name| {
            let value = request.headers().get(name)?;
            Some(value.to_str().ok()?.to_owned())
        };
        let seen = Seen {
            at: Instant::now(),
            authorization: header("authorization"),
            user_agent: header("user-agent"),
            url: request.url().to_string(),
            body: request
                .body()
                .and_then(|body| body.as_bytes())
                .unwrap_or_default()
                .to_vec(),
        };
        let mut all = self.seen.lock().unwrap();
        let step = self.steps[all.len().min(self.steps.len() - 1)].clone();
        all.push(seen);
        drop(all);
        Box::pin(async move {
            tokio::time::sleep(step.delay).await;
            let date = self.clock + self.start.elapsed();
            let mut headers = HeaderMap::new();
            headers.insert("date", httpdate::fmt_http_date(date).parse().unwrap());
            for (name, value) in &step.headers {
                headers.insert(*name, value.parse().unwrap());
            }
            let status = StatusCode::from_u16(step.status).unwrap();
            match step.fault {
                None => Ok(HttpResponse::new(status, headers, step.body)),
                Some(Fault::Truncated) => Ok(HttpResponse::truncated(
                    status,
                    headers,
                    step.body[..9].to_owned(),
                )),
                Some(Fault::Reset) => Err(HttpClientError::lost("connection reset by peer")),
                Some(Fault::Refused) => Err(HttpClientError::not_sent("connection refused")),
            }
        })
    }
}

#[cfg(feature = "virtual-machines")]
mod machines {
    use katapult_core::types::VirtualMachineLookup;
    use katapult_core::{Call, Client, virtual_machines};

    pub fn web() -> VirtualMachineLookup {
        VirtualMachineLookup::fqdn("web-1.acme.example")
    }

    /// A read.
    pub fn get(client: &Client) -> Call<virtual_machines::Get> {
        client.virtual_machines().get(web())
    }

    /// A write that must not be done twice.
    pub fn post(client: &Client) -> Call<virtual_machines::Shutdown> {
        client.virtual_machines().shutdown(web())
    }
}
