//! HTTP/2: connections that fall silent, and streams that the server refuses.

use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::server::{Connection, SendResponse};
use katapult_core::prelude::*;
use katapult_core::{Client, ErrorKind, RetryPolicy};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::server::TlsStream;

use crate::support::*;
use crate::tls::{Authority, TlsServer};

type Stream = Connection<TlsStream<TcpStream>, Bytes>;

async fn server() -> (TlsServer, Client) {
    let authority = Authority::new();
    let server = authority.server("h2", None).await;
    let root = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let client = Client::builder()
        .token(TOKEN)
        .base_url(&format!("https://{}", server.address()))
        .root_certificates([root])
        .build()
        .unwrap();
    (server, client)
}

async fn accept(server: &TlsServer) -> Stream {
    let stream = server.accept().await.unwrap();
    h2::server::handshake(stream).await.unwrap()
}

/// The next request, of which only the way to respond is of interest.
async fn request(connection: &mut Stream) -> SendResponse<Bytes> {
    let (_, respond) = connection.accept().await.unwrap().unwrap();
    respond
}

/// Sends a success of each operation that the tests call.
fn succeed(respond: &mut SendResponse<Bytes>) {
    let body = r#"{"virtual_machine":{"id":"vm_1"},"task":{"id":"task_1"}}"#;
    let mut stream = respond
        .send_response(http::Response::new(()), false)
        .unwrap();
    stream
        .send_data(Bytes::from_static(body.as_bytes()), true)
        .unwrap();
}

/// Drives a connection for long enough to write what was sent on it.
async fn flush(connection: &mut Stream) {
    let _ = timeout(Duration::from_millis(200), connection.accept()).await;
}

async fn serve_all(mut connection: Stream) {
    while let Some(Ok((_, mut respond))) = connection.accept().await {
        succeed(&mut respond);
    }
}

/// A server whose first connection answers one request, and then stays open without a word.
async fn falls_silent(server: TlsServer) {
    let mut silent = accept(&server).await;
    succeed(&mut request(&mut silent).await);
    flush(&mut silent).await;
    serve_all(accept(&server).await).await;
    // The first connection is open until here.
    drop(silent);
    pending().await
}

#[tokio::test]
async fn silent_connection_is_replaced_within_15_seconds_by_default() {
    let in_use = async {
        let (server, client) = server().await;
        let serving = tokio::spawn(falls_silent(server));
        get(&client).send().await.unwrap();
        sleep(Duration::from_millis(300)).await;
        let started = Instant::now();
        let machine = get(&client).send().await.unwrap();
        assert_eq!(machine.attempts(), 2);
        assert!(started.elapsed() < Duration::from_secs(15));
        serving.abort();
    };
    let idle = async {
        let (server, client) = server().await;
        let serving = tokio::spawn(falls_silent(server));
        get(&client).send().await.unwrap();
        sleep(Duration::from_secs(12)).await;
        // The pings closed it before anybody needed it.
        let machine = get(&client).send().await.unwrap();
        assert_eq!(machine.attempts(), 1);
        serving.abort();
    };
    tokio::join!(in_use, idle);
}

#[tokio::test]
async fn refused_stream_is_not_sent_and_counts_as_an_attempt() {
    let (server, client) = server().await;
    let serving = tokio::spawn(async move {
        let mut connection = accept(&server).await;
        let mut streams = 0;
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            streams += 1;
            match streams {
                1..=3 => respond.send_reset(Reason::REFUSED_STREAM),
                _ => succeed(&mut respond),
            }
            if streams == 5 {
                flush(&mut connection).await;
                break;
            }
        }
        streams
    });
    let once = post(&client).retry(RetryPolicy::none());
    let error = once.send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Connect, 1),
        "{error}"
    );
    assert!(
        error.is_retryable() && !error.may_have_happened(),
        "{error}"
    );
    let again = post(&client).retry(exact().initial_backoff(Duration::ZERO));
    assert_eq!(again.send().await.unwrap().attempts(), 3);
    get(&client).send().await.unwrap();
    // Nothing else was sent: reqwest repeats nothing by itself.
    assert_eq!(serving.await.unwrap(), 5);
}

#[tokio::test]
async fn write_on_a_connection_that_shuts_down_is_sent_again_only_if_it_was_not_processed() {
    for (processed, abruptly) in [(false, true), (true, false), (true, true)] {
        let (server, client) = server().await;
        let serving = tokio::spawn(async move {
            let mut connection = accept(&server).await;
            let _unanswered = match processed {
                true => Some(request(&mut connection).await),
                false => None,
            };
            match abruptly {
                true => connection.abrupt_shutdown(Reason::NO_ERROR),
                false => connection.graceful_shutdown(),
            }
            flush(&mut connection).await;
            drop(connection);
            serve_all(accept(&server).await).await;
        });
        let call = post(&client).retry(exact().initial_backoff(Duration::ZERO));
        let result = call.send().await;
        match result {
            Ok(response) => assert!(!processed, "{} attempts", response.attempts()),
            Err(error) => assert!(processed && error.is_unconfirmed(), "{processed}: {error}"),
        }
        serving.abort();
    }
}
