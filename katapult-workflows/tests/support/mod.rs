//! A client over a sandbox, without a socket and in tokio's paused time, whose n-th request can go wrong.

#![allow(unreachable_pub)]

use std::future::{Future, pending};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderName, StatusCode};
use katapult_core::{
    Client, HttpClient, HttpClientError, HttpFuture, HttpResponse, Jitter, RetryPolicy,
};
use katapult_sandbox::{Sandbox, Time};
use katapult_workflows::WorkflowError;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// What becomes of the request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// The program ends before it is sent.
    KilledBefore,
    /// The program ends after it was done, before the response comes.
    KilledAfter,
    /// It is done, and the response is lost; the program goes on.
    ResponseLost,
}

/// The time at which sandboxes and clients begin.
fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_764_000_042)
}

/// A sandbox whose time is tokio's.
#[derive(Clone)]
pub struct World {
    sandbox: Arc<Sandbox>,
    told: Arc<Mutex<Instant>>,
}

impl World {
    pub async fn new() -> Self {
        let sandbox = Sandbox::builder().time(Time::Manual).start_at(start());
        Self {
            sandbox: Arc::new(sandbox.start().await.unwrap()),
            told: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// The sandbox, as it is now.
    pub fn now(&self) -> &Sandbox {
        let mut told = self.told.lock().unwrap();
        let now = Instant::now();
        self.sandbox.advance(now - *told);
        *told = now;
        &self.sandbox
    }
}

/// Sends to the sandbox.
#[derive(Clone)]
pub struct Way {
    world: World,
    sent: Arc<AtomicUsize>,
    fault: Option<(usize, End)>,
    killed: Arc<Notify>,
}

impl Way {
    pub fn new(world: &World, fault: Option<(usize, End)>) -> Self {
        Self {
            world: world.clone(),
            sent: Arc::default(),
            fault,
            killed: Arc::default(),
        }
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

    fn answer(&self, request: &reqwest::Request) -> HttpResponse {
        let url = request.url();
        let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let body = request.body().and_then(|body| body.as_bytes());
        let body = String::from_utf8_lossy(body.unwrap_or_default());
        let asked = self
            .world
            .now()
            .request(request.method().as_str(), &target, &body);
        let headers = asked
            .headers()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        let status = StatusCode::from_u16(asked.status).unwrap();
        HttpResponse::new(status, headers.collect(), asked.response().to_owned())
    }
}

impl HttpClient for Way {
    fn send(&self, request: reqwest::Request) -> HttpFuture<'_> {
        let number = self.sent.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            sleep(Duration::from_millis(80)).await;
            let end = self
                .fault
                .filter(|(at, _)| *at == number)
                .map(|(_, end)| end);
            if end == Some(End::KilledBefore) {
                self.killed.notify_one();
                pending::<()>().await;
            }
            let response = self.answer(&request);
            match end {
                None => Ok(response),
                Some(End::ResponseLost) => Err(HttpClientError::lost("connection reset by peer")),
                Some(_) => {
                    self.killed.notify_one();
                    pending().await
                }
            }
        })
    }
}

/// Runs a workflow through; then, in a new world each time, with each of its requests going wrong in each way, and
/// once more after that: the world is then as if nothing had gone wrong.
pub async fn survives<F>(seed: fn(&Sandbox), run: impl Fn(Client) -> F) -> usize
where
    F: Future<Output = Result<(), WorkflowError>> + Send, // so that it can be spawned
{
    let world = World::new().await;
    seed(world.now());
    let way = Way::new(&world, None);
    run(way.client()).await.unwrap();
    let (requests, wanted) = (way.sent(), settled(&world).await);
    run(Way::new(&world, None).client()).await.unwrap();
    assert_eq!(settled(&world).await, wanted, "run twice");

    let ends = [End::KilledBefore, End::KilledAfter, End::ResponseLost];
    for (at, end) in (0..requests).flat_map(|at| ends.map(|end| (at, end))) {
        let world = World::new().await;
        seed(world.now());
        let way = Way::new(&world, Some((at, end)));
        let ended = tokio::select! {
            ended = run(way.client()) => Some(ended),
            () = way.killed.notified() => None,
        };
        let as_it_should = match &ended {
            None => end != End::ResponseLost,
            // A lost response alone is ridden over.
            Some(ended) => end == End::ResponseLost && ended.is_ok(),
        };
        assert!(as_it_should, "request {at}, {end:?}: {ended:?}");
        let again = run(Way::new(&world, None).client()).await;
        assert!(
            again.is_ok(),
            "request {at}, {end:?}: first {ended:?}, again {again:?}"
        );
        assert_eq!(
            settled(&world).await,
            wanted,
            "request {at}, {end:?}: first {ended:?}"
        );
    }
    requests
}

/// All that is there when nothing moves any more.
async fn settled(world: &World) -> Vec<String> {
    sleep(Duration::from_secs(300)).await;
    world.now().snapshot()
}

fn exact() -> RetryPolicy {
    RetryPolicy::default()
        .max_attempts(5)
        .initial_backoff(Duration::from_secs(1))
        .max_backoff(Duration::from_secs(20))
        .jitter(Jitter::None)
}
