//! Bytes on the wire that are not proper HTTP, connections that break, and memory that is bounded.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use katapult_core::{Client, ClientBuilder, Error, ErrorKind, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

use crate::support::*;

fn client(address: SocketAddr) -> ClientBuilder {
    let url = format!("http://{address}");
    let builder = Client::builder().token(TOKEN).base_url(&url);
    builder.retry(RetryPolicy::none())
}

/// The errors of a read and of a write.
struct Errors {
    read: Option<Error>,
    write: Option<Error>,
}

/// Serves these bytes to one connection of a read and to one of a write, and closes it.
async fn over_the_wire(bytes: &str) -> Errors {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = client(listener.local_addr().unwrap()).build().unwrap();
    let bytes = bytes.to_owned();
    let serving = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().await.unwrap();
            // One packet of loopback has the whole request: nothing unread resets the connection.
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(bytes.as_bytes()).await;
            let _ = socket.shutdown().await;
        }
    });
    let errors = Errors {
        read: get(&client).send().await.err(),
        write: post(&client).send().await.err(),
    };
    serving.await.unwrap();
    errors
}

#[tokio::test]
async fn response_without_a_body_is_complete_without_content_length() {
    for status in ["204 No Content", "205 Reset Content", "304 Not Modified"] {
        let errors = over_the_wire(&format!("HTTP/1.1 {status}\r\n\r\n")).await;
        for error in [errors.read, errors.write] {
            // The operations need a body, so the error is about that, and the request is not repeated.
            let error = error.unwrap();
            assert_ne!(error.kind(), ErrorKind::Unconfirmed, "{status}: {error}");
            assert_ne!(error.kind(), ErrorKind::Connect, "{status}: {error}");
            assert_eq!(error.attempts(), 1, "{status}: {error}");
            assert!(!error.is_retryable(), "{status}: {error}");
        }
    }
}

#[tokio::test]
async fn malformed_http_is_classified_as_connection_or_decode_error() {
    use ErrorKind::{Connect, Decode};
    let ok = r#"{"virtual_machine":{"id":"vm_1"},"task":{"id":"t"}}"#;
    let length = ok.len();
    let head = |lines: &str, body: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n{body}");
    let sized = |length: usize, body: &str| head(&format!("content-length: {length}"), body);
    // bytes, the kind for a read, whether a write is unconfirmed
    let table = [
        (sized(length, ok), None, false),
        (sized(length, &format!("{ok}{{}}")), None, false),
        (sized(20, ok), Some(Decode), true),
        (sized(99, ok), Some(Decode), true),
        (sized(0, ""), Some(Decode), false),
        (head("content-length: -1", ok), Some(Connect), true),
        (head("content-length: many", ok), Some(Connect), true),
        (
            head("content-length: 51\r\ncontent-length: 52", ok),
            Some(Connect),
            true,
        ),
        (
            head("transfer-encoding: chunked", "zz\r\n"),
            Some(Decode),
            true,
        ),
        (
            head("transfer-encoding: chunked", "21\r\n{\"virtual"),
            Some(Decode),
            true,
        ),
        // Without a length the end of the connection may be the body's end or a failure.
        (head("connection: close", "{\"virtual"), Some(Decode), true),
        (
            head(&format!("x: {}", "y".repeat(2 << 20)), ok),
            Some(Connect),
            true,
        ),
        (head(&"x: y\r\n".repeat(5000), ok), Some(Connect), true),
        (head("no header", ok), Some(Connect), true),
        (
            "HTTP/1.1 200 OK\r\ncontent-le".to_owned(),
            Some(Connect),
            true,
        ),
        (
            "HTTP/1.1 999999 What\r\n\r\n".to_owned(),
            Some(Connect),
            true,
        ),
        ("SSH-2.0-OpenSSH_9.6\r\n".to_owned(), Some(Connect), true),
        ("\0\u{1}\u{2}\u{3}".to_owned(), Some(Connect), true),
        (String::new(), Some(Connect), true),
    ];
    for (bytes, kind, unconfirmed) in table {
        let start: String = bytes.chars().take(120).collect();
        let Errors { read, write } = over_the_wire(&bytes).await;
        assert_eq!(read.as_ref().map(Error::kind), kind, "{start:?}: {read:?}");
        let found = write.as_ref().is_some_and(Error::is_unconfirmed);
        assert_eq!(found, unconfirmed, "{start:?}: {write:?}");
        assert_eq!(write.is_some(), kind.is_some(), "{start:?}: {write:?}");
    }
}

