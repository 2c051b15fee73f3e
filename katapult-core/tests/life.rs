//! One request's life, in paused time: waits, limits, looks, budget.

#![cfg(feature = "virtual-machines")]

mod support;

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::{ErrorKind, Jitter, RateLimit, Reconciled, RetryPolicy};
use support::{
    Fault, Script, exact, failure, fault, get, ok, post, rate_limited, refused, response,
};

fn secs(waits: &[u64]) -> Vec<Duration> {
    waits.iter().copied().map(Duration::from_secs).collect()
}

#[tokio::test(start_paused = true)]
async fn refusals_are_waited_out() {
    let script = Script::new([refused(), fault(Fault::Refused), refused(), ok()]);
    let response = post(&script.client()).send().await.unwrap();
    assert_eq!(response.attempts(), 4);
    assert_eq!(response.task.id, "task_1");
    assert_eq!(script.waits(), secs(&[1, 2, 4]));
    // The body is the same each time.
    for seen in script.seen() {
        assert_eq!(
            seen.body,
            br#"{"virtual_machine":{"fqdn":"web-1.acme.example"}}"#
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_spent_window_is_waited_for_by_the_servers_clock() {
    for skew in [0, 90, 3600] {
        for pace in [RateLimit::Auto, RateLimit::Off, RateLimit::share(0.5)] {
            let script = Script::new([rate_limited(), ok()]);
            let start = std::time::UNIX_EPOCH + Duration::from_secs(1_764_000_042 - skew);
            let client = script
                .builder()
                .rate_limit(pace)
                .clock(move || start)
                .build()
                .unwrap();
            assert_eq!(get(&client).send().await.unwrap().attempts(), 2);
            assert_eq!(script.waits(), secs(&[18]));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_servers_wait_goes_before_ours_and_is_capped() {
    let cases = [
        (rate_limited().header("retry-after", "5"), 5),
        (rate_limited().header("retry-after", "600"), 20),
        (refused().header("retry-after", "7"), 7),
        (
            refused().header("retry-after", "Mon, 24 Nov 2025 16:00:50 GMT"),
            8,
        ),
        (refused().header("retry-after", "nonsense"), 1),
        (response(502, "").header("retry-after", "3"), 3),
    ];
    for (step, wait) in cases {
        let script = Script::new([step, ok()]);
        get(&script.client()).send().await.unwrap();
        assert_eq!(script.waits(), secs(&[wait]));
    }
}

#[tokio::test(start_paused = true)]
async fn no_wait_is_begun_that_would_pass_the_deadline() {
    let script = Script::new([rate_limited(), ok()]);
    let started = tokio::time::Instant::now();
    let call = get(&script.client()).deadline(Duration::from_secs(10));
    let error = call.send().await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(error.is_timeout() && error.is_rate_limited() && !error.may_have_happened());
    assert_eq!(
        error.to_string(),
        "get virtual machine: gave up: waiting 18s for the rate limit to reset would exceed the 10s deadline; \
         last attempt: 429 rate_limit_reached: You have reached the rate limit (request id 01J8ZK; 1 attempt)"
    );
    // The next call finds the quota spent, and is not even sent.
    let client = Script::new([rate_limited()]).client();
    get(&client)
        .retry(RetryPolicy::none())
        .send()
        .await
        .unwrap_err();
    let error = get(&client)
        .deadline(Duration::from_secs(10))
        .send()
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(
        error.to_string(),
        "get virtual machine: gave up: waiting 18s for the rate limit to reset would exceed the 10s deadline (not sent)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_attempt_is_cut_and_tried_again_if_it_may_be() {
    let script = Script::new([ok().after(40), ok()]);
    let client = script.client();
    assert_eq!(get(&client).send().await.unwrap().attempts(), 2);
    assert_eq!(script.waits(), secs(&[31]));

    let script = Script::new([ok().after(40)]);
    let error = post(&script.client()).send().await.unwrap_err();
    assert!(error.is_unconfirmed() && error.is_timeout() && error.may_have_happened());
    assert!(!error.is_retryable());
    assert_eq!(
        error.to_string(),
        "shutdown virtual machine: outcome unknown, check before retrying: no response within 30s (1 attempt)"
    );
    let error = get(&script.client())
        .deadline(Duration::from_secs(3))
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "get virtual machine: 3s deadline exceeded while waiting for the response (1 attempt)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_write_is_unconfirmed_unless_it_can_be_looked_for() {
    let losses = [
        fault(Fault::Reset),
        fault(Fault::Truncated),
        response(502, "<html>"),
        response(503, ""),
        response(504, ""),
        ok().after(60),
    ];
    for loss in losses {
        let script = Script::new([loss.clone(), ok()]);
        let client = script.client();
        let error = post(&client).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unconfirmed, "{error}");
        assert!(error.may_have_happened());
        assert_eq!(error.attempts(), 1);

        // Reconciled: the call ends well with it.
        let script = Script::new([loss.clone(), ok()]);
        let call = post(&script.client()).reconcile(|_| async {
            let body = serde_json::json!({"task": {"id": "task_found"}});
            Ok(Some(Reconciled::from_json(&body)))
        });
        let response = call.send().await.unwrap();
        assert_eq!(
            (response.task.id.as_str(), response.attempts()),
            ("task_found", 1)
        );

        // Missing: it is tried again.
        let script = Script::new([loss.clone(), ok()]);
        let call = post(&script.client()).reconcile(|_| async { Ok(None) });
        assert_eq!(call.send().await.unwrap().attempts(), 2);

        // No telling, with a client of its own.
        let script = Script::new([loss.clone(), failure(403, "permission_denied", "No", "{}")]);
        let call = post(&script.client()).reconcile(|client| async move {
            Reconciled::from_get_result(get(&client).send().await)
        });
        let error = call.send().await.unwrap_err();
        assert!(
            error.is_unconfirmed() && error.may_have_happened(),
            "{error:?}"
        );
        assert!(
            error
                .to_string()
                .contains("the reconcile check also failed: get virtual machine: 403")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_is_taken_even_when_no_attempt_is_left() {
    let script = Script::new([fault(Fault::Reset)]);
    let call = post(&script.client())
        .retry(exact().max_attempts(2))
        .reconcile(|_| async { Ok(None) });
    let error = call.send().await.unwrap_err();
    assert!(error.is_unconfirmed());
    assert_eq!(error.attempts(), 2);
    let call = post(&script.client())
        .retry(RetryPolicy::none())
        .reconcile(|client| async move { Reconciled::from_get_result(get(&client).send().await) });
    assert!(call.send().await.unwrap_err().is_unconfirmed());
    let script = Script::new([fault(Fault::Reset), ok()]);
    let call = post(&script.client())
        .retry(RetryPolicy::none())
        .reconcile(|client| async move { Reconciled::from_get_result(get(&client).send().await) });
    // The lookup's response is read as the lost one.
    assert_eq!(call.send().await.unwrap().task.id, "task_1");
}

#[tokio::test(start_paused = true)]
async fn what_only_reads_never_happened_and_what_was_lost_once_may_have() {
    let script = Script::new([fault(Fault::Reset)]);
    let error = get(&script.client()).send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 5));
    assert!(error.is_retryable() && !error.may_have_happened());
    // A refusal later doesn't undo what may have been done before.
    let script = Script::new([
        fault(Fault::Reset),
        failure(422, "validation_error", "Taken", "{}"),
    ]);
    let call = post(&script.client()).reconcile(|_| async { Ok(None) });
    let error = call.send().await.unwrap_err();
    assert!(error.is_validation() && error.may_have_happened());
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_shared_and_spent() {
    let script = Script::new([refused()]);
    let client = script.client();
    let mut attempts = 0;
    let mut last = None;
    for _ in 0..40 {
        let error = get(&client.clone()).send().await.unwrap_err();
        attempts += error.attempts();
        last = Some(error);
    }
    assert_eq!(attempts, 40 + 100);
    let last = last.unwrap();
    assert!(
        last.to_string().contains("retry budget exhausted"),
        "{last}"
    );
    assert_eq!(last.kind(), ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn full_jitter_spreads_waits() {
    let script = Script::new([refused(), refused(), ok()]);
    let client = script
        .builder()
        .retry(exact().jitter(Jitter::Full))
        .build()
        .unwrap();
    get(&client).send().await.unwrap();
    assert_eq!(
        script.waits(),
        [Duration::from_millis(500), Duration::from_secs(1)]
    );
}

#[tokio::test(start_paused = true)]
async fn responses_are_bounded() {
    let script = Script::new([
        response(200, "x".repeat(2000)),
        response(404, "x".repeat(2000)),
    ]);
    let client = script.builder().max_response_bytes(1000).build().unwrap();
    let error = get(&client).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(
        error.to_string().contains("larger than 1000 bytes"),
        "{error}"
    );
    assert!(get(&client).send().await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_leaves_nothing() {
    let script = Script::new([
        ok().header("x-ratelimit-permitted", "10")
            .header("x-ratelimit-remaining", "0"),
        ok().after(9),
    ]);
    let client = script.client();
    get(&client).send().await.unwrap();
    let held: Vec<_> = (0..3)
        .map(|_| tokio::spawn(get(&client).into_future()))
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.rate_limit().unwrap().queued, 3);
    // The first one in the queue goes: the next one takes over its watch.
    held[0].abort();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.rate_limit().unwrap().queued, 2);
    tokio::time::sleep(Duration::from_secs(17)).await;
    let quota = client.rate_limit().unwrap();
    assert_eq!((quota.queued, quota.in_flight), (0, 2));
    for call in held {
        call.abort();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.rate_limit().unwrap().in_flight, 0);
}
