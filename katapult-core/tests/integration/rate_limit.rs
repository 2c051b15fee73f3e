//! Many clients on one token, against a quota as the API counts it, in paused time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use katapult_core::prelude::*;
use katapult_core::test_util::{FixedRng, ScriptedClient, ScriptedResponse};
use katapult_core::types::VirtualMachineLookup;
use katapult_core::{Client, HttpBody, HttpClient, HttpFuture, RateLimit, RetryPolicy};
use tokio::time::Instant;

use crate::support::*;

const WINDOW: u64 = 60_000;

/// A server that counts each clock minute; its responses take their time.
#[derive(Clone)]
pub(crate) struct Server {
    start: Instant,
    clock: SystemTime,
    limit: u32,
    latency: u64,
    state: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    window: u64,
    spent: u32,
    refused: u32,
    /// The number of requests, from which the latency is computed: it varies, in the same way in each run.
    turn: u64,
    served: Vec<u64>,
}

impl Server {
    pub(crate) fn new(limit: u32, latency: u64, into: u64) -> Self {
        Self {
            start: Instant::now(),
            clock: UNIX_EPOCH + Duration::from_secs(1_764_000_000 + into),
            limit,
            latency,
            state: Arc::default(),
        }
    }

    fn now(&self) -> SystemTime {
        self.clock + self.start.elapsed()
    }

    pub(crate) fn client(&self, rate_limit: RateLimit, number: u64) -> Client {
        let skewed = self.now() - Duration::from_secs(17 * number);
        Client::builder()
            .token(TOKEN)
            .http_client(self.clone())
            .clock(move || skewed)
            .rate_limit(rate_limit)
            .deadline(Duration::MAX)
            .build()
            .unwrap()
    }

    pub(crate) fn refused(&self) -> u32 {
        self.state.lock().unwrap().refused
    }
}

