//! Connections of the default HTTP client, over sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use katapult_core::{Client, ClientBuilder, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::time;

use crate::support::*;

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn client(address: SocketAddr) -> ClientBuilder {
    let builder = Client::builder().token(TOKEN).retry(RetryPolicy::none());
    builder.base_url(&format!("http://{address}"))
}

#[cfg(any(feature = "rustls-tls", feature = "native-tls"))]
#[tokio::test]
async fn silent_tls_handshake_ends_with_the_connect_timeout() {
    let (listener, address) = listen().await;
    let serving = tokio::spawn(async move {
        let mut silent = Vec::new();
        loop {
            silent.push(listener.accept().await.unwrap());
        }
    });
    let builder = client(address).base_url(&format!("https://{address}"));
    let builder = builder.connect_timeout(Duration::from_millis(200));
    // Far above the connect timeout, and far below the time in which the test would fail without it.
    let client = builder.attempt_timeout(Duration::from_secs(10));
    let started = time::Instant::now();
    let error = post(&client.build().unwrap()).send().await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5), "{error}");
    // Nothing was sent, so that even a POST can be repeated.
    assert!(error.is_connect() && error.is_retryable(), "{error}");
    assert!(!error.may_have_happened() && !error.is_unconfirmed());
    serving.abort();
}

#[cfg(any(feature = "rustls-tls", feature = "native-tls"))]
#[tokio::test(start_paused = true)]
async fn connect_timeout_is_10s_by_default() {
    // The system accepts the connections, and nobody answers on them.
    let (_listener, address) = listen().await;
    let client = client(address).base_url(&format!("https://{address}"));
    let client = client.build().unwrap();
    let started = time::Instant::now();
    let error = post(&client).send().await.unwrap_err();
    assert!(error.is_connect() && !error.may_have_happened(), "{error}");
    assert_eq!(started.elapsed().as_secs(), 10);
}

/// Returns the number of connections on which two calls are sent, with this time between them.
async fn connections_of_two_calls(pause: Duration) -> usize {
    let (listener, address) = listen().await;
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let serving = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let body = r#"{"virtual_machine":{"id":"vm_1"}}"#;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                while socket.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
                    let response = [head.as_bytes(), body.as_bytes()].concat();
                    socket.write_all(&response).await.unwrap();
                }
            });
        }
    });
    let client = client(address).build().unwrap();
    get(&client).send().await.unwrap();
    // The clock is paused only while it is advanced: paused time would end the waits for sockets.
    time::pause();
    time::advance(pause).await;
    time::resume();
    get(&client).send().await.unwrap();
    serving.abort();
    connections.load(Ordering::SeqCst)
}

#[tokio::test]
async fn connection_is_reused_for_20_seconds_and_not_after() {
    assert_eq!(connections_of_two_calls(Duration::from_secs(15)).await, 1);
    assert_eq!(connections_of_two_calls(Duration::from_secs(21)).await, 2);
}

#[tokio::test]
async fn error_of_a_connection_has_no_url() {
    let (listener, closing) = listen().await;
    let serving = tokio::spawn(async move {
        loop {
            drop(listener.accept().await.unwrap());
        }
    });
    // A port that is bound, so that no other process can take it, but that nobody listens on.
    let refusing = TcpSocket::new_v4().unwrap();
    refusing.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    for address in [closing, refusing.local_addr().unwrap()] {
        let client = client(address).build().unwrap();
        let error = get(&client).send().await.unwrap_err();
        assert!(error.is_connect(), "{error}");
        let cause = error.cause().unwrap();
        let texts = format!("{error} {error:?} {cause} {cause:?}");
        // The operation and the lookup are named, and the query could hold data.
        for part in ["http:", "core/v1", "virtual_machine%5B", "virtual_machine["] {
            assert!(!texts.contains(part), "{part}: {texts}");
        }
    }
    serving.abort();
}

#[tokio::test]
async fn write_that_switches_protocols_may_have_happened() {
    let (listener, address) = listen().await;
    let serving = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 4096]).await;
        let head = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
        socket.write_all(head).await.unwrap();
        let _ = socket.read(&mut [0; 4096]).await;
    });
    let client = client(address).build().unwrap();
    let error = post(&client).send().await.unwrap_err();
    assert!(
        error.may_have_happened() && !error.is_retryable(),
        "{error}"
    );
    serving.abort();
}
