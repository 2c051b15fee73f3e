//! Each operation on the test doubles: what they return is what the sandbox returned.

use katapult_contract::sandbox_contract::setup::{self, Setup};
use katapult_contract::sdk::registry::Registry;
use katapult_core::httpmock::MockServer;
use katapult_core::{Client, RateLimit, RetryPolicy};
use katapult_openapi::Spec;
use katapult_sandbox::{Sandbox, Token};

const WORLD: &str = include_str!("../../../../katapult-sandbox/data/world.json");

#[tokio::test]
async fn doubles_return_the_typed_response_of_each_operation() {
    let spec = Spec::embedded().unwrap();
    let registry = Registry::new();
    let http = reqwest::Client::new();
    let server = MockServer::start();
    let builder = |base_url: &str| {
        let builder = Client::builder().base_url(base_url).token("a-token");
        let builder = builder
            .rate_limit(RateLimit::Off)
            .retry(RetryPolicy::none());
        builder.http_client(http.clone()).build().unwrap()
    };
    let mocked_client = builder(&server.base_url());
    let mut failures = Vec::new();
    for documented in spec.operations() {
        let id = &documented.id;
        let operation = registry.get(documented.api, id).unwrap();
        let token = Token::new("a-token").permitted(u32::MAX);
        let mut sandbox = Sandbox::builder().token(token);
        if id == "buckets.object" {
            sandbox = sandbox.world(setup::with_storage_object(WORLD).unwrap());
        }
        let sandbox = sandbox.start().await.unwrap();
        let arguments = Setup::new(&spec, &sandbox).prepare_for(documented).unwrap();
        let client = builder(sandbox.url());
        let real = operation.send(&client, &arguments).await.unwrap();
        let recorded = sandbox.requests().pop().unwrap();
        let body = recorded.response_body().as_bytes();

        let scripted = operation.send_scripted(&arguments, body).await;
        let mocked = operation.send_mocked(&server, &mocked_client, &arguments, body);
        for (double, result) in [("scripted", scripted), ("mocked", mocked.await)] {
            if result.as_ref() != Ok(&real) {
                failures.push(format!("{id} {double}: {result:?}\n  expected {real}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
