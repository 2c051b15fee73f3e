//! Each operation as a raw request: the request and the result are those of the typed call.

use std::time::{Duration, UNIX_EPOCH};

use katapult_contract::sandbox_contract::setup::{self, Setup};
use katapult_contract::sdk::client::error_fields;
use katapult_contract::sdk::registry::{AnyOperation, CallError, CallResult, Registry};
use katapult_core::{Client, RateLimit, RetryPolicy};
use katapult_openapi::{Operation, Spec};
use katapult_sandbox::{RecordedRequest, Sandbox, Time, Token};
use serde_json::Value;

const TOKEN: &str = "all";
const NARROW: &str = "narrow";
const WORLD: &str = include_str!("../../../../katapult-sandbox/data/world.json");

/// 2025-11-24, so that both sandboxes state the same times.
const START: Duration = Duration::from_secs(1_764_000_000);

/// Starts a sandbox. Two of them give the same response to the same request, as their ids have the same seed.
async fn sandbox(operation: &Operation) -> Sandbox {
    let mut builder = Sandbox::builder()
        .time(Time::Manual)
        .start_at(UNIX_EPOCH + START)
        .token(Token::new(TOKEN).permitted(u32::MAX))
        .token(Token::new(NARROW).scopes(["nothing"]).permitted(u32::MAX));
    if operation.id == "buckets.object" {
        builder = builder.world(setup::with_storage_object(WORLD).unwrap());
    }
    builder.start().await.unwrap()
}

/// The result of a call in comparable form, and the request that the sandbox received.
type Observed = (Result<Value, String>, Option<Exchange>);

#[derive(Debug, PartialEq)]
struct Exchange {
    method: String,
    target: String,
    body: Value,
    status: u16,
    response: String,
}

impl From<RecordedRequest> for Exchange {
    fn from(recorded: RecordedRequest) -> Self {
        Self {
            response: recorded.response_body().to_owned(),
            // As JSON, since the order of the fields is not part of it.
            body: serde_json::from_str(&recorded.body).unwrap_or_default(),
            method: recorded.method,
            target: recorded.target,
            status: recorded.status,
        }
    }
}

fn comparable(result: CallResult) -> Result<Value, String> {
    result.map_err(|error| match error {
        CallError::Client(error) => format!(
            "{:?} {:?} {:?} {} {} {}",
            error_fields(&error),
            error.kind(),
            error.request_id(),
            error.attempts(),
            error.may_have_happened(),
            error.is_retryable(),
        ),
        other => format!("{other:?}"),
    })
}

/// Calls an operation on a sandbox of its own, typed or raw.
async fn call(
    spec: &Spec,
    http: &reqwest::Client,
    (documented, operation): (&Operation, &dyn AnyOperation),
    token: &str,
    raw: bool,
) -> Result<Observed, String> {
    let sandbox = sandbox(documented).await;
    let arguments = Setup::new(spec, &sandbox).prepare_for(documented)?;
    let client = Client::builder()
        .http_client(http.clone())
        .base_url(sandbox.url())
        .token(token)
        .rate_limit(RateLimit::Off)
        .retry(RetryPolicy::none())
        .build()
        .map_err(|error| error.to_string())?;
    let result = match raw {
        true => operation.send_raw(&client, &arguments).await,
        false => operation.send(&client, &arguments).await,
    };
    let exchange = sandbox.requests().pop().map(Exchange::from);
    Ok((comparable(result), exchange))
}

#[tokio::test]
async fn raw_request_has_the_result_of_the_typed_call() {
    let spec = Spec::embedded().unwrap();
    let registry = Registry::new();
    let http = reqwest::Client::new();
    let mut failures = Vec::new();
    for documented in spec.operations() {
        let operation = registry.get(documented.api, &documented.id).unwrap();
        let named = (documented, operation);
        for token in [TOKEN, NARROW] {
            let typed = call(&spec, &http, named, token, false).await;
            let raw = call(&spec, &http, named, token, true).await;
            let id = &documented.id;
            if typed != raw {
                failures.push(format!("{id} {token}:\n  {typed:?}\n  {raw:?}"));
            }
            match typed {
                Ok((Ok(_), Some(_))) if token == TOKEN => {}
                // Not every operation requires a scope.
                Ok((_, Some(_))) if token == NARROW => {}
                other => failures.push(format!("{id} {token}: {other:?}")),
            }
        }
    }
    let count = failures.len();
    assert!(
        failures.is_empty(),
        "{count} failures:\n{}",
        failures.join("\n")
    );
}
