//! A reqwest client of the user's that follows redirects.

use std::net::{Ipv4Addr, SocketAddr};

use katapult_core::{Client, Error, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

use crate::support::*;

/// A client of a server that redirects the first request of each connection to this URL, or serves its path
/// `/elsewhere`.
async fn client_of(redirect: reqwest::redirect::Policy, location: &str) -> Client {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let location = location.to_owned();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let length = socket.read(&mut request).await.unwrap();
            let body = r#"{"virtual_machine":{"id":"vm_1"},"task":{"id":"task_1"}}"#;
            let response = if request[..length].starts_with(b"GET /elsewhere") {
                let length = body.len();
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                )
            } else {
                format!(
                    "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
            };
            socket.write_all(response.as_bytes()).await.unwrap();
        }
    });
    let http = reqwest::Client::builder()
        .redirect(redirect)
        .build()
        .unwrap();
    let builder = Client::builder().token(TOKEN).base_url(&url);
    builder.http_client(http).build().unwrap()
}

fn assert_redirected(error: &Error, kind: ErrorKind) {
    let text = error.to_string();
    assert_eq!((error.kind(), error.attempts()), (kind, 1), "{text}");
    assert!(text.contains("followed a redirect"), "{text}");
    assert!(!error.is_retryable() && !error.is_connect(), "{text}");
}

#[tokio::test]
async fn followed_redirect_is_an_error_and_unconfirmed_for_writes() {
    for location in ["/elsewhere", "ftp://files.example/", "/loop"] {
        let client = client_of(reqwest::redirect::Policy::limited(2), location).await;
        let error = get(&client).send().await.unwrap_err();
        assert_redirected(&error, ErrorKind::Status);
        assert!(!error.may_have_happened(), "{error}");
        let error = post(&client).send().await.unwrap_err();
        assert_redirected(&error, ErrorKind::Unconfirmed);
        assert!(error.may_have_happened(), "{error}");
    }
}

#[tokio::test]
async fn redirect_to_a_host_with_the_name_of_the_token_does_not_show_it() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let host = format!("{TOKEN}.example");
    let location = format!("http://{host}:{}/?t={TOKEN}", address.port());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let length = socket.read(&mut request).await.unwrap();
            let status = match request[..length].starts_with(b"GET /?t=") {
                true => "200 OK\r\n".to_owned(),
                false => format!("302 Found\r\nlocation: {location}\r\n"),
            };
            let response =
                format!("HTTP/1.1 {status}content-length: 0\r\nconnection: close\r\n\r\n");
            socket.write_all(response.as_bytes()).await.unwrap();
        }
    });
    let http = reqwest::Client::builder().resolve(&host, address).build();
    let client = Client::builder()
        .token(TOKEN)
        .base_url(&format!("http://{address}"))
        .http_client(http.unwrap());
    let error = get(&client.build().unwrap()).send().await.unwrap_err();
    assert_redirected(&error, ErrorKind::Status);
    let texts = format!("{error} {error:?} {:?}", error.cause());
    assert!(texts.contains("[redacted].example"), "{texts}");
    assert!(!texts.contains(TOKEN), "{texts}");
}

#[tokio::test]
async fn write_that_was_redirected_to_a_closed_port_is_unconfirmed() {
    // A port that is bound, so that no other process can take it, but that nobody listens on.
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address: SocketAddr = closed.local_addr().unwrap();
    let location = format!("http://{address}/");
    let client = client_of(reqwest::redirect::Policy::default(), &location).await;
    let error = post(&client).send().await.unwrap_err();
    assert!(error.is_unconfirmed(), "{error}");
    assert_eq!(error.attempts(), 1, "{error}");
}

#[tokio::test]
async fn client_without_redirects_retries_a_write_that_was_not_sent() {
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = Client::builder()
        .token(TOKEN)
        .base_url(&format!("http://{}", closed.local_addr().unwrap()))
        .retry(exact().initial_backoff(std::time::Duration::ZERO))
        .http_client(http.build().unwrap());
    let error = post(&client.build().unwrap()).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Connect, 5),
        "{error}"
    );
}
