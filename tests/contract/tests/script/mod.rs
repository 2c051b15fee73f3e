//! A server that is a function of what it was asked, under a client in paused time.

#![allow(dead_code, unreachable_pub)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use katapult_core::{Client, HttpClient, HttpFuture, HttpResponse, Jitter, RetryPolicy};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

/// A request as the server sees it.
#[derive(Clone)]
pub struct Request {
    pub at: Instant,
    pub method: String,
    pub url: Url,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Request {
    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<String> {
        let mut pairs = self.url.query_pairs();
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    }

    /// How many requests of this sort came before it.
    pub fn earlier(&self, of: impl Fn(&Request) -> bool) -> usize {
        let seen = self.seen.lock().unwrap().clone();
        seen.iter().filter(|request| of(request)).count()
    }
}

/// What the server answers.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    pub delay: Duration,
}

impl Answer {
    pub fn json(body: &Value) -> Self {
        Self {
            status: 200,
            body: body.to_string().into_bytes(),
            delay: Duration::ZERO,
        }
    }
}

/// A failure in the API's words.
pub fn status(status: u16) -> Answer {
    let code = match status {
        404 => "thing_not_found",
        503 => "service_unavailable",
        _ => "something_went_wrong",
    };
    let body = json!({ "error": { "code": code, "description": "No", "detail": {} } });
    Answer {
        status,
        ..Answer::json(&body)
    }
}

type Serve = dyn Fn(&Request) -> Answer + Send + Sync;

/// A server; clones are the same one.
#[derive(Clone)]
pub struct Script {
    serve: Arc<Serve>,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Script {
    pub fn new(serve: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            serve: Arc::new(serve),
            seen: Arc::default(),
        }
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// A client of this server, without jitter.
    pub fn client(&self) -> Client {
        let retry = RetryPolicy::default().jitter(Jitter::None);
        let builder = Client::builder().token("token").http_client(self.clone());
        builder.retry(retry).rng(|| 0.0).build().unwrap()
    }
}

impl HttpClient for Script {
    fn send(&self, request: katapult_core::reqwest::Request) -> HttpFuture<'_> {
        let request = Request {
            at: Instant::now(),
            method: request.method().to_string(),
            url: request.url().clone(),
            seen: self.seen.clone(),
        };
        let answer = (self.serve)(&request);
        self.seen.lock().unwrap().push(request);
        Box::pin(async move {
            tokio::time::sleep(answer.delay).await;
            let status = StatusCode::from_u16(answer.status).unwrap();
            Ok(HttpResponse::new(status, HeaderMap::new(), answer.body))
        })
    }
}
