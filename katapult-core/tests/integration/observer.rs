//! Observers: the events of a call, their order, and their independence from the call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use katapult_core::observer::{
    AttemptFinished, CallFinished, CallOutcome, CallStarted, Observer, RateLimitWaited,
    RetryScheduled,
};
use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::VirtualMachineLookup;
use katapult_core::{Client, ErrorKind, Reconciled, RetryPolicy};

use crate::support::*;

/// Writes a line for each event.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// Returns the lines since the last time.
    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Recorder {
    fn call_started(&self, event: &CallStarted<'_>) {
        self.push(format!("started {}", event.operation.id));
    }

    fn attempt_finished(&self, event: &AttemptFinished<'_>) {
        self.push(format!(
            "attempt {} {} {:?} {:?} {:?} {:?} {:?} {:?}",
            event.attempt,
            event.outcome.as_str(),
            event.status.map(|status| status.as_u16()),
            event.error_kind.map(ErrorKind::as_str),
            event.error_code,
            event.request_id,
            event.quota_remaining,
            event.duration,
        ));
    }

    fn retry_scheduled(&self, event: &RetryScheduled<'_>) {
        self.push(format!(
            "retry after {} {} {} {:?} {}",
            event.attempt,
            event.outcome.as_str(),
            event.error_kind.as_str(),
            event.delay,
            event.reason.as_str(),
        ));
    }

    fn rate_limit_waited(&self, event: &RateLimitWaited<'_>) {
        self.push(format!(
            "waited {} {:?} {}",
            event.attempt, event.waited, event.permitted
        ));
    }

    fn call_finished(&self, event: &CallFinished<'_>) {
        assert_eq!(
            event.error_kind,
            event.error.map(katapult_core::Error::kind)
        );
        assert_eq!(event.error.is_some(), event.outcome == CallOutcome::Failure);
        self.push(format!(
            "finished {} {} {} {:?} {:?} {:?}",
            event.operation.id,
            event.outcome.as_str(),
            event.attempts,
            event.status.map(|status| status.as_u16()),
            event.error_kind.map(ErrorKind::as_str),
            event.duration,
        ));
    }
}

fn observed(responses: impl IntoIterator<Item = ScriptedResponse>) -> (Client, Recorder) {
    let recorder = Recorder::default();
    let scripted = ScriptedClient::new(responses);
    let client = builder(&scripted).observer(recorder.clone()).build();
    (client.unwrap(), recorder)
}