#[tokio::test]
async fn json_that_ends_with_the_connection_too_early_is_retryable() {
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    let Errors { read, write } = over_the_wire(&format!("{head}{{\"virtual")).await;
    let (read, write) = (read.unwrap(), write.unwrap());
    assert!(read.is_retryable(), "{read}");
    assert!(
        read.to_string().contains("truncated after 9 bytes"),
        "{read}"
    );
    assert!(write.is_unconfirmed() && !write.is_retryable(), "{write}");
    // What is no JSON at all is no part of it.
    let Errors { read, .. } = over_the_wire(&format!("{head}<html>")).await;
    assert!(read.is_some_and(|read| !read.is_retryable()));
}

#[tokio::test]
async fn error_response_that_breaks_off_is_classified_by_its_status() {
    let code = r#"{"error":{"code":"virtual_machine_not_found"}}"#;
    for (body, expected) in [
        (code, Some("virtual_machine_not_found")),
        (&code[..20], None),
    ] {
        let bytes = format!("HTTP/1.1 404 Not Found\r\ncontent-length: 90\r\n\r\n{body}");
        let Errors { read, write } = over_the_wire(&bytes).await;
        for error in [read.unwrap(), write.unwrap()] {
            assert!(
                error.is_not_found() && !error.may_have_happened(),
                "{error}"
            );
            assert_eq!(error.code().map(|code| code.as_str()), expected, "{error}");
        }
    }
}

#[tokio::test]
async fn broken_response_is_retried_on_another_connection() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = client(listener.local_addr().unwrap());
    let retry = exact().max_attempts(2).initial_backoff(Duration::ZERO);
    let client = client.retry(retry).build().unwrap();
    let serving = tokio::spawn(async move {
        for length in [33, 17] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            let body = &br#"{"virtual_machine":{"id":"vm_1"}}"#[..length];
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 34\r\n\r\n";
            socket.write_all(&[head, body].concat()).await.unwrap();
        }
    });
    let error = get(&client).send().await.unwrap_err();
    assert_eq!(error.attempts(), 2);
    assert!(error.to_string().contains("after 17 bytes"), "{error}");
    serving.await.unwrap();
}

/// Sends a head and then a mebibyte, 100 times over, and returns how much the client took.
async fn serve_100_mib(listener: TcpListener, head: &'static str) -> usize {
    let (mut socket, _) = listener.accept().await.unwrap();
    let _ = socket.read(&mut [0; 4096]).await;
    let piece = vec![b' '; 1 << 20];
    let mut sent = 0;
    let mut next = head.as_bytes();
    while sent < 100 << 20 && socket.write_all(next).await.is_ok() {
        sent += next.len();
        next = &piece;
    }
    sent
}

#[tokio::test]
async fn oversized_response_is_not_read_beyond_the_limit() {
    const MIB: usize = 1 << 20;
    let heads = [
        "HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 104857600\r\n\r\n",
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
    ];
    for head in heads {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let client = client(listener.local_addr().unwrap()).build().unwrap();
        let serving = tokio::spawn(serve_100_mib(listener, head));
        let error = get(&client).send().await.unwrap_err();
        drop(client);
        assert!(error.body().unwrap().len() <= 16 * MIB);
        // Beyond the limit there is what the system's buffers took.
        let sent = serving.await.unwrap();
        assert!(sent < 40 * MIB, "{sent}");
        let text = error.to_string();
        match error.is_not_found() {
            true => assert!(head.contains("404")),
            false => assert!(text.contains("larger than 16777216 bytes"), "{text}"),
        }
    }
}

#[tokio::test]
async fn refused_connection_is_retried_and_surely_did_not_happen() {
    // A port that is bound, so that no other process can take it, but that nobody listens on.
    let reserved = TcpSocket::new_v4().unwrap();
    reserved.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let retry = RetryPolicy::default().max_attempts(3);
    let client = client(reserved.local_addr().unwrap());
    let client = client.retry(retry.initial_backoff(Duration::ZERO));
    let error = post(&client.build().unwrap()).send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    assert!(!error.may_have_happened() && error.is_retryable());
    assert_eq!(error.status(), None);
    assert!(error.to_string().contains("could not connect: "), "{error}");
    assert!(error.to_string().contains("Connection refused"), "{error}");
    assert!(error.cause().is_some());
}
