//! Operations that a user defines: retries by `idempotent`, whatever the method, and both APIs.

use std::time::Duration;

use http::Method;
use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::{Api, Client, Error, ErrorKind, Operation, OperationInfo, Reconciled};
use serde_json::{Value, json};

use crate::support::*;

/// Defines an operation of this method.
macro_rules! operation {
    ($name:ident, $method:ident, $api:ident, $idempotent:literal) => {
        #[derive(Clone, Debug)]
        struct $name;

        impl Operation for $name {
            type Response = Value;
            const INFO: &'static OperationInfo = &OperationInfo::new(
                concat!("things.", stringify!($name)),
                concat!(stringify!($name), " thing"),
                Method::$method,
                "/things/thing",
            )
            .api(Api::$api)
            .scopes(&["things"])
            .idempotent($idempotent);

            fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
                Ok(br#"{"thing":{"id":"thing_1"}}"#.to_vec())
            }
        }
    };
}

operation!(Get, GET, Core, true);
operation!(Create, POST, Core, false);
operation!(Update, PATCH, Core, true);
operation!(Replace, PUT, Core, true);
operation!(Delete, DELETE, Core, true);
operation!(Flip, PATCH, Core, false);
operation!(Prices, GET, Public, true);

/// Returns the number of requests of a call, and its error.
async fn call<O: Operation>(operation: O, responses: &[ScriptedResponse]) -> (u32, Option<Error>) {
    let scripted = ScriptedClient::new(responses.to_vec());
    let client = builder(&scripted).build().unwrap();
    let result = client.call(operation).send().await;
    let requests = scripted.requests();
    for request in &requests {
        assert_eq!(request.json(), json!({ "thing": { "id": "thing_1" } }));
    }
    let attempts = requests.len() as u32;
    match result {
        Ok(response) => {
            assert_eq!(response.attempts(), attempts);
            (attempts, None)
        }
        Err(error) => {
            assert_eq!(error.attempts(), attempts);
            (attempts, Some(error))
        }
    }
}

#[tokio::test(start_paused = true)]
async fn idempotent_operation_is_retried_after_a_loss_whatever_its_method() {
    let provisioning = failure(422, "object_storage_provisioning_error", "Later", "{}");
    // response, requests of an idempotent operation, requests of any other
    let table = [
        (unavailable(), 2, 2),
        (reset(), 2, 1),
        (response(502, "<html>"), 2, 1),
        (slow(31), 2, 1),
        (provisioning, 1, 2),
        (response(500, ""), 1, 1),
    ];
    for (response, idempotent, other) in table {
        let responses = [response.clone(), ok()];
        let sent = [
            call(Get, &responses).await.0,
            call(Update, &responses).await.0,
            call(Replace, &responses).await.0,
            call(Delete, &responses).await.0,
        ];
        assert_eq!(sent, [idempotent; 4], "{response:?}");
        let sent = [
            call(Create, &responses).await.0,
            call(Flip, &responses).await.0,
        ];
        assert_eq!(sent, [other; 2], "{response:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn idempotent_write_without_any_response_may_have_happened() {
    let table = [
        (reset(), ErrorKind::Connect),
        (truncated(), ErrorKind::Decode),
        (response(502, ""), ErrorKind::Unavailable),
        (slow(31), ErrorKind::Timeout),
    ];
    for (response, kind) in table {
        let (_, error) = call(Update, std::slice::from_ref(&response)).await;
        let error = error.unwrap();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.may_have_happened() && error.is_retryable(), "{error}");
        let (_, error) = call(Get, &[response]).await;
        assert!(!error.unwrap().may_have_happened());
    }
}

#[tokio::test(start_paused = true)]
async fn deletion_that_finds_nothing_after_a_loss_may_have_happened() {
    let missing = failure(404, "thing_not_found", "No thing was found", "{}");
    let (_, error) = call(Delete, &[reset(), missing]).await;
    assert_eq!(
        error.unwrap().to_string(),
        "Delete thing id thing_1: 404 thing_not_found: No thing was found (may have happened; request id 01J8ZK; 2 attempts)"
    );
}

#[tokio::test(start_paused = true)]
async fn public_api_is_called_without_token_and_rate_limit() {
    let scripted = ScriptedClient::new([ok_with_quota(1, 0)]);
    let client = builder(&scripted).build().unwrap();
    client.call(Get).send().await.unwrap();
    client.call(Prices).send().await.unwrap();
    let anonymous = Client::builder().http_client(scripted.clone());
    let anonymous = anonymous.build().unwrap();
    anonymous.call(Prices).send().await.unwrap();
    assert_eq!(scripted.pauses(), [Duration::ZERO; 2]);
    let requests = scripted.requests();
    assert!(requests[0].header("authorization").is_some());
    assert_eq!(requests[0].path(), "/core/v1/things/thing");
    for request in &requests[1..] {
        assert_eq!(request.header("authorization"), None);
        assert_eq!(request.path(), "/public/v1/things/thing");
    }
}

#[tokio::test(start_paused = true)]
async fn idempotent_write_is_reconciled_and_retried_if_the_check_fails() {
    let found = || async { Ok(Some(Reconciled::from_json(&json!({"thing": "found"})))) };
    let (client, _) = client_of([reset(), ok()]);
    let update = client.call(Update).reconcile(move |_| found());
    assert_eq!(update.send().await.unwrap()["thing"], "found");

    let (client, _) = client_of([reset(), response(403, ""), ok()]);
    let update = client.call(Update).reconcile(|client| async move {
        Reconciled::from_get_result(client.call(Get).send().await)
    });
    assert_eq!(update.send().await.unwrap().attempts(), 2);
}
