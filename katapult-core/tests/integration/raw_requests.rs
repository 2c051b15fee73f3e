//! Requests to paths that the document lacks: the same request loop, and checks before anything is sent.

use std::time::Duration;

use http::Method;
use katapult_core::prelude::*;
use katapult_core::test_util::ScriptedResponse;
use katapult_core::{Api, ErrorKind, IdempotencySource, Reconciled, Secret};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::*;

const HIBERNATE: &str = "/virtual_machines/virtual_machine/hibernate";

#[derive(Debug, Deserialize)]
struct Hibernated {
    task: Task,
}

#[derive(Debug, Deserialize)]
struct Task {
    id: String,
}

#[tokio::test(start_paused = true)]
async fn raw_request_is_sent_by_the_request_loop() {
    let (client, scripted) = client_of([rate_limited(), unavailable(), ok()]);
    let response = client
        .request(Method::POST, HIBERNATE)
        .query(&[("virtual_machine[id]", "vm_1")])
        .query(&json!({"tags": ["a", "b"], "nothing": null}))
        .json(&json!({"force": true}))
        .header("traceparent", "00-1")
        .deadline(Duration::from_secs(60))
        .send::<Hibernated>()
        .await
        .unwrap();
    assert_eq!(response.task.id, "task_1");
    assert_eq!(response.attempts(), 3);
    assert_eq!(response.request_id(), Some(REQUEST_ID));
    for request in scripted.requests() {
        assert_eq!(request.method, Method::POST);
        assert_eq!(request.path(), format!("/core/v1{HIBERNATE}"));
        assert_eq!(
            request.uri.query(),
            Some("virtual_machine%5Bid%5D=vm_1&tags%5B%5D=a&tags%5B%5D=b")
        );
        assert_eq!(request.json(), json!({"force": true}));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("traceparent"), Some("00-1"));
        assert_eq!(
            request.header("authorization"),
            Some(&*format!("Bearer {TOKEN}"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn secrets_of_arguments_are_sent_as_they_are() {
    // Elsewhere a secret serializes as `[REDACTED]`.
    let secret = Secret::from("hush-1");
    let (client, scripted) = client_of([ok()]);
    client
        .request(Method::POST, HIBERNATE)
        .query(&[("query", &secret)])
        .query_param("param", &secret)
        .json(&json!({}))
        .body_field("field", &secret)
        .send::<Value>()
        .await
        .unwrap();
    client
        .request(Method::POST, HIBERNATE)
        .json(&[&secret])
        .send::<Value>()
        .await
        .unwrap();
    let requests = scripted.requests();
    assert_eq!(requests[0].uri.query(), Some("query=hush-1&param=hush-1"));
    assert_eq!(requests[0].json(), json!({"field": "hush-1"}));
    assert_eq!(requests[1].json(), json!(["hush-1"]));
}

#[tokio::test(start_paused = true)]
async fn public_raw_request_has_no_token() {
    let (client, scripted) = client_of([response(200, r#"{"prices":[]}"#)]);
    let call = client.request(Method::GET, "/prices").public();
    assert_eq!(call.send::<Value>().await.unwrap()["prices"], json!([]));
    let requests = scripted.requests();
    assert_eq!(requests[0].path(), "/public/v1/prices");
    assert_eq!(requests[0].header("authorization"), None);
}

#[tokio::test(start_paused = true)]
async fn raw_request_is_repeated_by_its_idempotency() {
    let by_id = json!({"virtual_machine": {"id": "vm_1"}});
    let by_name = json!({"virtual_machine": {"fqdn": "web-1.acme.example"}});
    let nothing = json!({});
    // method, lookup, the caller's word, attempts
    let table = [
        (Method::GET, &by_id, None, 2),
        (Method::GET, &by_name, None, 2),
        (Method::GET, &nothing, None, 2),
        (Method::GET, &nothing, Some(false), 1),
        (Method::HEAD, &nothing, None, 2),
        (Method::OPTIONS, &nothing, None, 2),
        (Method::PUT, &by_id, None, 2),
        (Method::DELETE, &by_id, None, 2),
        // Another object may have the name by then; a path may contain a name.
        (Method::PUT, &by_name, None, 1),
        (Method::DELETE, &by_name, None, 1),
        (Method::DELETE, &nothing, None, 1),
        (Method::DELETE, &by_id, Some(false), 1),
        (Method::DELETE, &by_name, Some(true), 2),
        (Method::DELETE, &nothing, Some(true), 2),
        (Method::PATCH, &by_id, None, 1),
        (Method::PATCH, &by_id, Some(true), 2),
        (Method::POST, &by_id, None, 1),
        (Method::POST, &nothing, Some(true), 2),
    ];
    for (method, lookup, idempotent, attempts) in table {
        let case = format!("{method} {lookup} {idempotent:?}");
        let is_read = method.is_safe();
        let (client, scripted) = client_of([response(502, ""), ok()]);
        let mut call = client.request(method, HIBERNATE).query(lookup);
        if let Some(idempotent) = idempotent {
            call = call.idempotent(idempotent);
        }
        let result = call.send::<Value>().await;
        assert_eq!(scripted.requests().len(), attempts, "{case}");
        match result {
            Ok(_) => assert_eq!(attempts, 2, "{case}"),
            Err(error) => {
                assert_eq!(
                    error.is_unconfirmed(),
                    !is_read || idempotent == Some(false),
                    "{case}"
                );
                assert_eq!(error.may_have_happened(), !is_read, "{case}");
                assert_eq!(error.attempts(), 1, "{case}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn refused_raw_write_is_retried_and_lost_one_is_reconciled() {
    let (client, scripted) = client_of([unavailable(), reset()]);
    let call = client
        .request(Method::POST, HIBERNATE)
        .query(&[("virtual_machine[id]", "vm_1")])
        .reconcile(|_| async {
            let body = json!({"task": {"id": "task_found"}});
            Ok(Some(Reconciled::from_json(&body)))
        });
    let response = call.send::<Hibernated>().await.unwrap();
    assert_eq!(response.task.id, "task_found");
    assert_eq!((response.attempts(), scripted.requests().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn error_names_method_path_and_lookup() {
    let (client, _) = client_of([failure(404, "virtual_machine_not_found", "No such", "{}")]);
    let call = client
        .request(Method::POST, HIBERNATE)
        .query(&[("virtual_machine[fqdn]", "web-1.acme.example")]);
    let error = call.send::<Value>().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "POST /virtual_machines/virtual_machine/hibernate fqdn web-1.acme.example: 404 \
         virtual_machine_not_found: No such (request id 01J8ZK; 1 attempt)"
    );
    assert!(error.is_not_found());
    let operation = error.operation();
    assert_eq!(
        (operation.id, operation.method.as_str()),
        ("request", "POST")
    );
    assert_eq!(operation.path, HIBERNATE);
    assert_eq!(operation.idempotency_source, IdempotencySource::Method);
    assert_eq!(operation.api, Api::Core);
}

#[tokio::test(start_paused = true)]
async fn raw_request_that_cannot_be_sent_is_refused_before_anything_is_sent() {
    let get = |path: &str| (Method::GET, path.to_owned(), None);
    let table = [
        (
            get("https://evil.example/disks"),
            "GET request: the request could not be built: the path \"https://evil.example/disks\" has a host: \
             start it with one slash, the host is that of the client's base URL",
        ),
        (
            get("disks\r\nx: y"),
            "\"disks\\r\\nx: y\" does not start with a slash",
        ),
        (get("/a/../b"), "the path \"/a/../b\" has the segment"),
        (get("/core/v1/disks"), "leave out /core/v1"),
        (
            (Method::TRACE, "/a".into(), None),
            "the API has no TRACE requests",
        ),
        (
            (Method::GET, "/a".into(), Some(json!({}))),
            "a GET request has no body: pass the arguments with query()",
        ),
    ];
    for ((method, path, body), text) in table {
        let (client, scripted) = client_of([ok()]);
        let mut call = client.request(method, path);
        if let Some(body) = &body {
            call = call.json(body);
        }
        let invalid = call.validate().unwrap_err();
        let error = call.send::<Value>().await.unwrap_err();
        assert_eq!(invalid.to_string(), error.to_string());
        assert_eq!(error.kind(), ErrorKind::Build, "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(error.attempts(), 0);
        assert!(!error.to_string().contains(['\r', '\n']));
        assert!(scripted.requests().is_empty());
    }
    let (client, _) = client_of([ok()]);
    for query in [json!(1), json!(["a"]), json!([["a"]]), json!([[1, 2]])] {
        let call = client.request(Method::GET, "/a").query(&query);
        let error = call.send::<Value>().await.unwrap_err().to_string();
        assert!(
            error.contains("the query is neither pairs nor an object"),
            "{error}"
        );
    }
    // An empty lookup and the id of another kind, as for typed calls.
    let call = client.request(Method::POST, HIBERNATE);
    let error = call
        .query(&[("virtual_machine[id]", "task_1")])
        .validate()
        .unwrap_err();
    assert!(
        error.to_string().contains("another kind of object (task)"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn body_is_decoded_as_the_requested_type() {
    let send = async |response: ScriptedResponse| {
        let (client, _) = client_of([response]);
        client
            .request(Method::GET, "/things")
            .send::<Option<Hibernated>>()
            .await
    };
    assert!(send(response(204, "")).await.unwrap().is_none());
    assert!(send(ok()).await.unwrap().is_some());
    let error = send(response(200, r#"{"task":7}"#)).await.unwrap_err();
    assert!(error.is_decode() && !error.may_have_happened(), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("GET /things: 200: the response could not be decoded")
    );

    let (client, _) = client_of([response(200, ""), response(200, "plain text")]);
    client
        .request(Method::DELETE, "/things")
        .send::<()>()
        .await
        .unwrap();
    let call = client.request(Method::GET, "/things");
    assert_eq!(&call.send_bytes().await.unwrap()[..], b"plain text");
}

#[tokio::test(start_paused = true)]
async fn debug_output_has_no_arguments() {
    let (client, _) = client_of([ok()]);
    let call = client
        .request(Method::POST, "/things")
        .query(&[("password", "hunter2")])
        .json(&json!({"password": "hunter2"}))
        .header("x-secret", "hunter2")
        .body_field("password", "hunter2")
        .query_param("password", "hunter2");
    let debug = format!("{call:?} {:?}", call.options());
    assert!(!debug.contains("hunter2"), "{debug}");
    assert!(
        debug.contains("/things") && debug.contains("x-secret"),
        "{debug}"
    );
}
