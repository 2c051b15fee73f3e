//! Responses, calls and settings that the tests share.

use std::time::Duration;

use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::{Client, ClientBuilder, Jitter, RetryPolicy};
use serde_json::json;

pub(crate) const TOKEN: &str = "kat-tok-5f1d0c9be2";
pub(crate) const REQUEST_ID: &str = "01J8ZK";

pub(crate) fn response(status: u16, body: impl Into<String>) -> ScriptedResponse {
    ScriptedResponse::new(status, body.into()).header("x-request-id", REQUEST_ID)
}

/// A success of each operation that the tests call.
pub(crate) fn ok() -> ScriptedResponse {
    let body = json!({
        "virtual_machine": { "id": "vm_1" },
        "task": { "id": "task_1", "status": "pending" },
    });
    response(200, body.to_string())
}

/// A success that reports the quota of each minute and its rest.
pub(crate) fn ok_with_quota(limit: u32, remaining: u32) -> ScriptedResponse {
    ok().header("x-ratelimit-permitted", limit.to_string())
        .header("x-ratelimit-remaining", remaining.to_string())
}

pub(crate) fn slow(secs: u64) -> ScriptedResponse {
    ok().delay(Duration::from_secs(secs))
}

pub(crate) fn truncated() -> ScriptedResponse {
    ok().truncated(9)
}

pub(crate) fn failure(
    status: u16,
    code: &str,
    description: &str,
    detail: &str,
) -> ScriptedResponse {
    let body = format!(
        r#"{{"error":{{"code":"{code}","description":"{description}","detail":{detail}}}}}"#
    );
    response(status, body)
}

/// The API's own 503: the request was not executed.
pub(crate) fn unavailable() -> ScriptedResponse {
    failure(503, "service_unavailable", "Down for maintenance", "{}")
}

pub(crate) fn rate_limited() -> ScriptedResponse {
    let description = "You have reached the rate limit";
    let detail = r#"{"total_permitted":1000}"#;
    failure(429, "rate_limit_reached", description, detail)
        .header("x-ratelimit-permitted", "1000")
        .header("x-ratelimit-remaining", "0")
}

pub(crate) fn reset() -> ScriptedResponse {
    ScriptedResponse::connection_reset()
}

pub(crate) fn refused() -> ScriptedResponse {
    ScriptedResponse::connection_refused()
}

/// Five attempts, with delays that have no jitter: 1, 2, 4 and 8 s.
pub(crate) fn exact() -> RetryPolicy {
    RetryPolicy::default()
        .max_attempts(5)
        .initial_backoff(Duration::from_secs(1))
        .max_backoff(Duration::from_secs(20))
        .jitter(Jitter::None)
}

pub(crate) fn builder(scripted: &ScriptedClient) -> ClientBuilder {
    scripted.client_builder().token(TOKEN).retry(exact())
}

/// A client of these responses, and the script with its records.
pub(crate) fn client_of<const N: usize>(
    responses: [ScriptedResponse; N],
) -> (Client, ScriptedClient) {
    let scripted = ScriptedClient::new(responses);
    (builder(&scripted).build().unwrap(), scripted)
}

pub(crate) fn secs(numbers: &[u64]) -> Vec<Duration> {
    numbers.iter().copied().map(Duration::from_secs).collect()
}

#[cfg(feature = "virtual-machines")]
pub(crate) use machines::{get, post, web};

#[cfg(feature = "virtual-machines")]
mod machines {
    use katapult_core::types::VirtualMachineLookup;
    use katapult_core::{Call, Client, virtual_machines};

    pub(crate) fn web() -> VirtualMachineLookup {
        VirtualMachineLookup::fqdn("web-1.acme.example")
    }

    /// A read.
    pub(crate) fn get(client: &Client) -> Call<virtual_machines::Get> {
        client.virtual_machines().get(web())
    }

    /// A write that must not be executed twice.
    pub(crate) fn post(client: &Client) -> Call<virtual_machines::Shutdown> {
        client.virtual_machines().shutdown(web())
    }
}
