//! What the tests of one operation share.
#![allow(dead_code)]

use katapult_core::types::VirtualMachineLookup;
use katapult_core::virtual_machines::ShutdownResponse;
use katapult_core::{Client, ClientBuilder, Error, RateLimit, Response, RetryPolicy};
use serde_json::{Value, json};

/// The operation's path.
pub(crate) const PATH: &str = "/core/v1/virtual_machines/virtual_machine/shutdown";
/// The token that the tests' clients send.
pub(crate) const TOKEN: &str = "token-of-the-contract-tests";

/// A builder of clients to a server of the test.
pub(crate) fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .base_url(url)
        .token(TOKEN)
        .rate_limit(RateLimit::Off)
}

/// A client that sends each request once.
pub(crate) fn client(url: &str) -> Client {
    builder(url).retry(RetryPolicy::none()).build().unwrap()
}

/// The machine that the tests speak of.
pub(crate) fn lookup() -> VirtualMachineLookup {
    VirtualMachineLookup::fqdn("web-1.acme.example")
}

/// The call under test.
pub(crate) async fn shut_down(katapult: &Client) -> Result<Response<ShutdownResponse>, Error> {
    katapult.virtual_machines().shutdown(lookup()).send().await
}

/// The body of a success.
pub(crate) fn task(status: &str) -> Value {
    json!({"task": {"id": "task_0000000000000001", "name": "Shut down", "status": status}})
}

/// The questions that an error answers with yes, in this order.
pub(crate) fn yes(error: &Error) -> Vec<&'static str> {
    let questions = [
        ("not_found", error.is_not_found()),
        ("in_trash", error.is_in_trash()),
        ("gone", error.is_gone()),
        ("rate_limited", error.is_rate_limited()),
        ("auth", error.is_auth()),
        ("forbidden", error.is_forbidden()),
        ("validation", error.is_validation()),
        ("unconfirmed", error.is_unconfirmed()),
        ("timeout", error.is_timeout()),
        ("retryable", error.is_retryable()),
        ("may_have_happened", error.may_have_happened()),
    ];
    questions
        .into_iter()
        .filter(|(_, answer)| *answer)
        .map(|(question, _)| question)
        .collect()
}

/// A field as the API writes it, whether its type is optional or not.
pub(crate) fn text(field: &impl serde::Serialize) -> String {
    match serde_json::to_value(field) {
        Ok(Value::String(text)) => text,
        other => panic!("no text: {other:?}"),
    }
}
