//! Log events. A process of its own: tracing caches per call site whether anyone listens, for all
//! threads, so that tests with subscribers of their own disturb each other.

#![cfg(feature = "virtual-machines")]

mod captured_log;

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::VirtualMachineLookup;
use katapult_core::{Client, Jitter, RetryPolicy};
use serde_json::json;

const TOKEN: &str = "kat-tok-5f1d0c9be2";

fn client(responses: impl IntoIterator<Item = ScriptedResponse>) -> Client {
    let retry = RetryPolicy::default().max_attempts(2).jitter(Jitter::None);
    let builder = ScriptedClient::new(responses).client_builder();
    builder.token(TOKEN).retry(retry).build().unwrap()
}

fn ok() -> ScriptedResponse {
    let machine = json!({ "id": "vm_1", "initial_root_password": "aB3-very-secret" });
    let task = json!({ "id": "task_1" });
    ScriptedResponse::json(&json!({ "virtual_machine": machine, "task": task }))
}

fn quota(response: ScriptedResponse, remaining: &str) -> ScriptedResponse {
    response
        .header("x-ratelimit-permitted", "1000")
        .header("x-ratelimit-remaining", remaining)
}

/// One test, as all events of the process are in one log.
#[tokio::test(start_paused = true)]
async fn log_has_each_attempt_and_delay_but_no_secret() {
    captured_log::start();
    let web = || VirtualMachineLookup::fqdn("web-1.acme.example");

    let unavailable = ScriptedResponse::api_error(503, "service_unavailable");
    let unavailable = quota(unavailable.header("x-request-id", "01J8ZK"), "7");
    let retried = client([unavailable, ok()]);
    let shutdown = retried.virtual_machines().shutdown(web());
    shutdown.send().await.unwrap();
    let limited = client([quota(ok(), "0")]);
    for _ in 0..2 {
        limited.virtual_machines().get(web()).send().await.unwrap();
    }
    let after = |secs: &str| ScriptedResponse::api_error(429, "c").header("retry-after", secs);
    let required = client([after("3"), ok(), after("20"), ok()]);
    for _ in 0..2 {
        required.virtual_machines().get(web()).send().await.unwrap();
    }
    // The token of a provider, and the check of a lost write, can take long too.
    let scripted = ScriptedClient::new([ScriptedResponse::connection_reset()]);
    let slow_token = scripted.client_builder().token_provider(|| async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(TOKEN.into())
    });
    let slow_token = slow_token.build().unwrap();
    let lost = slow_token.virtual_machines().shutdown(web());
    let lost = lost.retry(RetryPolicy::none());
    lost.reconcile(|_| async { Ok(None) })
        .send()
        .await
        .unwrap_err();
    // A careless proxy may send the request's headers back.
    let echo = format!("<html>authorization: Bearer {TOKEN}</html>");
    for failure in [
        ScriptedResponse::new(502, echo.clone()),
        ScriptedResponse::new(404, echo),
        ScriptedResponse::api_error(403, "invalid_api_token"),
        ScriptedResponse::connection_reset(),
        ScriptedResponse::connection_refused(),
    ] {
        let client = client([failure]);
        let shutdown = client.virtual_machines().shutdown(web());
        shutdown.send().await.unwrap_err();
    }

    let log = captured_log::text();
    let (trace, rest): (Vec<&str>, Vec<&str>) =
        log.lines().partition(|line| line.contains(" TRACE "));
    let rest = rest.join("\n");
    let span = |action: &str, method: &str, path: &str| {
        let name = format!("\"virtual_machines.{action}\"");
        let path = format!("/core/v1/virtual_machines/virtual_machine{path}");
        format!(
            "call{{katapult.operation={name} otel.name={name} http.request.method=\"{method}\" url.template={path} server.address=\"api.katapult.io\"}}"
        )
    };
    let get = span("get", "GET", "");
    let shutdown = span("shutdown", "POST", "/shutdown");
    for part in [
        "katapult.operation=\"virtual_machines.shutdown\"",
        "attempt finished attempt=1 outcome=Unavailable http.response.status_code=503 katapult.error_code=\"service_unavailable\" katapult.request_id=\"01J8ZK\" katapult.rate_limit.remaining=7",
        "waiting before the next attempt delay=500ms attempt=1",
        "attempt finished attempt=2 outcome=Success http.response.status_code=200",
        "waiting for the rate limit delay=18s",
        &format!("INFO {get}: katapult_core: still waiting for the rate limit waited=1s"),
        &format!("WARN {get}: katapult_core: still waiting for the rate limit waited=10s"),
        "permit acquired waited=18s",
        &format!(
            "INFO {get}: katapult_core: waiting as required by Retry-After delay=3s attempt=1 outcome=RateLimited"
        ),
        &format!(
            "WARN {get}: katapult_core: waiting as required by Retry-After delay=20s attempt=1"
        ),
        &format!("INFO {shutdown}: katapult_core: still waiting for the token waited=1s"),
        &format!("INFO {shutdown}: katapult_core: still waiting for the reconcile check waited=1s"),
        &format!(
            "WARN {shutdown}: katapult_core: still waiting for the reconcile check waited=10s"
        ),
    ] {
        assert!(rest.contains(part), "{part}\n{rest}");
    }
    // One event for each retry: after 503 and a refused connection, and two of Retry-After.
    assert_eq!(rest.matches(": waiting before the next attempt").count(), 2);
    assert_eq!(rest.matches(": waiting as required").count(), 2);
    assert!(
        !rest.contains("web-1"),
        "bodies are for TRACE alone: {rest}"
    );
    assert!(
        trace.iter().any(|line| line.contains("vm_1")),
        "bodies are logged at TRACE"
    );
    // The query of a read may hold data, which is for no log.
    for query in ["%5Bfqdn%5D", "[fqdn]", "?"] {
        assert!(!log.contains(query), "{query}: {log}");
    }
    for secret in [TOKEN, "Bearer", "aB3-very-secret"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
