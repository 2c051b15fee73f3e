//! Layers round the HTTP client: of tower, and by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::{
    Client, ErrorKind, HttpBody, HttpClient, HttpClientError, HttpClientService, HttpFuture,
    HttpResponse, TowerClient,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::{Service, ServiceBuilder, service_fn};

use crate::support::*;

fn client_of_service<S>(service: S) -> Client
where
    TowerClient<S>: HttpClient,
{
    let client = Client::builder().token(TOKEN).retry(exact());
    client
        .http_client(TowerClient::new(service))
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn layers_of_tower_wrap_the_client() {
    let scripted = ScriptedClient::from_fn(|_, _| slow(1));
    let service = ServiceBuilder::new()
        .concurrency_limit(2)
        .service(HttpClientService::new(scripted.clone()));
    let client = client_of_service(service);
    let started = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..4 {
        let call = get(&client);
        running.spawn(async move { call.send().await.unwrap() });
    }
    running.join_all().await;
    // Two at a time.
    assert_eq!(started.elapsed(), Duration::from_secs(2));
    assert_eq!(scripted.requests().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn error_of_a_layer_after_sending_is_ambiguous_and_before_it_is_not() {
    let never = ScriptedClient::new([ScriptedResponse::never()]);
    let service = ServiceBuilder::new()
        .timeout(Duration::from_secs(1))
        .service(HttpClientService::new(never));
    let error = post(&client_of_service(service)).send().await.unwrap_err();
    assert!(error.is_unconfirmed() && error.attempts() == 1, "{error}");

    let refusing = ScriptedClient::new([refused()]);
    let client = client_of_service(HttpClientService::new(refusing));
    let error = post(&client).send().await.unwrap_err();
    // The client's own error keeps what it states.
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Connect, 5),
        "{error}"
    );

    // Layers that refuse a request only when it is made have to state that nothing was sent.
    let overloaded = ServiceBuilder::new()
        .map_err(HttpClientError::not_sent)
        .load_shed()
        .concurrency_limit(1)
        .service(service_fn(|_: Request<Bytes>| {
            std::future::pending::<Result<HttpResponse, HttpClientError>>()
        }));
    let client = client_of_service(overloaded);
    let waiting = tokio::spawn(post(&client).send());
    tokio::time::sleep(Duration::from_millis(1)).await;
    let error = post(&client).send().await.unwrap_err();
    assert_eq!(error.attempts(), 5, "{error}");
    assert!(!error.may_have_happened(), "{error}");
    waiting.abort();

    let error = post(&client_of_service(NeverReady)).send().await;
    let error = error.unwrap_err();
    assert_eq!(error.attempts(), 5, "{error}");
    assert!(
        error.to_string().contains("could not connect: closed"),
        "{error}"
    );
}

/// A service that cannot become ready.
#[derive(Clone)]
struct NeverReady;

impl Service<Request<Bytes>> for NeverReady {
    type Response = HttpResponse;
    type Error = std::io::Error;
    type Future = std::future::Pending<Result<HttpResponse, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Poll::Ready(Err(std::io::Error::other("closed")))
    }

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        std::future::pending()
    }
}

/// Counts the responses, and replaces the body of each.
struct Renamed<C>(C, Arc<AtomicU32>);

impl<C: HttpClient> HttpClient for Renamed<C> {
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let response = self.0.send(request).await?;
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["x-server"], "a");
            self.1.fetch_add(1, Ordering::Relaxed);
            let (parts, mut body) = response.into_parts();
            let mut text = Vec::new();
            while let Some(chunk) = body.chunk().await? {
                text.extend_from_slice(&chunk);
            }
            let text = String::from_utf8(text).unwrap();
            let body = HttpBody::new(text.replace("\"web-1\"", "\"web-2\""));
            Ok(http::Response::from_parts(parts, body))
        })
    }
}

#[tokio::test]
async fn default_client_can_be_wrapped_by_hand() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            let body = r#"{"virtual_machine":{"id":"vm_1","name":"web-1"}}"#;
            let head = format!(
                "HTTP/1.1 200 OK\r\nx-server: a\r\nconnection: close\r\ncontent-length: {}",
                body.len()
            );
            let _ = socket
                .write_all(format!("{head}\r\n\r\n{body}").as_bytes())
                .await;
        }
    });
    let responses = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&responses);
    let client = Client::builder()
        .token(TOKEN)
        .base_url(&url)
        .wrap_http_client(|default| Renamed(default, count))
        .build()
        .unwrap();
    let machine = get(&client).send().await.unwrap();
    assert_eq!(machine.name.as_deref(), Some("web-2"));
    assert_eq!(responses.load(Ordering::Relaxed), 1);
}
