//! A client over a sandbox, without a socket and in tokio's paused time, of which one request can fail.

#![allow(unreachable_pub)]

pub mod fixtures;

use std::fmt::Debug;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderName, Request, StatusCode};
use katapult_core::bytes::Bytes;
use katapult_core::{
    Client, HttpBody, HttpClient, HttpClientError, HttpFuture, HttpResponse, Jitter, RetryPolicy,
};
use katapult_sandbox::{Sandbox, Time};
use katapult_workflows::WorkflowError;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// A failure of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// The program ends before the request is sent.
    KilledBefore,
    /// The program ends after the request was executed, before the response.
    KilledAfter,
    /// The request is executed, and its response is lost; the program continues.
    ResponseLost,
    /// The response is lost, and a POST is executed so long after it; the program continues.
    ExecutedLate(Duration),
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

/// The HTTP client: calls the sandbox directly.
#[derive(Clone)]
pub struct Connection {
    world: World,
    sent: Arc<AtomicUsize>,
    /// The indices of the POST requests.
    posts: Arc<Mutex<Vec<usize>>>,
    fault: Option<(usize, Fault)>,
    killed: Arc<Notify>,
}

impl Connection {
    pub fn new(world: &World) -> Self {
        Self::with_fault(world, None)
    }

    fn with_fault(world: &World, fault: Option<(usize, Fault)>) -> Self {
        Self {
            world: world.clone(),
            sent: Arc::default(),
            posts: Arc::default(),
            fault,
            killed: Arc::default(),
        }
    }

    /// A connection that loses the response to the request with this index, which is executed so long after it.
    pub fn executed_late(world: &World, at: usize, after: Duration) -> Self {
        Self::with_fault(world, Some((at, Fault::ExecutedLate(after))))
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

    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
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
        let number = self.sent.fetch_add(1, Ordering::SeqCst);
        if request.method() == http::Method::POST {
            self.posts.lock().unwrap().push(number);
        }
        Box::pin(async move {
            sleep(Duration::from_millis(80)).await;
            let fault = self.fault.filter(|(at, _)| *at == number);
            let fault = fault.map(|(_, fault)| fault);
            if fault == Some(Fault::KilledBefore) {
                self.killed.notify_one();
                pending::<()>().await;
            }
            if let Some(Fault::ExecutedLate(after)) = fault
                && request.method() == http::Method::POST
            {
                let connection = self.clone();
                tokio::spawn(async move {
                    sleep(after).await;
                    connection.respond(&request);
                });
                return Err(HttpClientError::lost("connection reset by peer"));
            }
            let response = self.respond(&request);
            match fault {
                None => Ok(response),
                Some(Fault::ResponseLost | Fault::ExecutedLate(_)) => {
                    Err(HttpClientError::lost("connection reset by peer"))
                }
                Some(_) => {
                    self.killed.notify_one();
                    pending().await
                }
            }
        })
    }
}

/// Asserts that a workflow reaches the same final state when each of its requests fails in each way and the workflow is
/// run again, in a new world each time. Returns the number of requests of an undisturbed run.
pub async fn assert_converges<T, F>(seed: fn(&Sandbox), run: impl Fn(Client) -> F) -> usize
where
    T: Debug,
    F: Future<Output = Result<T, WorkflowError>> + Send, // so that it can be spawned
{
    let world = World::new().await;
    seed(world.now());
    let connection = Connection::new(&world);
    run(connection.client()).await.unwrap();
    let (requests, wanted) = (connection.sent(), final_state(&world).await);
    run(Connection::new(&world).client()).await.unwrap();
    assert_eq!(final_state(&world).await, wanted, "run twice");

    let faults = [Fault::KilledBefore, Fault::KilledAfter, Fault::ResponseLost];
    for (at, fault) in (0..requests).flat_map(|at| faults.map(|fault| (at, fault))) {
        let world = World::new().await;
        seed(world.now());
        let connection = Connection::with_fault(&world, Some((at, fault)));
        let first = tokio::select! {
            result = run(connection.client()) => Some(result),
            () = connection.killed.notified() => None,
        };
        // A lost response alone does not fail the workflow.
        let is_expected = match &first {
            None => fault != Fault::ResponseLost,
            Some(result) => fault == Fault::ResponseLost && result.is_ok(),
        };
        assert!(is_expected, "request {at}, {fault:?}: {first:?}");
        let again = run(Connection::new(&world).client()).await;
        let runs = format!("request {at}, {fault:?}: first {first:?}, again {again:?}");
        assert!(again.is_ok(), "{runs}");
        assert_eq!(final_state(&world).await, wanted, "{runs}");
    }
    requests
}

/// The times after which a request is executed although its response was lost.
pub const LATE: [Duration; 4] = [
    Duration::from_millis(300),
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(20),
];

/// Asserts that the final state of a workflow is the same when one of its requests is executed up to 20 s after its
/// response was lost.
pub async fn assert_same_when_executed_late<T, F>(seed: fn(&Sandbox), run: impl Fn(Client) -> F)
where
    T: Debug,
    F: Future<Output = Result<T, WorkflowError>> + Send,
{
    let world = World::new().await;
    seed(world.now());
    let connection = Connection::new(&world);
    run(connection.client()).await.unwrap();
    let wanted = final_state(&world).await;
    // Another request that is executed late is as one whose response was lost.
    let posts = connection.posts.lock().unwrap().clone();
    assert!(!posts.is_empty());
    for (at, after) in posts
        .into_iter()
        .flat_map(|at| LATE.map(|after| (at, after)))
    {
        let world = World::new().await;
        seed(world.now());
        let result = run(Connection::executed_late(&world, at, after).client()).await;
        assert!(result.is_ok(), "request {at} after {after:?}: {result:?}");
        let state = final_state(&world).await;
        assert_eq!(state, wanted, "request {at} after {after:?}");
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
async fn final_state(world: &World) -> Vec<String> {
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
