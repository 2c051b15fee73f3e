//! Connection errors that no further attempt changes: an untrusted certificate, a proxy that refuses the client, a
//! request that cannot be built.

use std::net::Ipv4Addr;
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::ScriptedClient;
use katapult_core::types::VirtualMachineLookup;
use katapult_core::{
    Client, ClientBuilder, Error, ErrorKind, HttpBody, HttpClientError, HttpFuture, RetryBudget,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::*;
use crate::tls::Authority;

/// A client with the default retries.
fn client_of_url(url: &str) -> ClientBuilder {
    Client::builder().token(TOKEN).base_url(url)
}

/// Sends a read and a write, and checks that each fails at once, by itself, with these texts.
async fn assert_permanent(client: &Client, texts: &[&str]) {
    for error in [
        get(client).send().await.unwrap_err(),
        post(client).send().await.unwrap_err(),
    ] {
        assert_fails_at_once(&error, texts);
    }
}

fn assert_fails_at_once(error: &Error, texts: &[&str]) {
    assert_eq!(error.attempts(), 1, "{error}");
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert!(
        !error.is_retryable() && !error.may_have_happened(),
        "{error}"
    );
    let text = error.to_string();
    for part in texts {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn untrusted_certificate_fails_at_the_first_attempt() {
    let server = Authority::new().server("http/1.1", None).await;
    let client = client_of_url(&format!("https://{}", server.address()));
    let client = client.build().unwrap();
    let serving = tokio::spawn(server.serve_machine());
    // Of rustls, or of OpenSSL.
    let reason = match cfg!(feature = "rustls-tls") {
        true => "invalid peer certificate: UnknownIssuer",
        false => "certificate verify failed",
    };
    let texts = ["cannot be sent: 127.0.0.1: ", reason, "root_certificates"];
    assert_permanent(&client, &texts).await;
    serving.abort();
}

#[tokio::test]
async fn server_without_tls_fails_at_the_first_attempt() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = client_of_url(&format!("https://{}", listener.local_addr().unwrap()));
    let serving = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let texts = ["127.0.0.1: ", "does not use TLS on this port"];
    assert_permanent(&client.build().unwrap(), &texts).await;
    serving.abort();
}

#[tokio::test]
async fn proxy_that_refuses_the_credentials_fails_at_the_first_attempt() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            let response = "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
            let _ = socket.write_all(response.as_bytes()).await;
        }
    });
    let proxy = reqwest::Proxy::all(proxy).unwrap();
    let client = client_of_url("https://api.katapult.test").proxy(proxy);
    let texts = ["api.katapult.test: ", "proxy authorization required"];
    assert_permanent(&client.build().unwrap(), &texts).await;
    serving.abort();
}

#[cfg(feature = "rustls-tls")] // with native-tls, reqwest does not notice it
#[tokio::test]
async fn unsupported_proxy_scheme_fails_at_the_first_attempt() {
    let output = tokio::task::spawn_blocking(|| {
        crate::client_defaults::in_process(&[
            ("KATAPULT_API_KEY", TOKEN),
            ("KATAPULT_API_URL", "https://api.katapult.test"),
            ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ])
    });
    let output = output.await.unwrap();
    for part in [
        "api.katapult.test: unsupported scheme socks5",
        "(1 attempt)",
    ] {
        assert!(output.contains(part), "{output}");
    }
}

#[tokio::test]
async fn lookup_that_does_not_fit_into_a_request_is_not_sent() {
    for client in [
        ScriptedClient::new([]).client_builder().token(TOKEN),
        client_of_url("https://api.katapult.test"),
    ] {
        let client = client.build().unwrap();
        let long = VirtualMachineLookup::fqdn("x".repeat(70_000));
        let error = client.virtual_machines().get(long).send().await;
        let error = error.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Build, 0),
            "{error}"
        );
        assert!(!error.is_retryable(), "{error}");
    }
}

#[tokio::test]
async fn client_can_report_a_permanent_error() {
    let budget = RetryBudget::default().capacity(1.0).refill_per_second(0.0);
    let client = Client::builder()
        .token(TOKEN)
        .retry_budget(budget)
        .http_client(
            |request: http::Request<bytes::Bytes>| -> HttpFuture<'static> {
                let write = request.method() == http::Method::POST;
                Box::pin(async move {
                    Err(match write {
                        true => HttpClientError::not_sent("refused"),
                        false => HttpClientError::permanent("no route is configured"),
                    })
                })
            },
        )
        .build()
        .unwrap();
    for _ in 0..3 {
        let error = get(&client).send().await.unwrap_err();
        assert_fails_at_once(
            &error,
            &["the request cannot be sent: no route is configured"],
        );
    }
    // The one token of the budget is still there.
    let error = post(&client)
        .retry(exact().initial_backoff(Duration::ZERO))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 2, "{error}");
}

#[tokio::test]
async fn permanent_error_uses_none_of_the_quota() {
    let client = Client::builder()
        .token(TOKEN)
        .http_client(
            |request: http::Request<bytes::Bytes>| -> HttpFuture<'static> {
                let read = request.method() == http::Method::GET;
                Box::pin(async move {
                    if !read {
                        return Err(HttpClientError::permanent("untrusted"));
                    }
                    let response = http::Response::builder()
                        .header("x-ratelimit-permitted", "1000")
                        .header("x-ratelimit-remaining", "500");
                    let body = HttpBody::new(r#"{"virtual_machine":{"id":"vm_1"}}"#);
                    response.body(body).map_err(HttpClientError::not_sent)
                })
            },
        )
        .build()
        .unwrap();
    get(&client).send().await.unwrap();
    let before = client.rate_limit().unwrap();
    post(&client).send().await.unwrap_err();
    let after = client.rate_limit().unwrap();
    assert_eq!((after.remaining, after.in_flight), (before.remaining, 0));
    assert_eq!(after.remaining, 500);
}
