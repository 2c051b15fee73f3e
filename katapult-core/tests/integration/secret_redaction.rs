//! The token, and secrets in responses, appear in no text that the client makes.

use std::error::Error as _;
use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use katapult_core::prelude::*;
use katapult_core::test_util::ScriptedClient;
use katapult_core::{Client, Error, RetryPolicy, Secret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::*;

fn debug(value: &dyn Debug) -> String {
    format!("{value:?} {value:#?}")
}

/// Returns all texts of an error: its own, and those of its causes.
fn texts(error: &Error) -> String {
    let mut text = format!("{error} {}", debug(error));
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!("{cause} {}", debug(&cause));
        source = cause.source();
    }
    text
}

fn assert_redacted(text: &str) {
    assert!(!text.contains(TOKEN), "{text}");
    assert!(!text.contains("Bearer"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn debug_of_client_call_and_response_has_no_token() {
    let scripted = ScriptedClient::new([ok()]);
    let builder = builder(&scripted);
    assert_redacted(&debug(&builder));
    let client = builder.build().unwrap();
    assert_redacted(&debug(&client));
    assert_redacted(&debug(client.transport()));
    let call = post(&client);
    assert_redacted(&debug(&call));
    assert_redacted(&debug(call.options()));
    assert_redacted(&debug(&call.send().await.unwrap()));
    let sent = &scripted.requests()[0];
    assert_eq!(
        sent.header("authorization"),
        Some(&*format!("Bearer {TOKEN}"))
    );
}

#[tokio::test(start_paused = true)]
async fn error_of_each_cause_has_no_token() {
    // A careless proxy may send the request's headers back.
    let echo = format!("<html>authorization: Bearer {TOKEN}</html>");
    let responses = [
        unavailable(),
        failure(403, "invalid_api_token", "No", "{}"),
        rate_limited(),
        reset(),
        refused(),
        truncated(),
        slow(99),
        response(200, "[]"),
        response(200, echo.clone()),
        response(404, echo.clone()),
        response(502, echo),
    ];
    for response in responses {
        let (client, _) = client_of([response]);
        let call = post(&client).retry(RetryPolicy::none());
        assert_redacted(&texts(&call.send().await.unwrap_err()));
    }
}

#[tokio::test(start_paused = true)]
async fn password_in_a_response_is_readable_but_redacted_in_debug() {
    const PASSWORD: &str = "aB3-very-secret";
    let body =
        format!(r#"{{"virtual_machine":{{"id":"vm_1","initial_root_password":"{PASSWORD}"}}}}"#);
    let (client, _) = client_of([response(200, body)]);
    let machine = get(&client).send().await.unwrap();
    let password = machine.initial_root_password.as_ref();
    assert_eq!(password.map(Secret::expose_secret), Some(PASSWORD));
    let text = debug(&machine);
    assert!(!text.contains(PASSWORD), "{text}");
}

#[test]
fn configuration_error_has_no_token() {
    let error = |url: &str, token: &str| {
        let builder = Client::builder().base_url(url).token(token);
        let error = builder.build().unwrap_err();
        format!("{error} {}", debug(&error))
    };
    let unsendable = error("https://api.katapult.io", &format!("{TOKEN}\nend"));
    assert!(unsendable.contains("not valid in a header"), "{unsendable}");
    assert_redacted(&unsendable);
    for url in ["http://api.example.com", "nonsense", "ftp://127.0.0.1"] {
        assert_redacted(&error(url, TOKEN));
    }
    assert!(error("https://api.katapult.io", "").contains("empty"));
}

/// Serves the same bytes to each connection, and records the requests.
async fn serve(response: String) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let received = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let length = socket.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            received.lock().unwrap().push(request);
            let _ = socket.write_all(response.as_bytes()).await;
        }
    });
    (port, requests)
}

#[tokio::test]
async fn redirect_is_not_followed_and_its_target_gets_no_token() {
    let elsewhere = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let (other, requests_there) = serve(elsewhere.into()).await;
    for status in [301, 302, 303, 307, 308] {
        let target = format!("http://localhost:{other}/core/v1/elsewhere");
        let response =
            format!("HTTP/1.1 {status} Moved\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
        let (port, requests_here) = serve(response).await;
        let url = format!("http://127.0.0.1:{port}");
        let client = Client::builder().token(TOKEN).base_url(&url);
        let error = get(&client.build().unwrap()).send().await.unwrap_err();
        assert_eq!(error.status().unwrap(), status);
        assert!(error.to_string().contains(&target), "{error}");
        assert_redacted(&texts(&error));
        assert!(requests_here.lock().unwrap()[0].contains(TOKEN));
    }
    assert_eq!(requests_there.lock().unwrap().len(), 0);
}
