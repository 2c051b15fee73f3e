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
