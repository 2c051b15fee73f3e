//! Operations of every sort, as they may be generated.

mod support;

use std::time::Duration;

use http::Method;
use katapult_core::prelude::*;
use katapult_core::{Api, Client, Error, ErrorKind, Operation, Reconciled};
use serde_json::{Value, json};
use support::{Fault, Script, Step, failure, fault, ok, refused, response};

/// Defines an operation of this method.
macro_rules! operation {
    ($name:ident, $method:ident, $api:ident, $idempotent:literal) => {
        #[derive(Clone, Debug)]
        struct $name;

        impl Operation for $name {
            type Response = Value;
            const ID: &'static str = concat!("things.", stringify!($name));
            const TITLE: &'static str = concat!(stringify!($name), " thing");
            const METHOD: Method = Method::$method;
            const PATH: &'static str = "/things/thing";
            const API: Api = Api::$api;
            const SCOPES: &'static [&'static str] = &["things"];
            const ERROR_CODES: &'static [(u16, &'static [&'static str])] = &[];
            const IDEMPOTENT: bool = $idempotent;

            fn request(
                &self,
                http: &reqwest::Client,
                base_url: &str,
            ) -> Result<reqwest::Request, reqwest::Error> {
                let url = format!("{base_url}{}", Self::PATH);
                http.request(Self::METHOD, url)
                    .body(r#"{"thing":{"id":"thing_1"}}"#)
                    .build()
            }

            fn decode(body: &[u8]) -> Result<Value, serde_json::Error> {
                serde_json::from_slice(body)
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

/// What came of a call: how often it was sent, and the error, if that is what it ended with.
async fn call<O: Operation>(operation: O, steps: &[Step]) -> (u32, Option<Error>) {
    let script = Script::new(steps.to_vec());
    let result = script.client().call(operation).send().await;
    let attempts = script.seen().len() as u32;
    for seen in script.seen() {
        assert_eq!(
            seen.body, br#"{"thing":{"id":"thing_1"}}"#,
            "no body is sent empty"
        );
    }
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
async fn what_is_safe_to_repeat_is_repeated() {
    let provisioning = failure(422, "object_storage_provisioning_error", "Later", "{}");
    // step, whether what can be repeated is, whether a creation is
    let table = [
        (fault(Fault::Refused), true, true),
        (support::rate_limited(), true, true),
        (refused(), true, true),
        (response(502, "<html>"), true, false),
        (response(503, ""), true, false),
        (response(504, ""), true, false),
        (fault(Fault::Reset), true, false),
        (fault(Fault::Truncated), true, false),
        (ok().after(31), true, false),
        (provisioning, false, true),
        (response(500, ""), false, false),
        (failure(409, "resource_locked", "No", "{}"), false, false),
        (failure(404, "thing_not_found", "No", "{}"), false, false),
    ];
    for (step, repeated, created) in table {
        let steps = [step.clone(), ok()];
        let sent = [
            call(Get, &steps).await.0,
            call(Update, &steps).await.0,
            call(Replace, &steps).await.0,
            call(Delete, &steps).await.0,
        ];
        assert_eq!(sent, [if repeated { 2 } else { 1 }; 4], "{step:?}");
        let sent = [call(Create, &steps).await.0, call(Flip, &steps).await.0];
        assert_eq!(sent, [if created { 2 } else { 1 }; 2], "POST {step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_finds_nothing_after_a_lost_response_may_have_done_it() {
    let missing = failure(404, "thing_not_found", "No thing was found", "{}");
    let trashed = failure(406, "object_in_trash", "It is in the trash", "{}");
    for last in [missing.clone(), trashed] {
        let (attempts, error) = call(Delete, &[fault(Fault::Reset), last.clone()]).await;
        let error = error.unwrap();
        assert_eq!(attempts, 2);
        assert!(error.is_gone() && error.may_have_happened(), "{error}");
        let (_, error) = call(Delete, &[last]).await;
        let error = error.unwrap();
        assert!(error.is_gone() && !error.may_have_happened(), "{error}");
    }
    let (_, error) = call(Delete, &[fault(Fault::Reset), missing]).await;
    assert_eq!(
        error.unwrap().to_string(),
        "Delete thing: 404 thing_not_found: No thing was found (may have happened; request id 01J8ZK; 2 attempts)"
    );
}

#[tokio::test(start_paused = true)]
async fn what_can_be_repeated_but_never_answered_may_have_happened() {
    let table = [
        (fault(Fault::Reset), ErrorKind::Connect),
        (fault(Fault::Truncated), ErrorKind::Decode),
        (response(502, ""), ErrorKind::Unavailable),
        (ok().after(31), ErrorKind::Timeout),
    ];
    for (step, kind) in table {
        let (_, error) = call(Update, std::slice::from_ref(&step)).await;
        let error = error.unwrap();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.may_have_happened() && error.is_retryable(), "{error}");
        let (_, error) = call(Get, &[step]).await;
        assert!(!error.unwrap().may_have_happened());
    }
}

#[tokio::test(start_paused = true)]
async fn the_public_api_takes_no_token_and_no_quota() {
    let spent = ok()
        .header("x-ratelimit-permitted", "1")
        .header("x-ratelimit-remaining", "0");
    let script = Script::new([spent]);
    let client = script.client();
    client.call(Get).send().await.unwrap();
    client.call(Prices).send().await.unwrap();
    let anonymous = Client::builder()
        .http_client(script.clone())
        .build()
        .unwrap();
    anonymous.call(Prices).send().await.unwrap();
    let seen = script.seen();
    assert_eq!(script.waits(), [Duration::ZERO; 2]);
    assert!(seen[0].authorization.is_some());
    assert!(seen[0].url.ends_with("/core/v1/things/thing"));
    for seen in &seen[1..] {
        assert_eq!(seen.authorization, None);
        assert!(seen.url.ends_with("/public/v1/things/thing"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_be_repeated_is_looked_for_too_if_asked() {
    let script = Script::new([fault(Fault::Reset), ok()]);
    let update = script
        .client()
        .call(Update)
        .reconcile(|_| async { Ok(Some(Reconciled::from_json(&json!({"thing": "found"})))) });
    assert_eq!(update.send().await.unwrap()["thing"], "found");
    // A look that fails doesn't keep it from being repeated.
    let script = Script::new([fault(Fault::Reset), response(403, ""), ok()]);
    let update = script.client().call(Update).reconcile(|client| async move {
        Reconciled::from_get_result(client.call(Get).send().await)
    });
    assert_eq!(update.send().await.unwrap().attempts(), 2);
}
