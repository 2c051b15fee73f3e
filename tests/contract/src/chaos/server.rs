//! The server that keeps the truth and fails.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use serde_json::json;

use super::Settings;
use super::fault::{Fault, fault};
use super::plan::{Plan, READ_TAGS};
use super::truth::{Truth, failure};
use crate::wire::{Answer, Reply, Request, WireServer};

/// So large that it is never what a run waits for.
const PERMITTED: u32 = 1_000_000;

/// The server; it stops when this is dropped.
#[derive(Debug)]
pub struct TruthServer {
    wire: WireServer,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    settings: Settings,
    truth: Truth,
    /// How often each request came.
    seen: HashMap<String, u32>,
    requests: u32,
}

impl TruthServer {
    /// Starts a server that has what a run of these settings needs.
    ///
    /// # Errors
    ///
    /// When loopback gives no port.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let mut truth = Truth::default();
        for number in 0..READ_TAGS {
            truth.put(&Plan::read_id(number), &Plan::first_name(number));
        }
        for number in 0..settings.requests {
            if let Some(id) = Plan::of(settings.seed, number).needs() {
                truth.put(&id, &Plan::first_name(number));
            }
        }
        let state = Arc::new(Mutex::new(State {
            settings,
            truth,
            seen: HashMap::new(),
            requests: 0,
        }));
        let shared = Arc::clone(&state);
        let wire = WireServer::start(move |request| lock(&shared).answer(&request)).await?;
        Ok(Self { wire, state })
    }

    /// The server's address.
    pub fn url(&self) -> String {
        self.wire.url()
    }

    /// How many requests came.
    pub fn requests(&self) -> u32 {
        lock(&self.state).requests
    }

    /// Looks at the truth.
    pub fn with_truth<T>(&self, look: impl FnOnce(&Truth) -> T) -> T {
        look(&lock(&self.state).truth)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn answer(&mut self, request: &Request) -> Answer {
        self.requests += 1;
        let key = format!(
            "{} {} {:?} {}",
            request.method, request.path, request.query, request.body
        );
        let number = self.seen.entry(key.clone()).or_default();
        *number += 1;
        let fault = fault(self.settings.seed, &key, *number, self.settings.faults);
        let done = fault
            .is_none_or(Fault::after_the_deed)
            .then(|| self.truth.perform(request));
        match (fault, done) {
            (Some(Fault::RateLimited), _) => refusal(429, "rate_limit_reached", None),
            (Some(Fault::RateLimitedFor), _) => refusal(429, "rate_limit_reached", Some(1)),
            (Some(Fault::Refused), _) => refusal(503, "service_unavailable", None),
            (Some(Fault::GatewayBefore(status) | Fault::GatewayAfter(status)), _) => {
                Answer::Reply(gateway(status))
            }
            (Some(Fault::CutOff), Some((status, body))) => {
                Answer::CutOff(reply(status, body.to_string()))
            }
            (None, Some((status, body))) => Answer::Reply(reply(status, body.to_string())),
            _ => Answer::HangUp,
        }
    }
}

fn reply(status: StatusCode, body: String) -> Reply {
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-ratelimit-permitted", PERMITTED.to_string()),
        ("x-ratelimit-remaining", (PERMITTED / 2).to_string()),
        ("x-request-id", "01J8ZKCHAOS".to_owned()),
    ];
    Reply {
        status,
        headers,
        body,
    }
}

fn refusal(status: u16, code: &str, wait: Option<u32>) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    let mut reply = reply(status, failure(code, json!({})).to_string());
    reply
        .headers
        .extend(wait.map(|wait| ("retry-after", wait.to_string())));
    Answer::Reply(reply)
}

/// What is in front of the API knows nothing of its headers.
fn gateway(status: u16) -> Reply {
    Reply {
        status: StatusCode::from_u16(status).unwrap_or_default(),
        headers: vec![("content-type", "text/html".to_owned())],
        body: if status == 504 {
            String::new()
        } else {
            "<html><h1>Bad Gateway</h1></html>".to_owned()
        },
    }
}
