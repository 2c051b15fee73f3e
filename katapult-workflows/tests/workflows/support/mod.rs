//! A client over a sandbox, without a socket and in tokio's paused time, of which one request can fail.

#![allow(unreachable_pub)]

pub mod fixtures;

use std::fmt::Debug;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderName, Request, StatusCode};
use katapult_core::bytes::Bytes;
use katapult_core::{
    Client, HttpBody, HttpClient, HttpClientError, HttpFuture, HttpResponse, Jitter, RetryPolicy,
};
use katapult_sandbox::{Sandbox, Time};
use katapult_workflows::WorkflowError;
use tokio::time::{Instant, sleep};

/// A failure of one request, after which the program continues.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The request is lost on its way to the API.
    RequestLost,
    /// The request is executed, and its response is lost.
    ResponseLost,
    /// The response is lost, and a write is executed so long after it.
    ExecutedLate(Duration),
}

/// Returns `true` in the nightly run, which tests all awaits and times. Otherwise a part of them.
pub fn is_exhaustive() -> bool {
    std::env::var("KATAPULT_LONG_TESTS").is_ok_and(|value| value == "1")
}

/// The start time of sandboxes and clients.
fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_764_000_042)
}

/// A sandbox whose time is tokio's.
#[derive(Clone)]
pub struct World {
    sandbox: Arc<Sandbox>,
    /// The time up to which the sandbox was advanced.
    advanced_to: Arc<Mutex<Instant>>,
}

impl World {
    pub async fn new() -> Self {
        let sandbox = Sandbox::builder().time(Time::Manual).start_at(start());
        Self {
            sandbox: Arc::new(sandbox.start().await.unwrap()),
            advanced_to: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// Advances the sandbox to the current time and returns it.
    pub fn now(&self) -> &Sandbox {
        let mut advanced_to = self.advanced_to.lock().unwrap();
        let now = Instant::now();
        self.sandbox.advance(now - *advanced_to);
        *advanced_to = now;
        &self.sandbox
    }
}

/// The HTTP client of one run: calls the sandbox directly.
#[derive(Clone)]
pub struct Connection {
    world: World,
    fault: Option<(usize, Fault)>,
    /// For each request, the method and path of a write.
    sent: Arc<Mutex<Vec<Option<String>>>>,
    /// The program has ended.
    dead: Arc<AtomicBool>,
}

impl Connection {
    pub fn new(world: &World) -> Self {
        Self {
            world: world.clone(),
            fault: None,
            sent: Arc::default(),
            dead: Arc::default(),
        }
    }

    /// A connection on which the request with this index fails.
    pub fn with_fault(world: &World, at: usize, fault: Fault) -> Self {
        let mut connection = Self::new(world);
        connection.fault = Some((at, fault));
        connection
    }

    /// Ends the program: no request is sent any more, by background tasks either.
    pub fn kill(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    pub fn client(&self) -> Client {
        let (began, clock) = (Instant::now(), start());
        let builder = Client::builder()
            .token(self.world.sandbox.token())
            .http_client(self.clone())
            .clock(move || clock + began.elapsed())
            .rng(|| 0.5)
            .retry(exact());
        builder.build().unwrap()
    }

    /// Returns the number of requests.
    pub fn sent(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// Returns the index of each write, with its method and path.
    pub fn writes(&self) -> Vec<(usize, String)> {
        let sent = self.sent.lock().unwrap();
        let writes = sent.iter().cloned().enumerate();
        writes
            .filter_map(|(at, write)| Some((at, write?)))
            .collect()
    }

    fn respond(&self, request: &Request<Bytes>) -> HttpResponse {
        let uri = request.uri();
        let target = format!("{}?{}", uri.path(), uri.query().unwrap_or_default());
        let body = String::from_utf8_lossy(request.body());
        let recorded = self
            .world
            .now()
            .request(request.method().as_str(), &target, &body);
        let headers = recorded
            .response_headers()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        let body = HttpBody::new(recorded.response_body().to_owned());
        let mut response = HttpResponse::new(body);
        *response.status_mut() = StatusCode::from_u16(recorded.status).unwrap();
        *response.headers_mut() = headers.collect();
        response
    }
}

impl HttpClient for Connection {
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        let is_write = request.method() != http::Method::GET;
        let mut sent = self.sent.lock().unwrap();
        let fault = self.fault.filter(|(at, _)| *at == sent.len());
        let path = request.uri().path().trim_start_matches("/core/v1");
        sent.push(is_write.then(|| format!("{} {path}", request.method())));
        Box::pin(async move {
            if self.dead.load(Ordering::SeqCst) {
                pending::<()>().await;
            }
            sleep(Duration::from_millis(60)).await;
            let lost = Err(HttpClientError::lost("connection reset by peer"));
            let fault = fault.map(|(_, fault)| fault);
            match fault {
                Some(Fault::RequestLost) => return lost,
                Some(Fault::ExecutedLate(after)) if is_write => {
                    let connection = self.clone();
                    tokio::spawn(async move {
                        sleep(after).await;
                        connection.respond(&request);
                    });
                    return lost;
                }
                _ => {}
            }
            let response = self.respond(&request);
            // A run that is dropped here has lost the response of a request that was executed.
            sleep(Duration::from_millis(20)).await;
            match fault {
                None => Ok(response),
                Some(_) => lost,
            }
        })
    }
}

/// Asserts that two concurrent runs of a workflow have the final state of one.
pub async fn assert_concurrent_runs_converge<T, F>(seed: fn(&Sandbox), run: impl Fn(Client) -> F)
where
    T: Debug,
    F: Future<Output = Result<T, WorkflowError>> + Send,
{
    let world = World::new().await;
    seed(world.now());
    run(Connection::new(&world).client()).await.unwrap();
    let wanted = final_state(&world).await;

    let world = World::new().await;
    seed(world.now());
    let (one, other) = (Connection::new(&world), Connection::new(&world));
    let (first, second) = tokio::join!(run(one.client()), run(other.client()));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(final_state(&world).await.len(), wanted.len());
}

/// Returns all objects of the sandbox after all transitions have completed.
pub async fn final_state(world: &World) -> Vec<String> {
    sleep(Duration::from_secs(300)).await;
    world.now().snapshot()
}

/// A retry policy without randomness.
fn exact() -> RetryPolicy {
    RetryPolicy::default()
        .max_attempts(5)
        .initial_backoff(Duration::from_secs(1))
        .max_backoff(Duration::from_secs(20))
        .jitter(Jitter::None)
}
