//! Many clients on one token, against a quota as the API counts it, in paused time.

#![cfg(feature = "virtual-machines")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, StatusCode};
use katapult_core::prelude::*;
use katapult_core::{Client, HttpClient, HttpFuture, HttpResponse, RateLimit};
use support::{Script, TOKEN, get, ok, web};
use tokio::time::Instant;

const WINDOW: u64 = 60_000;

/// A server that counts each clock minute; its responses take their time.
#[derive(Clone)]
struct Server {
    start: Instant,
    clock: SystemTime,
    permitted: u32,
    latency: u64,
    state: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    window: u64,
    spent: u32,
    refused: u32,
    /// For a latency that varies, but in the same way each time.
    turn: u64,
    served: Vec<u64>,
}

impl Server {
    fn new(permitted: u32, latency: u64, into: u64) -> Self {
        Self {
            start: Instant::now(),
            clock: UNIX_EPOCH + Duration::from_secs(1_764_000_000 + into),
            permitted,
            latency,
            state: Arc::default(),
        }
    }

    fn now(&self) -> SystemTime {
        self.clock + self.start.elapsed()
    }

    fn client(&self, pace: RateLimit, number: u64) -> Client {
        let skewed = self.now() - Duration::from_secs(17 * number);
        Client::builder()
            .token(TOKEN)
            .http_client(self.clone())
            .clock(move || skewed)
            .rate_limit(pace)
            .deadline(Duration::MAX)
            .build()
            .unwrap()
    }

    fn refused(&self) -> u32 {
        self.state.lock().unwrap().refused
    }
}

impl HttpClient for Server {
    fn send(&self, _: reqwest::Request) -> HttpFuture<'_> {
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
                if state.spent == self.permitted {
                    state.refused += 1;
                    (429, 0, r#"{"error":{"code":"rate_limit_reached"}}"#)
                } else {
                    state.spent += 1;
                    state.served.push(millis);
                    (
                        200,
                        self.permitted - state.spent,
                        r#"{"virtual_machine":{"id":"vm_1"}}"#,
                    )
                }
            };
            let mut headers = HeaderMap::new();
            headers.insert("x-ratelimit-permitted", self.permitted.into());
            headers.insert("x-ratelimit-remaining", remaining.into());
            headers.insert("date", httpdate::fmt_http_date(self.now()).parse().unwrap());
            tokio::time::sleep(Duration::from_millis(self.latency / 4)).await;
            Ok(HttpResponse::new(
                StatusCode::from_u16(status).unwrap(),
                headers,
                body,
            ))
        })
    }
}

/// That many clients, each of them apart from the others as processes are, make that many calls.
async fn run(server: &Server, pace: RateLimit, clients: u64, tasks: u64, calls: u64) -> Duration {
    let started = Instant::now();
    let mut running = Vec::new();
    for number in 0..clients {
        let client = server.client(pace, number);
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
async fn a_shared_quota_is_used_up_and_hardly_overrun() {
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
async fn without_pace_the_same_is_learnt_by_being_refused() {
    let server = Server::new(1000, 100, 0);
    run(&server, RateLimit::Off, 4, 8, 2560).await;
    assert!(server.refused() > 50, "{}", server.refused());
}

#[tokio::test(start_paused = true)]
async fn a_share_leaves_the_rest_to_others() {
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
async fn held_calls_go_in_the_order_in_which_they_came() {
    let spent = ok()
        .header("x-ratelimit-permitted", "1000")
        .header("x-ratelimit-remaining", "0");
    let script = Script::new([spent, ok()]);
    let client = script.client();
    get(&client).send().await.unwrap();
    let mut held = Vec::new();
    for number in 0..20 {
        let call = client
            .virtual_machines()
            .get(katapult_core::types::VirtualMachineLookup::id(format!(
                "vm_{number:02}"
            )));
        held.push(tokio::spawn(call.into_future()));
        tokio::task::yield_now().await;
    }
    for call in held {
        call.await.unwrap().unwrap();
    }
    let order: Vec<_> = script.seen()[1..]
        .iter()
        .map(|seen| seen.url[seen.url.len() - 2..].to_owned())
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(script.waits()[0], Duration::from_secs(18));
}

#[tokio::test(start_paused = true)]
async fn who_would_have_to_wait_too_many_minutes_is_told_at_once() {
    let spent = ok()
        .header("x-ratelimit-permitted", "2")
        .header("x-ratelimit-remaining", "0");
    let client = Script::new([spent]).client();
    get(&client).send().await.unwrap();
    let started = Instant::now();
    let held: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn(
                get(&client)
                    .deadline(Duration::from_secs(300))
                    .into_future(),
            )
        })
        .collect();
    tokio::task::yield_now().await;
    // Two go in 18 seconds, two a minute later, and this one would have to wait another minute.
    let error = get(&client)
        .deadline(Duration::from_secs(120))
        .send()
        .await
        .unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(error.is_timeout());
    assert!(error.to_string().contains("waiting 138s"), "{error}");
    for call in held {
        call.abort();
    }
}
