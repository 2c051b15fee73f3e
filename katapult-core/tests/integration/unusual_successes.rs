//! Responses with the status of a success that are not one.

use katapult_core::bytes::Bytes;
use katapult_core::http::Request;
use katapult_core::prelude::*;
use katapult_core::test_util::ScriptedResponse;
use katapult_core::types::{TaskLookup, VirtualMachineLookup};
use katapult_core::{Client, ErrorKind, HttpClientError, HttpFuture, WaitError};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn unusual_success_is_described_by_what_arrived() {
    let page = "<html><head><title>Captive portal</title></head></html>";
    // response, the error of a read, kind of a write
    let table = [
        (
            response(200, page).header("content-type", "text/html"),
            "could not be decoded: expected value at line 1 column 1 (55 bytes of text/html beginning \"Captive portal\")",
            ErrorKind::Unconfirmed,
        ),
        (
            response(
                200,
                r#" {"error":{"code":"permission_denied","description":"Not permitted"}}"#,
            ),
            "200: the body of the success is an error: permission_denied: Not permitted",
            ErrorKind::Unconfirmed,
        ),
        (
            response(200, r#"{"error":"upstream"}"#),
            "200: the body of the success is an error (request id",
            ErrorKind::Unconfirmed,
        ),
        (
            response(200, "[1]"),
            "could not be decoded",
            ErrorKind::Unconfirmed,
        ),
        (response(200, ""), "(empty body)", ErrorKind::Decode),
        (response(204, ""), "(empty body)", ErrorKind::Decode),
        (response(200, "{}"), "missing field `", ErrorKind::Decode),
    ];
    for (response, text, write_kind) in table {
        let (client, _) = client_of([response.clone()]);
        let error = get(&client).send().await.unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(error.is_decode() && !error.may_have_happened(), "{error}");
        assert_eq!(error.attempts(), 1);

        let (client, scripted) = client_of([response]);
        let error = post(&client).send().await.unwrap_err();
        assert_eq!(error.kind(), write_kind, "{error}");
        assert!(
            error.is_decode() && error.may_have_happened() && !error.is_retryable(),
            "{error}"
        );
        assert!(error.body().is_some());
        assert_eq!(scripted.requests().len(), 1);
    }
}

fn machine(id: &str) -> ScriptedResponse {
    response(
        200,
        format!(r#"{{"virtual_machine":{{"id":"{id}"}},"task":{{"id":"task_1"}}}}"#),
    )
}

#[tokio::test(start_paused = true)]
async fn object_with_another_id_is_refused() {
    let lookup = || VirtualMachineLookup::id("vm_1");
    let (client, _) = client_of([machine("vm_OTHER")]);
    let error = client
        .virtual_machines()
        .get(lookup())
        .send()
        .await
        .unwrap_err();
    assert!(error.is_decode(), "{error}");
    assert_eq!(
        error.to_string(),
        "get virtual machine id vm_1: 200: the response is about another object: vm_OTHER, not vm_1 \
         (request id 01J8ZK; 1 attempt)"
    );
    let (client, _) = client_of([machine("vm_1")]);
    client
        .virtual_machines()
        .get(lookup())
        .send()
        .await
        .unwrap();
    let (client, _) = client_of([machine("vm_OTHER")]);
    // By name, any id is right.
    client.virtual_machines().get(web()).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn waiter_does_not_finish_on_another_task() {
    let other = r#"{"task":{"id":"task_OTHER","status":"completed"}}"#;
    let (client, _) = client_of([response(200, other)]);
    let call = client.tasks().get(TaskLookup::id("task_1"));
    assert!(call.send().await.unwrap_err().is_decode());
    let (client, _) = client_of([ok(), response(200, other)]);
    let error = post(&client).wait().await.unwrap_err();
    assert!(
        matches!(
            error,
            WaitError::Polling { .. } | WaitError::TimedOut { .. }
        ),
        "{error}"
    );
    assert!(
        error.error().is_some_and(katapult_core::Error::is_decode),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn text_of_an_error_is_limited_and_keeps_the_facts() {
    let long = "x".repeat(2_000_000);
    let reasons: Vec<_> = (0..50)
        .map(|number| format!("\"{number}{long}\""))
        .collect();
    for response in [
        failure(422, &long[..100_000], &long, "{}"),
        failure(
            422,
            "validation_error",
            &long[..1000],
            &format!(r#"{{"errors":[{}]}}"#, reasons[..1].join(",")),
        ),
        response(502, long.clone()).header("content-type", &long[..10_000]),
        response(301, "").header("location", &long[..10_000]),
        response(200, long.clone()),
    ] {
        let (client, _) = client_of([response]);
        let error = post(&client).send().await.unwrap_err();
        let text = error.to_string();
        assert!(text.chars().count() <= 500, "{}", text.len());
        assert!(text.ends_with("request id 01J8ZK; 1 attempt)"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn text_of_a_failed_wait_is_limited_and_keeps_the_facts() {
    let long = "x\n".repeat(100_000);
    let task = |status: &str| {
        let task = serde_json::json!({ "id": "task_1", "status": status, "name": long });
        response(200, serde_json::json!({ "task": task }).to_string())
    };
    let denied = |code: &str| failure(422, code, &"y".repeat(1000), "{}");
    let code = "c".repeat(1000);
    let unknown = long.clone();
    let cases = [
        (
            [ok(), task("failed"), task("failed")],
            "wait failed: task task_1: failed",
        ),
        (
            [ok(), task(&unknown), task(&unknown)],
            "timed out after 40s; last state: task task_1: x x",
        ),
        (
            [ok(), task("running"), unavailable()],
            "timed out after 40s; last state: task task_1: running",
        ),
        (
            [ok(), denied("c"), denied("c")],
            "polling failed: get task id task_1: 422 c: yyy",
        ),
        // The error of the poll alone would fill the line.
        (
            [ok(), denied(&code), denied(&code)],
            "polling failed: get task id task_1: 422 ccc",
        ),
    ];
    for (responses, start) in cases {
        let (client, _) = client_of(responses);
        let wait = post(&client)
            .wait()
            .timeout(std::time::Duration::from_secs(40));
        let error = wait.await.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(start), "{text}");
        assert!(
            text.chars().count() <= 500 && !text.contains('\n'),
            "{text}"
        );
        if error.error().is_some() {
            assert!(text.ends_with("request id 01J8ZK; 1 attempt)"), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reason_of_an_invalid_specification_is_in_the_text() {
    let detail = r#"{"errors":"Element 'Zone': missing"}"#;
    let (client, _) = client_of([failure(
        422,
        "invalid_spec_xml",
        "The XML is invalid",
        detail,
    )]);
    let text = post(&client).send().await.unwrap_err().to_string();
    assert!(
        text.contains("The XML is invalid: Element 'Zone': missing"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn cause_is_in_the_text_or_in_the_source_but_not_in_both() {
    use std::error::Error as _;
    for response in [
        reset(),
        refused(),
        truncated(),
        response(200, "no JSON"),
        failure(404, "c", "d", "{}"),
    ] {
        let (client, _) = client_of([response]);
        let error = post(&client).wait().await.unwrap_err();
        let mut texts = vec![error.to_string()];
        let mut source = error.source();
        while let Some(cause) = source {
            assert!(!texts[0].contains(&cause.to_string()), "{texts:?}: {cause}");
            texts.push(cause.to_string());
            source = cause.source();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn cause_that_repeats_its_source_is_displayed_once() {
    #[derive(Debug)]
    struct Outer(std::io::Error);

    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "the tunnel failed: {}", self.0)
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    let lost = |_: Request<Bytes>| -> HttpFuture<'static> {
        let error = Outer(std::io::Error::other("the gate is shut"));
        Box::pin(async { Err(HttpClientError::lost(error)) })
    };
    let client = Client::builder().token(TOKEN).http_client(lost);
    let error = post(&client.build().unwrap()).send().await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("the tunnel failed: the gate is shut ("),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn long_location_leaves_room_for_the_advice() {
    let location = format!("https://elsewhere.example/{}", "x".repeat(10_000));
    let (client, _) = client_of([response(301, "").header("location", &location)]);
    let text = post(&client).send().await.unwrap_err().to_string();
    let advice = "…: redirects are not followed; check the client's base URL (";
    assert!(text.contains(advice), "{text}");
}

#[tokio::test(start_paused = true)]
async fn large_error_body_keeps_its_code() {
    let filler = "[],".repeat(5_000_000);
    let body = format!(
        r#"{{"error":{{"code":"validation_error","description":"d","detail":{{"errors":[{filler}1]}}}}}}"#
    );
    let (client, _) = client_of([response(422, body)]);
    let error = post(&client).send().await.unwrap_err();
    assert!(error.is_validation());
    assert_eq!(
        error.code().map(|code| code.as_str()),
        Some("validation_error")
    );
    assert!(error.to_string().len() < 500);
}

#[tokio::test(start_paused = true)]
async fn each_kind_has_a_predicate() {
    type Predicate = fn(&katapult_core::Error) -> bool;
    let table: [(ScriptedResponse, Predicate); 6] = [
        (
            failure(409, "resource_locked", "d", "{}"),
            katapult_core::Error::is_conflict,
        ),
        (
            failure(406, "task_queueing_error", "d", "{}"),
            katapult_core::Error::is_conflict,
        ),
        (response(504, ""), katapult_core::Error::is_unavailable),
        (refused(), katapult_core::Error::is_connect),
        (reset(), katapult_core::Error::is_connect),
        (response(200, "x"), katapult_core::Error::is_decode),
    ];
    for (response, predicate) in table {
        for write in [false, true] {
            let (client, _) = client_of([response.clone()]);
            let error = if write {
                post(&client).send().await.err()
            } else {
                get(&client).send().await.err()
            };
            assert!(error.as_ref().is_some_and(predicate), "{error:?}");
        }
    }
}
