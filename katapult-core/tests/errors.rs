//! What an error says and answers, for a person on call.

#![cfg(feature = "virtual-machines")]

mod support;

use katapult_core::prelude::*;
use katapult_core::{Client, Error, ErrorKind, RetryPolicy};
use support::{Fault, Script, Step, failure, fault, get, post, rate_limited, refused, response};

async fn of(step: Step, write: bool) -> Error {
    let client = Script::new([step]).client();
    let once = RetryPolicy::none();
    if write {
        post(&client).retry(once).send().await.unwrap_err()
    } else {
        get(&client).retry(once).send().await.unwrap_err()
    }
}

#[tokio::test(start_paused = true)]
async fn one_line_is_enough_to_act_on() {
    let html =
        response(502, "<html>\n<h1>Bad Gateway</h1></html>").header("content-type", "text/html");
    let table = [
        (
            failure(
                403,
                "scope_not_granted",
                "The scope required is not granted",
                r#"{"scopes":["virtual_machines"]}"#,
            ),
            false,
            "get virtual machine: 403 scope_not_granted: The scope required is not granted \
             (needs one of the scopes virtual_machines, virtual_machines:read; request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(
                403,
                "permission_denied",
                "Not permitted",
                r#"{"details":"needs the role admin"}"#,
            ),
            true,
            "shutdown virtual machine: 403 permission_denied: Not permitted: needs the role admin \
             (needs one of the scopes virtual_machines, virtual_machines:power_actions; request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(403, "invalid_api_token", "The API token is not valid", "{}"),
            false,
            "get virtual machine: 403 invalid_api_token: The API token is not valid (request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(
                404,
                "virtual_machine_not_found",
                "No virtual machine was found",
                "{}",
            ),
            false,
            "get virtual machine: 404 virtual_machine_not_found: No virtual machine was found (request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(
                406,
                "object_in_trash",
                "The object is in the trash",
                r#"{"trash_object":{"id":"trsh_1"}}"#,
            ),
            true,
            "shutdown virtual machine: 406 object_in_trash: The object is in the trash: trash object trsh_1 (request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(
                422,
                "validation_error",
                "A validation error occurred",
                r#"{"errors":["Ports cannot be set with ICMP","Name is taken"]}"#,
            ),
            true,
            "shutdown virtual machine: 422 validation_error: A validation error occurred: Ports cannot be set with ICMP; Name is taken \
             (request id 01J8ZK; 1 attempt)",
        ),
        (
            rate_limited(),
            false,
            "get virtual machine: 429 rate_limit_reached: You have reached the rate limit \
             (limit 1000 requests per minute; request id 01J8ZK; 1 attempt)",
        ),
        (
            refused(),
            true,
            "shutdown virtual machine: 503 service_unavailable: Down for maintenance (request id 01J8ZK; 1 attempt)",
        ),
        (
            html.clone(),
            false,
            "get virtual machine: 502 Bad Gateway (not an API response: 34 bytes of text/html) (request id 01J8ZK; 1 attempt)",
        ),
        (
            html,
            true,
            "shutdown virtual machine: outcome unknown, check before retrying: 502 Bad Gateway \
             (not an API response: 34 bytes of text/html) (request id 01J8ZK; 1 attempt)",
        ),
        (
            response(500, ""),
            true,
            "shutdown virtual machine: 500 Internal Server Error (not an API response: empty body) \
             (may have happened; request id 01J8ZK; 1 attempt)",
        ),
        (
            fault(Fault::Refused),
            true,
            "shutdown virtual machine: could not connect: connection refused (1 attempt)",
        ),
        (
            fault(Fault::Reset),
            false,
            "get virtual machine: the connection was lost before the response: connection reset by peer (1 attempt)",
        ),
        (
            fault(Fault::Truncated),
            true,
            "shutdown virtual machine: outcome unknown, check before retrying: 200: response truncated after 9 bytes: \
             the connection was closed too early (request id 01J8ZK; 1 attempt)",
        ),
        (
            response(200, r#"{"virtual_machine":{"id":7}}"#),
            false,
            "get virtual machine: 200: the response could not be decoded: invalid type: integer `7`, expected a string at line 1 column 26 \
             (request id 01J8ZK; 1 attempt)",
        ),
        (
            response(301, "").header("location", "https://elsewhere.example/"),
            false,
            "get virtual machine: 301 Moved Permanently to https://elsewhere.example/: redirects are not followed; check the client's base URL \
             (request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(418, "brand_new", "Two\\nlines", "{}"),
            false,
            "get virtual machine: 418 brand_new: Two lines (request id 01J8ZK; 1 attempt)",
        ),
    ];
    for (step, write, expected) in table {
        assert_eq!(of(step, write).await.to_string(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_token_fails_before_it_is_sent() {
    let script = Script::new([support::ok()]);
    let client = Client::builder()
        .http_client(script.clone())
        .build()
        .unwrap();
    let error = get(&client).send().await.unwrap_err();
    assert!(error.is_auth());
    assert_eq!(script.seen().len(), 0);
    assert_eq!(
        error.to_string(),
        "get virtual machine: the client has no token: pass one to Client::builder().token(…), \
         or set KATAPULT_API_KEY and use Client::from_env() (not sent)"
    );
}

/// The questions in this order: not found, gone, in trash, rate limited, auth, forbidden, validation, unconfirmed,
/// timeout, retryable, may have happened.
fn answers(error: &Error) -> String {
    let questions = [
        error.is_not_found(),
        error.is_gone(),
        error.is_in_trash(),
        error.is_rate_limited(),
        error.is_auth(),
        error.is_forbidden(),
        error.is_validation(),
        error.is_unconfirmed(),
        error.is_timeout(),
        error.is_retryable(),
        error.may_have_happened(),
    ];
    let letters = "ngtraf vuTRm".replace(' ', "");
    letters
        .chars()
        .zip(questions)
        .map(|(letter, yes)| if yes { letter } else { '-' })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn each_failure_answers_the_questions() {
    let coded = |status, code: &str| failure(status, code, "d", "{}");
    // step, for a read, for a write
    let table = [
        (
            coded(400, "missing_api_token"),
            "----a------",
            "----a------",
        ),
        (
            coded(403, "unauthorized_network_for_api_token"),
            "----a------",
            "----a------",
        ),
        (
            coded(403, "invalid_capabilities_token"),
            "----a------",
            "----a------",
        ),
        (
            coded(403, "scope_not_granted"),
            "-----f-----",
            "-----f-----",
        ),
        (
            coded(404, "virtual_machine_not_found"),
            "ng---------",
            "ng---------",
        ),
        (response(404, "<html>"), "ng---------", "ng---------"),
        (coded(406, "object_in_trash"), "-gt--------", "-gt--------"),
        (
            coded(406, "task_queueing_error"),
            "-----------",
            "-----------",
        ),
        (coded(422, "validation_error"), "------v----", "------v----"),
        (
            coded(422, "object_storage_provisioning_error"),
            "------v--R-",
            "------v--R-",
        ),
        (
            coded(429, "rate_limit_reached"),
            "---r-----R-",
            "---r-----R-",
        ),
        (
            coded(503, "service_unavailable"),
            "---------R-",
            "---------R-",
        ),
        (response(503, ""), "---------R-", "-------u--m"),
        (response(500, ""), "-----------", "----------m"),
        (response(200, "<html>"), "-----------", "----------m"),
        (fault(Fault::Refused), "---------R-", "---------R-"),
        (fault(Fault::Reset), "---------R-", "-------u--m"),
        (fault(Fault::Truncated), "---------R-", "-------u--m"),
        (support::ok().after(99), "--------TR-", "-------uT-m"),
    ];
    for (step, read, write) in table {
        assert_eq!(answers(&of(step.clone(), false).await), read, "{step:?}");
        assert_eq!(
            answers(&of(step.clone(), true).await),
            write,
            "POST {step:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_parts_of_an_error_can_be_read() {
    let step = failure(403, "scope_not_granted", "No", r#"{"scopes":["a","b"]}"#);
    let error = of(step, false).await;
    assert_eq!(error.code().unwrap(), "scope_not_granted");
    assert_eq!(error.status().unwrap(), 403);
    assert_eq!(error.description(), Some("No"));
    assert_eq!(error.request_id(), Some(support::REQUEST_ID));
    assert_eq!(error.attempts(), 1);
    assert_eq!(error.operation().id, "virtual_machines.get");
    assert!(error.body().unwrap().starts_with(b"{\"error\""));
    let detail = format!("{:?}", error.detail());
    assert!(
        detail.contains("ScopeNotGranted") && detail.contains("\"b\""),
        "{detail}"
    );
    let cause = of(fault(Fault::Reset), false).await;
    assert_eq!(
        std::error::Error::source(&cause).unwrap().to_string(),
        "connection reset by peer"
    );
    assert_eq!(cause.kind(), ErrorKind::Connect);
    assert!(size_of::<Error>() <= size_of::<usize>());
}
