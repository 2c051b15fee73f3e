//! Errors: the message, the predicates, and the parts.

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::{Error, ErrorKind, Reconciled, RetryBudget, RetryPolicy};

use crate::support::*;

/// Returns the error of one attempt that gets this response.
async fn error_of(response: ScriptedResponse, write: bool) -> Error {
    let (client, _) = client_of([response]);
    let once = RetryPolicy::none();
    if write {
        post(&client).retry(once).send().await.unwrap_err()
    } else {
        get(&client).retry(once).send().await.unwrap_err()
    }
}

#[tokio::test(start_paused = true)]
async fn message_is_one_line_with_cause_and_request_id() {
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
            "get virtual machine fqdn web-1.acme.example: 403 scope_not_granted: The scope required is not granted \
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
            "shutdown virtual machine fqdn web-1.acme.example: 403 permission_denied: Not permitted: needs the role admin \
             (needs one of the scopes virtual_machines, virtual_machines:power_actions; request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(403, "invalid_api_token", "The API token is not valid", "{}"),
            false,
            "get virtual machine fqdn web-1.acme.example: 403 invalid_api_token: The API token is not valid (request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(
                404,
                "virtual_machine_not_found",
                "No virtual machine was found",
                "{}",
            ),
            false,
            "get virtual machine fqdn web-1.acme.example: 404 virtual_machine_not_found: No virtual machine was found (request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(
                406,
                "object_in_trash",
                "The object is in the trash",
                r#"{"trash_object":{"id":"trsh_1"}}"#,
            ),
            true,
            "shutdown virtual machine fqdn web-1.acme.example: 406 object_in_trash: The object is in the trash: trash object trsh_1 (request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(
                422,
                "validation_error",
                "A validation error occurred",
                r#"{"errors":["Ports cannot be set with ICMP","Name is taken"]}"#,
            ),
            true,
            "shutdown virtual machine fqdn web-1.acme.example: 422 validation_error: A validation error occurred: Ports cannot be set with ICMP; Name is taken \
             (request id 01J8ZK; 1 attempt)",
        ),
        (
            rate_limited(),
            false,
            "get virtual machine fqdn web-1.acme.example: 429 rate_limit_reached: You have reached the rate limit \
             (limit 1000 requests per minute; request id 01J8ZK; 1 attempt)",
        ),
        (
            unavailable(),
            true,
            "shutdown virtual machine fqdn web-1.acme.example: 503 service_unavailable: Down for maintenance (request id 01J8ZK; 1 attempt)",
        ),
        (
            html.clone(),
            false,
            "get virtual machine fqdn web-1.acme.example: 502 Bad Gateway (not an API response: 34 bytes of text/html beginning \"Bad Gateway\") (request id 01J8ZK; 1 attempt)",
        ),
        (
            html,
            true,
            "shutdown virtual machine fqdn web-1.acme.example: outcome unknown, check before retrying: 502 Bad Gateway \
             (not an API response: 34 bytes of text/html beginning \"Bad Gateway\") (request id 01J8ZK; 1 attempt)",
        ),
        (
            response(500, ""),
            true,
            "shutdown virtual machine fqdn web-1.acme.example: 500 Internal Server Error (not an API response: empty body) \
             (may have happened; request id 01J8ZK; 1 attempt)",
        ),
        (
            refused(),
            true,
            "shutdown virtual machine fqdn web-1.acme.example: could not connect: connection refused (1 attempt)",
        ),
        (
            reset(),
            false,
            "get virtual machine fqdn web-1.acme.example: the connection was lost before the response: connection reset by peer (1 attempt)",
        ),
        (
            truncated(),
            true,
            "shutdown virtual machine fqdn web-1.acme.example: outcome unknown, check before retrying: 200: response truncated after 9 bytes: \
             the connection was closed too early (request id 01J8ZK; 1 attempt)",
        ),
        (
            response(200, r#"{"virtual_machine":{"id":7}}"#),
            false,
            "get virtual machine fqdn web-1.acme.example: 200: the response could not be decoded: invalid type: integer, expected a string at line 1 column 26 (28 bytes) \
             (request id 01J8ZK; 1 attempt)",
        ),
        (
            response(301, "").header("location", "https://elsewhere.example/"),
            false,
            "get virtual machine fqdn web-1.acme.example: 301 Moved Permanently to https://elsewhere.example/: redirects are not followed; check the client's base URL \
             (request id 01J8ZK; 1 attempt)",
        ),
        (
            failure(418, "brand_new", "Two\\nlines", "{}"),
            false,
            "get virtual machine fqdn web-1.acme.example: 418 brand_new: Two lines (request id 01J8ZK; 1 attempt)",
        ),
    ];
    for (response, write, expected) in table {
        assert_eq!(error_of(response, write).await.to_string(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn message_of_a_limit_names_the_limit() {
    const WAIT: &str = "get virtual machine fqdn web-1.acme.example: gave up: waiting 18s for the rate limit to reset would exceed the 10s deadline";
    let ten = Duration::from_secs(10);
    let (client, _) = client_of([rate_limited()]);
    let started = tokio::time::Instant::now();
    let error = get(&client).deadline(ten).send().await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(error.is_timeout() && error.is_rate_limited() && !error.may_have_happened());
    assert_eq!(
        error.to_string(),
        format!(
            "{WAIT}; last attempt: 429 rate_limit_reached: You have reached the rate limit (limit 1000 requests per minute; request id 01J8ZK; 1 attempt)"
        )
    );
    // The next call knows that the quota is spent, and is not even sent.
    let error = get(&client).deadline(ten).send().await.unwrap_err();
    assert!(error.is_timeout() && error.is_rate_limited());
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.to_string(), format!("{WAIT} (not sent)"));
    // A deadline at the reset leaves no time for the request.
    let call = get(&client).deadline(Duration::from_secs(18));
    call.send().await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);

    let (client, _) = client_of([slow(40)]);
    let error = post(&client).send().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "shutdown virtual machine fqdn web-1.acme.example: outcome unknown, check before retrying: no response within 30s (1 attempt)"
    );
    let call = get(&client).deadline(Duration::from_secs(3));
    assert_eq!(
        call.send().await.unwrap_err().to_string(),
        "get virtual machine fqdn web-1.acme.example: 3s deadline exceeded while waiting for the response (1 attempt)"
    );

    // Without any time nothing is sent.
    let (client, scripted) = client_of([ok()]);
    let call = post(&client).deadline(Duration::ZERO);
    let error = call.send().await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_happened(), "{error}");
    assert_eq!((error.attempts(), scripted.requests().len()), (0, 0));

    let scripted = ScriptedClient::new([unavailable()]);
    let budget = RetryBudget::default().capacity(2.0).refill_per_second(0.0);
    let client = builder(&scripted).retry_budget(budget).build().unwrap();
    let last = get(&client).send().await.unwrap_err().to_string();
    assert!(last.contains("retry budget exhausted"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn message_of_a_failed_check_has_its_cause() {
    let (client, _) = client_of([reset(), failure(403, "permission_denied", "No", "{}")]);
    let call = post(&client)
        .reconcile(|client| async move { Reconciled::from_get_result(get(&client).send().await) });
    let error = call.send().await.unwrap_err().to_string();
    let part = "the reconcile check also failed: get virtual machine fqdn web-1.acme.example: 403";
    assert!(error.contains(part), "{error}");
}

/// Returns a letter for each predicate that is true, in this order: not found, gone, in trash, rate limited, auth,
/// forbidden, validation, unconfirmed, timeout, retryable, may have happened.
fn predicates(error: &Error) -> String {
    let answers = [
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
        .zip(answers)
        .map(|(letter, yes)| if yes { letter } else { '-' })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn predicates_of_each_failure() {
    let coded = |status, code: &str| failure(status, code, "d", "{}");
    // response, predicates of a read, of a write
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
        (
            coded(403, "permission_denied"),
            "-----f-----",
            "-----f-----",
        ),
        (
            coded(403, "a_code_of_tomorrow"),
            "-----f-----",
            "-----f-----",
        ),
        (
            coded(403, "invalid_api_token"),
            "----a------",
            "----a------",
        ),
        (
            coded(418, "a_code_of_tomorrow"),
            "-----------",
            "-----------",
        ),
        (response(429, "slow down"), "---r-----R-", "---r-----R-"),
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
        (response(200, "<html>"), "-----------", "-------u--m"),
        (
            response(200, r#"{"error":{"code":"x"}}"#),
            "-----------",
            "-------u--m",
        ),
        (response(200, ""), "-----------", "----------m"),
        (response(200, "{}"), "-----------", "----------m"),
        (response(302, ""), "-----------", "----------m"),
        (response(799, ""), "-----------", "----------m"),
        (refused(), "---------R-", "---------R-"),
        (reset(), "---------R-", "-------u--m"),
        (truncated(), "---------R-", "-------u--m"),
        (slow(99), "--------TR-", "-------uT-m"),
    ];
    for (response, read, write) in table {
        assert_eq!(
            predicates(&error_of(response.clone(), false).await),
            read,
            "{response:?}"
        );
        assert_eq!(
            predicates(&error_of(response.clone(), true).await),
            write,
            "POST {response:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn write_that_may_have_happened_is_not_retryable_whatever_its_last_response() {
    // Lost, then refused after a check that found nothing.
    for last in [unavailable(), rate_limited(), refused()] {
        let (client, scripted) = client_of([reset(), last]);
        let call = post(&client).reconcile(|_| async { Ok(None) });
        let call = call.retry(exact().max_attempts(2));
        let error = call.send().await.unwrap_err();
        assert_eq!(scripted.requests().len(), 2);
        assert!(
            error.may_have_happened() && !error.is_retryable(),
            "{error}"
        );
        assert!(!error.is_unconfirmed(), "{error}");
    }
    // An idempotent one can be repeated.
    let id = katapult_core::types::VirtualMachineLookup::id("vm_1");
    let (client, _) = client_of([reset(), unavailable()]);
    let call = client.virtual_machines().delete(id);
    let error = call
        .retry(exact().max_attempts(2))
        .send()
        .await
        .unwrap_err();
    assert!(error.may_have_happened() && error.is_retryable(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn parts_of_an_error_can_be_read() {
    let step = failure(403, "scope_not_granted", "No", r#"{"scopes":["a","b"]}"#);
    let error = error_of(step, false).await;
    assert_eq!(error.code().unwrap(), "scope_not_granted");
    assert_eq!(error.status().unwrap(), 403);
    assert_eq!(error.description(), Some("No"));
    assert_eq!(error.request_id(), Some(REQUEST_ID));
    assert_eq!(error.attempts(), 1);
    assert_eq!(error.operation().id, "virtual_machines.get");
    assert!(error.body().unwrap().starts_with(b"{\"error\""));
    let detail = format!("{:?}", error.detail());
    assert!(
        detail.contains("ScopeNotGranted") && detail.contains("\"b\""),
        "{detail}"
    );
    let cause = error_of(reset(), false).await;
    assert_eq!(
        cause.cause().unwrap().to_string(),
        "connection reset by peer"
    );
    assert!(std::error::Error::source(&cause).is_none());
    assert_eq!(cause.kind(), ErrorKind::Connect);
    assert!(size_of::<Error>() <= size_of::<usize>());
}