impl HttpClient for Server {
    fn send(&self, _: Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let turn = {
                let mut state = self.state.lock().unwrap();
                state.turn += 1;
                state.turn
            };
            let there = self.latency / 4 + (turn * 7919) % (self.latency / 2);
            tokio::time::sleep(Duration::from_millis(there)).await;
            let (status, remaining, body) = {
                let mut state = self.state.lock().unwrap();
                let millis = self.now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
                if state.window != millis / WINDOW {
                    state.window = millis / WINDOW;
                    state.spent = 0;
                }
                if state.spent == self.limit {
                    state.refused += 1;
                    (429, 0, r#"{"error":{"code":"rate_limit_reached"}}"#)
                } else {
                    state.spent += 1;
                    state.served.push(millis);
                    (
                        200,
                        self.limit - state.spent,
                        r#"{"virtual_machine":{"id":"vm_1","state":"started"}}"#,
                    )
                }
            };
            let mut headers = HeaderMap::new();
            headers.insert("x-ratelimit-permitted", self.limit.into());
            headers.insert("x-ratelimit-remaining", remaining.into());
            headers.insert("date", httpdate::fmt_http_date(self.now()).parse().unwrap());
            tokio::time::sleep(Duration::from_millis(self.latency / 4)).await;
            let mut response = Response::new(HttpBody::new(body));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}

/// Makes `calls` calls with `clients` clients that share nothing, as processes do.
async fn run(
    server: &Server,
    rate_limit: RateLimit,
    clients: u64,
    tasks: u64,
    calls: u64,
) -> Duration {
    let started = Instant::now();
    let mut running = Vec::new();
    for number in 0..clients {
        let client = server.client(rate_limit, number);
        for _ in 0..tasks {
            let client = client.clone();
            running.push(tokio::spawn(async move {
                for _ in 0..calls / clients / tasks {
                    client.virtual_machines().get(web()).send().await.unwrap();
                }
            }));
        }
    }
    for task in running {
        task.await.unwrap();
    }
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn shared_quota_is_used_up_and_hardly_overrun() {
    // clients, tasks of each, latency in milliseconds, seconds into the minute at the start
    let table = [
        (4, 8, 100, 0),
        (4, 8, 100, 37),
        (4, 32, 400, 20),
        (1, 64, 50, 5),
        (8, 2, 200, 30),
        (2, 1, 20, 1),
    ];
    for (clients, tasks, latency, into) in table {
        let server = Server::new(1000, latency, into);
        let taken = run(&server, RateLimit::Auto, clients, tasks, 2560).await;
        // Two full minutes, and the third one as soon as it begins; what the rest takes is latency.
        let ideal = Duration::from_secs(120 - into)
            + Duration::from_millis(560 * latency / clients / tasks);
        let ratio = taken.as_secs_f64() / ideal.as_secs_f64();
        let refused = server.refused();
        println!(
            "{clients} × {tasks}, {latency} ms, from :{into:02}: {taken:?}, {ratio:.3} of the ideal, {refused} refused"
        );
        assert!(ratio <= 1.05, "{ratio}");
        assert!(refused <= 25, "{refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn clients_without_rate_limit_overrun_the_quota() {
    let server = Server::new(1000, 100, 0);
    run(&server, RateLimit::Off, 4, 8, 2560).await;
    assert!(server.refused() > 50, "{}", server.refused());
}

#[tokio::test(start_paused = true)]
async fn share_of_a_quarter_leaves_the_rest_to_others() {
    let server = Server::new(100, 20, 0);
    run(&server, RateLimit::share(0.25), 1, 10, 60).await;
    let served = server.state.lock().unwrap().served.clone();
    let first = served[0] / WINDOW;
    let in_window = |number| {
        served
            .iter()
            .filter(|at| **at / WINDOW == first + number)
            .count()
    };
    assert_eq!([in_window(0), in_window(1), in_window(2)], [25, 25, 10]);
    assert_eq!(server.refused(), 0);
}

#[tokio::test(start_paused = true)]
async fn share_that_is_less_than_a_request_is_one_request() {
    let scripted = ScriptedClient::new([ok_with_quota(1000, 900)]);
    let share = builder(&scripted).rate_limit(RateLimit::share(0.000_1));
    let client = share.build().unwrap();
    for _ in 0..3 {
        get(&client).send().await.unwrap();
    }
    assert_eq!(scripted.pauses(), secs(&[18, 60]));
    let queued = tokio::spawn(get(&client).into_future());
    tokio::task::yield_now().await;
    // Behind one other, so that the wait is for the window after the next one.
    let call = get(&client).deadline(Duration::from_secs(100));
    let error = call.send().await.unwrap_err();
    assert!(error.to_string().contains("waiting 120s"), "{error}");
    queued.abort();
}

#[tokio::test(start_paused = true)]
async fn clients_that_wait_for_a_window_are_spread_by_jitter() {
    let scripted = ScriptedClient::new([ok_with_quota(1000, 0)]);
    let client = builder(&scripted).rng(FixedRng(1.0));
    let client = client.retry(RetryPolicy::default()).build().unwrap();
    for _ in 0..2 {
        get(&client).send().await.unwrap();
    }
    assert_eq!(scripted.pauses(), [Duration::from_millis(18_500)]);
}

#[tokio::test(start_paused = true)]
async fn queued_calls_are_sent_in_order() {
    let (client, scripted) = client_of([ok_with_quota(1000, 0), ok()]);
    get(&client).send().await.unwrap();
    let mut queued = Vec::new();
    for number in 0..20 {
        let lookup = VirtualMachineLookup::fqdn(format!("web-{number:02}.acme.example"));
        let call = client.virtual_machines().get(lookup);
        queued.push(tokio::spawn(call.into_future()));
        tokio::task::yield_now().await;
    }
    for call in queued {
        call.await.unwrap().unwrap();
    }
    let requests = scripted.requests();
    let order: Vec<_> = requests[1..]
        .iter()
        .map(|request| request.uri.to_string())
        .collect();
    assert_eq!(order.len(), 20);
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(scripted.pauses()[0], Duration::from_secs(18));
}

#[tokio::test(start_paused = true)]
async fn task_that_calls_again_does_not_overtake_the_queue() {
    // One request at a time fits into what remains.
    let scripted = ScriptedClient::new([ok_with_quota(1000, 1).delay(Duration::from_secs(1))]);
    let client = builder(&scripted).build().unwrap();
    get(&client).send().await.unwrap();
    let calls = |name: &'static str, count| {
        let client = client.clone();
        async move {
            for _ in 0..count {
                let lookup = VirtualMachineLookup::fqdn(name);
                client.virtual_machines().get(lookup).send().await.unwrap();
            }
        }
    };
    let busy = tokio::spawn(calls("busy.example", 2));
    tokio::task::yield_now().await;
    let patient = tokio::spawn(calls("patient.example", 1));
    busy.await.unwrap();
    patient.await.unwrap();
    let requests = scripted.requests();
    let order = requests[1..].iter().map(|request| request.uri.to_string());
    let order: Vec<_> = order.map(|uri| uri.contains("busy")).collect();
    assert_eq!(order, [true, false, true]);
}

#[tokio::test(start_paused = true)]
async fn call_that_would_queue_past_its_deadline_fails_at_once() {
    let (client, _) = client_of([ok_with_quota(2, 0)]);
    get(&client).send().await.unwrap();
    let started = Instant::now();
    let patient = || get(&client).deadline(Duration::from_secs(300));
    let queued: Vec<_> = (0..4)
        .map(|_| tokio::spawn(patient().into_future()))
        .collect();
    tokio::task::yield_now().await;
    // Two are sent in 18 s, two a minute later, and this one would wait for another minute.
    let call = get(&client).deadline(Duration::from_secs(120));
    let error = call.send().await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(error.is_timeout());
    assert!(error.to_string().contains("138s"), "{error}");
    for call in queued {
        call.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_call_leaves_the_queue_and_the_quota() {
    let (client, _) = client_of([ok_with_quota(10, 0), ok().delay(Duration::from_secs(9))]);
    get(&client).send().await.unwrap();
    let calls: Vec<_> = (0..3)
        .map(|_| tokio::spawn(get(&client).into_future()))
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.rate_limit().unwrap().queued, 3);
    // The first in the queue goes: the next one takes over its timer.
    calls[0].abort();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.rate_limit().unwrap().queued, 2);
    tokio::time::sleep(Duration::from_secs(17)).await;
    let quota = client.rate_limit().unwrap();
    assert_eq!((quota.queued, quota.in_flight), (0, 2));
    for call in calls {
        call.abort();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.rate_limit().unwrap().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn spent_quota_is_waited_for_whatever_the_rate_limit() {
    for rate_limit in [RateLimit::Auto, RateLimit::Off, RateLimit::share(0.5)] {
        let scripted = ScriptedClient::new([rate_limited(), ok()]);
        let client = builder(&scripted).rate_limit(rate_limit).build().unwrap();
        assert_eq!(get(&client).send().await.unwrap().attempts(), 2);
        assert_eq!(scripted.pauses(), secs(&[18]));
    }
}

#[tokio::test(start_paused = true)]
async fn lost_request_counts_against_the_quota_and_a_refused_connection_does_not() {
    // the failure, and the requests of the quota that it takes
    let table = [
        (reset(), 1),
        (slow(99), 1),
        (response(502, "<html>"), 0), // no request of the API, and it states no quota
        (refused(), 0),
    ];
    for (failure, taken) in table {
        let (client, _) = client_of([ok_with_quota(1000, 500), failure.clone()]);
        get(&client).send().await.unwrap();
        // By its own time, so that the window stays the same.
        let once = post(&client).deadline(Duration::from_secs(5));
        once.retry(RetryPolicy::none()).send().await.unwrap_err();
        let quota = client.rate_limit().unwrap();
        assert_eq!(
            (quota.remaining, quota.in_flight),
            (500 - taken, 0),
            "{failure:?}"
        );
    }
    // A dropped call may have been counted too.
    let (client, _) = client_of([ok_with_quota(1000, 500), slow(9)]);
    get(&client).send().await.unwrap();
    let call = tokio::spawn(get(&client).into_future());
    tokio::time::sleep(Duration::from_secs(1)).await;
    call.abort();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.rate_limit().unwrap().remaining, 499);
}

#[tokio::test(start_paused = true)]
async fn queued_call_fails_at_its_deadline_although_no_response_arrives() {
    // One of the quota remains, and a request that never ends may take it.
    let (client, scripted) = client_of([ok_with_quota(1000, 1), ScriptedResponse::never()]);
    get(&client).send().await.unwrap();
    let hanging = tokio::spawn(get(&client).into_future());
    tokio::task::yield_now().await;
    let started = Instant::now();
    let call = get(&client).deadline(Duration::from_secs(3));
    let error = call.send().await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(3));
    assert!(error.is_timeout() && error.is_rate_limited(), "{error}");
    assert!(error.to_string().contains("for the rate limit"), "{error}");
    assert_eq!(scripted.requests().len(), 2);
    hanging.abort();
}
