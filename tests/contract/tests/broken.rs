//! Connections that break, and trying again: what a mock server that speaks proper HTTP cannot show.

mod support;

use std::time::Duration;

use katapult_contract::mock_server::{CannedResponse, MockServer};
use katapult_core::{Error, ErrorKind, Jitter, RetryPolicy};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use support::{builder, client, shut_down};

/// A server that answers its one connection with these bytes, right or wrong, and closes it.
async fn raw(response: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        stream.write_all(response.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    url
}

/// Reads head and body, so that closing does not reset the connection before the response is read.
async fn read_request(stream: &mut tokio::net::TcpStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"}}") {
        let mut piece = [0; 1024];
        let length = stream.read(&mut piece).await.unwrap();
        request.extend_from_slice(&piece[..length]);
        if length == 0 {
            break;
        }
    }
}

#[tokio::test]
async fn what_breaks_off_is_told_and_nothing_panics() {
    use ErrorKind::{NotFound, Unconfirmed};
    #[rustfmt::skip]
    let rows = [
        ("no response at all", "", Unconfirmed, None, None),
        ("half a head", "HTTP/1.1 200 OK\r\ncontent-le", Unconfirmed, None, None),
        ("half a success", "HTTP/1.1 200 OK\r\ncontent-length: 70\r\n\r\n{\"task\":{\"id\":\"ta", Unconfirmed, Some(200), None),
        ("half a success of no told length", "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"task\":{\"id\":\"ta", Unconfirmed, Some(200), None),
        ("half a chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n40\r\n{\"task\":", Unconfirmed, Some(200), None),
        ("half a failure", "HTTP/1.1 404 Not Reconciled\r\ncontent-length: 90\r\n\r\n{\"error\":{\"code\":\"vir", NotFound, Some(404), None),
        ("a failure too short", "HTTP/1.1 404 Not Reconciled\r\ncontent-length: 90\r\n\r\n{\"error\":{\"code\":\"virtual_machine_not_found\"}}", NotFound, Some(404), Some("virtual_machine_not_found")),
    ];
    for (name, response, kind, status, code) in rows {
        let error = shut_down(&client(&raw(response).await)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert_eq!(
            error.status().map(|status| status.as_u16()),
            status,
            "{name}: {error}"
        );
        assert_eq!(
            error.code().map(|code| code.as_str()),
            code,
            "{name}: {error}"
        );
        assert_eq!(error.attempts(), 1, "{name}: {error}");
        assert_eq!(
            error.may_have_happened(),
            kind == Unconfirmed,
            "{name}: {error}"
        );
        assert!(!error.is_retryable(), "{name}: {error}");
    }
}

#[tokio::test]
async fn nobody_listening_is_no_accident() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = shut_down(&client(&url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert_eq!(support::yes(&error), ["retryable"], "{error}");
    assert_eq!(error.status(), None);
}

fn failure(status: u16, code: &str) -> CannedResponse {
    let body = json!({"error": {"code": code, "description": "No", "detail": {}}}).to_string();
    response(status, body)
}

fn response(status: u16, body: String) -> CannedResponse {
    let mut response = CannedResponse {
        status: status.try_into().unwrap(),
        body: body.into(),
        ..CannedResponse::default()
    };
    response.headers.insert("retry-after", "0".parse().unwrap());
    response
}

/// The call against these responses, in their order, with a client that tries three times.
async fn against(
    responses: impl IntoIterator<Item = CannedResponse>,
) -> (Result<u32, Error>, usize) {
    let server = MockServer::start().await.unwrap();
    for response in responses {
        server.enqueue(response);
    }
    let policy = RetryPolicy::default()
        .max_attempts(3)
        .initial_backoff(Duration::from_millis(1))
        .jitter(Jitter::None);
    let katapult = builder(&server.url()).retry(policy).build().unwrap();
    let outcome = shut_down(&katapult)
        .await
        .map(|response| response.attempts());
    (outcome, server.take_requests().len())
}

#[tokio::test]
async fn what_was_refused_is_asked_again() {
    let success = || response(200, support::task("pending").to_string());
    let unavailable = || failure(503, "service_unavailable");

    let (outcome, arrived) = against([unavailable(), success()]).await;
    assert_eq!((outcome.unwrap(), arrived), (2, 2));

    let (outcome, arrived) =
        against([failure(429, "rate_limit_reached"), unavailable(), success()]).await;
    assert_eq!((outcome.unwrap(), arrived), (3, 3));

    let (outcome, arrived) =
        against([unavailable(), unavailable(), unavailable(), success()]).await;
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), arrived),
        (ErrorKind::Unavailable, 3, 3),
        "{error}"
    );
    assert!(error.to_string().contains("3 attempts"), "{error}");
}

#[tokio::test]
async fn what_may_have_happened_is_not() {
    let bad_gateway = response(502, "<html>".to_owned());
    let (outcome, arrived) = against([
        bad_gateway,
        response(200, support::task("pending").to_string()),
    ])
    .await;
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), arrived),
        (ErrorKind::Unconfirmed, 1, 1),
        "{error}"
    );
}
