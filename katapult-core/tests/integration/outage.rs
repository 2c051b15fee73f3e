//! Many concurrent calls during an outage: all survive a short one, and a long one is no storm.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::{Client, ErrorKind, RateLimit, RetryBudget, RetryPolicy};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::*;

/// Returns numbers from 0 to 1 that are the same in every run.
fn repeatable_rng() -> impl Fn() -> f64 + Send + Sync + 'static {
    let state = AtomicU64::new(1);
    move || {
        // Multiples of the golden ratio are evenly spread.
        let turn = state.fetch_add(1, Ordering::Relaxed);
        (turn as f64 * 0.618_033_988_749_895).fract()
    }
}

/// Returns a server that fails for this time, and a client of it with the default settings.
fn outage(lasts: Duration, failure: fn() -> ScriptedResponse) -> (Client, ScriptedClient) {
    let end = Instant::now() + lasts;
    let scripted = ScriptedClient::from_fn(move |_, _| match Instant::now() < end {
        true => failure().delay(Duration::from_millis(20)),
        false => ok().delay(Duration::from_millis(20)),
    });
    let builder = scripted.client_builder().token(TOKEN);
    let client = builder
        .retry(RetryPolicy::default())
        // The server states no quota, and its first response must not be waited for.
        .rate_limit(RateLimit::Off)
        .rng(repeatable_rng())
        .build()
        .unwrap();
    (client, scripted)
}

/// Returns the number of calls that succeed out of so many concurrent ones.
async fn successes(client: &Client, calls: usize) -> usize {
    let mut running = JoinSet::new();
    for _ in 0..calls {
        let call = get(client);
        running.spawn(async move { call.send().await.is_ok() });
    }
    running
        .join_all()
        .await
        .into_iter()
        .filter(|ok| *ok)
        .count()
}

#[tokio::test(start_paused = true)]
async fn concurrent_calls_survive_an_outage_of_four_seconds() {
    for failure in [unavailable, refused] {
        for calls in [64, 200] {
            let (client, scripted) = outage(Duration::from_secs(4), failure);
            assert_eq!(successes(&client, calls).await, calls);
            let requests = scripted.requests().len();
            assert!(
                requests <= 3 * calls,
                "{requests} requests of {calls} calls"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn server_that_stays_down_gets_few_retries() {
    let (client, scripted) = outage(Duration::from_secs(3600), unavailable);
    let started = Instant::now();
    assert_eq!(successes(&client, 200).await, 0);
    let requests = scripted.requests();
    for second in 10..120 {
        let from = started + Duration::from_secs(second);
        let to = from + Duration::from_secs(1);
        let sent = requests.iter().map(|request| request.sent_at);
        let sent = sent.filter(|at| (from..to).contains(at)).count();
        assert!(sent <= 20, "{sent} retries in second {second}");
    }
}

#[tokio::test(start_paused = true)]
async fn budget_without_a_refill_fails_at_once() {
    let scripted = ScriptedClient::from_fn(|_, _| unavailable());
    let budget = RetryBudget::default().capacity(2.0).refill_per_second(0.0);
    let client = builder(&scripted).retry_budget(budget).build().unwrap();
    let error = get(&client).send().await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    assert!(
        error.to_string().contains("retry budget exhausted"),
        "{error}"
    );
    assert_eq!(get(&client).send().await.unwrap_err().attempts(), 1);

    // A success returns a token, which the next call takes.
    let scripted = ScriptedClient::new([unavailable(), ok(), unavailable(), ok(), unavailable()]);
    let budget = RetryBudget::default().capacity(1.0).refill_per_second(0.0);
    let client = builder(&scripted).retry_budget(budget.refill_per_success(1.0));
    let client = client.build().unwrap();
    for attempts in [2, 2] {
        assert_eq!(get(&client).send().await.unwrap().attempts(), attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn call_without_time_for_a_token_fails_with_the_delay() {
    let scripted = ScriptedClient::from_fn(|_, _| unavailable());
    let budget = RetryBudget::default()
        .capacity(1.0)
        .refill_per_second(0.005);
    let client = builder(&scripted).retry_budget(budget).build().unwrap();
    let started = Instant::now();
    let error = get(&client).send().await.unwrap_err();
    assert_eq!(
        (error.attempts(), started.elapsed()),
        (2, Duration::from_secs(1))
    );
    let text = error.to_string();
    assert!(
        text.contains("waiting 199s for the retry budget would exceed"),
        "{text}"
    );
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.is_timeout() && error.is_unavailable());
}

#[tokio::test(start_paused = true)]
async fn calls_proceed_although_the_first_four_hang() {
    let hanging = AtomicU64::new(4);
    let scripted = ScriptedClient::from_fn(move |_, _| {
        let left = hanging.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        });
        match left {
            Ok(_) => ScriptedResponse::never(),
            Err(_) => ok(),
        }
    });
    let client = builder(&scripted).build().unwrap();
    let started = Instant::now();
    let mut hung = JoinSet::new();
    for _ in 0..4 {
        let call = get(&client);
        hung.spawn(async move { call.send().await });
    }
    tokio::time::sleep(Duration::from_millis(10)).await;
    let impatient = get(&client).deadline(Duration::from_secs(1)).send().await;
    let text = impatient.unwrap_err().to_string();
    assert!(
        text.contains("waiting for the API's first response"),
        "{text}"
    );
    get(&client).send().await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn limit_of_zero_does_not_lock_the_client_out() {
    let scripted = ScriptedClient::new([ok_with_quota(0, 0), ok_with_quota(0, 0), ok(), ok()]);
    let client = builder(&scripted).build().unwrap();
    let started = Instant::now();
    for _ in 0..4 {
        get(&client).send().await.unwrap();
    }
    assert_eq!(started.elapsed(), Duration::ZERO);
}