#[tokio::test(start_paused = true)]
async fn steps_of_a_retried_call_are_observed_in_order() {
    let (client, recorder) = observed([
        unavailable().header("retry-after", "3"),
        refused(),
        ok_with_quota(1000, 7).delay(Duration::from_secs(2)),
    ]);
    post(&client).send().await.unwrap();
    assert_eq!(
        recorder.lines(),
        [
            "started virtual_machines.shutdown",
            "attempt 1 unavailable Some(503) Some(\"unavailable\") Some(\"service_unavailable\") Some(\"01J8ZK\") None 0ns",
            "retry after 1 unavailable unavailable 3s retry_after",
            "attempt 2 not_sent None Some(\"connect\") None None None 0ns",
            "retry after 2 not_sent connect 2s backoff",
            "attempt 3 success Some(200) None None Some(\"01J8ZK\") Some(7) 2s",
            "finished virtual_machines.shutdown success 3 Some(200) None 7s",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn wait_for_the_rate_limit_is_observed_whether_it_is_permitted_or_not() {
    let (client, recorder) = observed([ok_with_quota(1000, 0)]);
    get(&client).send().await.unwrap();
    get(&client).send().await.unwrap();
    let waits = |lines: Vec<String>| -> Vec<String> {
        let waits = lines.into_iter().filter(|line| line.starts_with("waited"));
        waits.collect()
    };
    assert_eq!(waits(recorder.lines()), ["waited 1 18s true"]);

    let refused = get(&client).deadline(Duration::from_secs(5)).send().await;
    assert!(refused.unwrap_err().is_rate_limited());
    let lines = recorder.lines();
    assert_eq!(
        lines.last().unwrap(),
        "finished virtual_machines.get failure 0 None Some(\"rate_limited\") 0ns"
    );
    assert_eq!(waits(lines), ["waited 1 0ns false"]);
}

#[tokio::test(start_paused = true)]
async fn dropped_call_is_observed_as_cancelled() {
    let (client, recorder) = observed([slow(20)]);
    let limit = Duration::from_secs(4);
    let call = tokio::time::timeout(limit, get(&client).send());
    assert!(call.await.is_err());
    assert_eq!(
        recorder.lines(),
        [
            "started virtual_machines.get",
            "finished virtual_machines.get cancelled 1 None None 4s",
        ]
    );
    // A future that was never polled has not started.
    drop(get(&client).send());
    assert_eq!(recorder.lines(), [""; 0]);
}

/// The error is the one that the caller receives, wherever it arises.
#[tokio::test(start_paused = true)]
async fn each_failure_is_observed_once_with_the_kind_of_its_error() {
    let page = || response(200, "<html>Welcome</html>");
    let undecodable = || response(200, r#"{"virtual_machine":{"id":[]},"task":{"id":[]}}"#);
    let denied = || failure(403, "permission_denied", "No", "{}");
    for answer in [
        page(),
        undecodable(),
        denied(),
        failure(404, "virtual_machine_not_found", "No", "{}"),
        rate_limited(),
        unavailable(),
        response(502, ""),
        reset(),
        refused(),
        truncated(),
        slow(60),
        response(200, r#"{"error":{"code":"permission_denied"}}"#),
    ] {
        for write in [false, true] {
            let (client, recorder) = observed([answer.clone()]);
            let deadline = Duration::from_secs(100);
            let error = match write {
                true => post(&client).deadline(deadline).send().await.err(),
                false => get(&client).deadline(deadline).send().await.err(),
            };
            let error = error.unwrap();
            let lines = recorder.lines();
            let finished = lines.iter().filter(|line| line.starts_with("finished"));
            assert_eq!(finished.count(), 1, "{lines:#?}");
            let last = lines.last().unwrap();
            let expected = format!(
                "finished {} failure {} {:?} Some({:?}) ",
                error.operation().id,
                error.attempts(),
                error.status().map(|status| status.as_u16()),
                error.kind().as_str(),
            );
            assert!(last.starts_with(&expected), "{expected}\n{lines:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn request_without_an_operation_is_observed_once_to_its_end() {
    let (client, recorder) = observed([ok(), response(200, "[")]);
    let path = "/virtual_machines/virtual_machine/hibernate";
    let hibernate = client.request(http::Method::POST, path);
    hibernate.send::<serde_json::Value>().await.unwrap();
    let hibernate = client.request(http::Method::POST, path);
    hibernate.send::<serde_json::Value>().await.unwrap_err();
    let lines = recorder.lines();
    let finished = lines.iter().filter(|line| line.starts_with("finished"));
    assert_eq!(
        finished.collect::<Vec<_>>(),
        [
            "finished request success 1 Some(200) None 0ns",
            "finished request failure 1 Some(200) Some(\"unconfirmed\") 0ns",
        ],
        "{lines:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn request_that_is_refused_before_it_is_sent_is_observed_without_an_attempt() {
    let (client, recorder) = observed([ok()]);
    let nobody = VirtualMachineLookup::fqdn("");
    client
        .virtual_machines()
        .get(nobody)
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        recorder.lines(),
        [
            "started virtual_machines.get",
            "finished virtual_machines.get failure 0 None Some(\"build\") 0ns",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn refreshed_token_is_observed_as_a_retry() {
    let recorder = Recorder::default();
    let rejected = failure(403, "invalid_api_token", "No", "{}");
    let scripted = ScriptedClient::new([rejected, ok()]);
    let client = builder(&scripted)
        .token_provider(|| async { Ok("another".into()) })
        .observer(recorder.clone())
        .build()
        .unwrap();
    get(&client).send().await.unwrap();
    let lines = recorder.lines();
    assert_eq!(
        lines[2..4],
        [
            "retry after 1 invalid_token auth 0ns token_refresh",
            "attempt 2 success Some(200) None None Some(\"01J8ZK\") None 0ns",
        ],
        "{lines:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn requests_of_a_reconcile_check_are_observed_as_calls() {
    let (client, recorder) = observed([reset(), ok()]);
    let call = post(&client).retry(RetryPolicy::none());
    let call = call
        .reconcile(|client| async move { Reconciled::from_get_result(get(&client).send().await) });
    call.send().await.unwrap();
    let lines = recorder.lines();
    let calls: Vec<_> = lines
        .iter()
        .filter(|line| !line.starts_with("attempt"))
        .collect();
    assert_eq!(
        calls,
        [
            "started virtual_machines.shutdown",
            "started virtual_machines.get",
            "finished virtual_machines.get success 1 Some(200) None 0ns",
            "finished virtual_machines.shutdown success 1 Some(200) None 0ns",
        ]
    );
}

struct Panicking;

impl Observer for Panicking {
    fn call_started(&self, _: &CallStarted<'_>) {
        panic!("call_started");
    }

    fn attempt_finished(&self, _: &AttemptFinished<'_>) {
        panic!("attempt_finished");
    }

    fn retry_scheduled(&self, _: &RetryScheduled<'_>) {
        panic!("retry_scheduled");
    }

    fn call_finished(&self, _: &CallFinished<'_>) {
        panic!("call_finished");
    }
}

#[tokio::test(start_paused = true)]
async fn panicking_observer_breaks_neither_the_call_nor_the_next_observer() {
    let recorder = Recorder::default();
    let scripted = ScriptedClient::new([unavailable(), ok(), slow(20)]);
    let client = builder(&scripted)
        .observer(Panicking)
        .observer(recorder.clone())
        .build()
        .unwrap();
    let response = post(&client).send().await.unwrap();
    assert_eq!(response.attempts(), 2);
    assert_eq!(recorder.lines().len(), 5);
    // Nor does it while the call is dropped.
    let call = tokio::time::timeout(Duration::from_secs(4), get(&client).send());
    assert!(call.await.is_err());
    assert_eq!(recorder.lines().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn observer_without_methods_changes_nothing() {
    struct Silent;
    impl Observer for Silent {}

    let scripted = ScriptedClient::new([unavailable(), ok()]);
    let client = builder(&scripted).observer(Arc::new(Silent)).build();
    let response = post(&client.unwrap()).send().await.unwrap();
    assert_eq!(response.attempts(), 2);
}
