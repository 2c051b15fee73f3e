//! The loop around one call: repeated requests, reconciliation, and the size of responses.
//!
//! The decisions themselves are proved by the tables of `retry`'s unit tests, and end to end by the
//! scenarios of `tests/contract/scenarios`.

use katapult_core::prelude::*;
use katapult_core::{ErrorKind, Reconciled, RetryPolicy};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn retried_write_has_the_same_body_each_time() {
    let (client, scripted) = client_of([unavailable(), refused(), unavailable(), ok()]);
    let response = post(&client).send().await.unwrap();
    assert_eq!(response.attempts(), 4);
    assert_eq!(response.task.id, "task_1");
    assert_eq!(scripted.pauses(), secs(&[1, 2, 4]));
    for request in scripted.requests() {
        assert_eq!(
            request.body.as_ref(),
            br#"{"virtual_machine":{"fqdn":"web-1.acme.example"}}"#
        );
    }
}

#[tokio::test(start_paused = true)]
async fn ambiguous_write_with_a_failed_check_is_unconfirmed() {
    let losses = [
        reset(),
        truncated(),
        response(502, "<html>"),
        response(503, ""),
        response(504, ""),
        slow(60),
    ];
    for loss in losses {
        let denied = failure(403, "permission_denied", "No", "{}");
        let (client, scripted) = client_of([loss, denied]);
        let call = post(&client).reconcile(|client| async move {
            Reconciled::from_get_result(get(&client).send().await)
        });
        let error = call.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unconfirmed, "{error}");
        assert!(error.may_have_happened() && !error.is_retryable());
        assert_eq!((error.attempts(), scripted.requests().len()), (1, 2));
        let text = error.to_string();
        assert!(
            text.contains("get virtual machine fqdn web-1.acme.example: 403"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn reconciled_write_returns_what_the_check_found() {
    let (client, _) = client_of([reset(), ok()]);
    let call = post(&client).reconcile(|_| async {
        let body = serde_json::json!({"task": {"id": "task_found"}});
        Ok(Some(Reconciled::from_json(&body)))
    });
    assert_eq!(call.send().await.unwrap().task.id, "task_found");
    // The attempts are those of the write.
    let (client, _) = client_of([unavailable(), reset()]);
    let call = post(&client).reconcile(|_| async {
        let body = serde_json::json!({"task": {"id": "task_found"}});
        Ok(Some(Reconciled::from_json(&body)))
    });
    assert_eq!(call.send().await.unwrap().attempts(), 2);

    // The response to a lookup is read as the one that was lost; the check needs no attempt.
    let (client, _) = client_of([reset(), ok()]);
    let call = post(&client)
        .retry(RetryPolicy::none())
        .reconcile(|client| async move { Reconciled::from_get_result(get(&client).send().await) });
    let response = call.send().await.unwrap();
    assert_eq!(
        (response.task.id.as_str(), response.attempts()),
        ("task_1", 1)
    );
}

#[tokio::test(start_paused = true)]
async fn response_larger_than_the_limit_is_not_decoded() {
    let (success, missing) = ("x".repeat(2000), "x".repeat(2000));
    let (_, scripted) = client_of([response(200, success), response(404, missing)]);
    let client = builder(&scripted).max_response_bytes(1000).build().unwrap();
    let error = get(&client).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let text = error.to_string();
    assert!(text.contains("larger than 1000 bytes"), "{text}");
    assert!(get(&client).send().await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn late_execution_is_found_by_a_later_check() {
    let (client, scripted) = client_of([reset(), ok()]);
    let started = tokio::time::Instant::now();
    let call = post(&client).reconcile(move |_| async move {
        let body = serde_json::json!({"task": {"id": "task_late"}});
        let executed = started.elapsed().as_secs() >= 20;
        Ok(executed.then(|| Reconciled::from_json(&body)))
    });
    assert_eq!(call.send().await.unwrap().task.id, "task_late");
    assert_eq!(scripted.requests().len(), 1);
    assert!(started.elapsed().as_secs() < 26);
}

#[tokio::test(start_paused = true)]
async fn absent_write_is_sent_again_after_the_time_of_late_executions() {
    for (window, seconds) in [(None, 45), (Some(10), 10), (Some(0), 1)] {
        let (client, scripted) = client_of([reset(), ok()]);
        let mut call = post(&client).reconcile(|_| async { Ok(None) });
        if let Some(window) = window {
            call = call.reconcile_for(std::time::Duration::from_secs(window));
        }
        assert_eq!(call.send().await.unwrap().attempts(), 2);
        assert_eq!(scripted.pauses(), secs(&[seconds]));
    }
    // Without time for that, the call ends unconfirmed.
    let (client, scripted) = client_of([reset(), ok()]);
    let call = post(&client).reconcile(|_| async { Ok(None) });
    let error = call
        .deadline(std::time::Duration::from_secs(30))
        .send()
        .await;
    assert!(error.unwrap_err().is_unconfirmed());
    assert_eq!(scripted.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn delete_by_name_is_not_repeated_and_one_by_id_is() {
    use katapult_core::types::VirtualMachineLookup;
    for loss in [reset(), truncated(), response(502, "<html>"), slow(60)] {
        let (client, scripted) = client_of([loss.clone(), ok()]);
        let machines = client.virtual_machines();
        let by_name = machines.delete(web()).send().await.unwrap_err();
        assert!(
            by_name.is_unconfirmed() && !by_name.is_retryable(),
            "{by_name}"
        );
        assert_eq!(scripted.requests().len(), 1);

        let (client, scripted) = client_of([loss, response(500, "")]);
        let machines = client.virtual_machines();
        let by_id = machines
            .delete(VirtualMachineLookup::id("vm_1"))
            .send()
            .await;
        assert_eq!(by_id.unwrap_err().attempts(), 2);
        assert_eq!(scripted.requests().len(), 2);
    }
    // A refused request was not executed.
    let (client, _) = client_of([unavailable(), response(500, "")]);
    let refused = client.virtual_machines().delete(web()).send().await;
    assert_eq!(refused.unwrap_err().attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn empty_lookup_and_id_of_another_kind_are_refused_before_sending() {
    use katapult_core::types::VirtualMachineLookup;
    let (client, scripted) = client_of([ok()]);
    for (id, text) in [
        ("", "virtual_machine[id] is empty"),
        ("task_123", "id of another kind"),
    ] {
        let lookup = VirtualMachineLookup::id(id);
        let machines = client.virtual_machines();
        for error in [
            machines.delete(&lookup).send().await.unwrap_err(),
            machines.get(&lookup).send().await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Build, 0));
            assert!(error.to_string().contains(text), "{error}");
        }
    }
    assert!(scripted.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_in_full_or_fails_at_once() {
    let limited = |value: &str| rate_limited().header("retry-after", value);
    let (client, scripted) = client_of([limited("90"), ok()]);
    get(&client).send().await.unwrap();
    assert_eq!(scripted.pauses(), secs(&[90]));

    let (client, scripted) = client_of([limited("3600"), ok()]);
    let error = get(&client).send().await.unwrap_err();
    assert_eq!(scripted.requests().len(), 1);
    assert_eq!(
        error.retry_after(),
        Some(std::time::Duration::from_secs(3600))
    );
    assert!(error.headers().unwrap().contains_key("retry-after"));
    assert!(error.to_string().contains("3600s"), "{error}");

    for value in ["0", "-5", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        let (client, scripted) = client_of([limited(value), ok()]);
        get(&client).send().await.unwrap();
        assert!(
            scripted.pauses()[0] >= std::time::Duration::from_millis(100),
            "{value}"
        );
    }
}
