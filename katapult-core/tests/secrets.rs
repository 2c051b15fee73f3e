//! The token is seen by the API and by nobody else.

#![cfg(feature = "virtual-machines")]

mod support;

use std::error::Error as _;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::{Client, RetryPolicy, SecretString};
use support::{
    Fault, Script, TOKEN, failure, fault, get, ok, post, rate_limited, refused, response,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn listen(&self, level: tracing::Level) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_shows_the_token() {
    let log = Log::default();
    let _guard = log.listen(tracing::Level::TRACE);
    let steps = [
        refused(),
        failure(403, "invalid_api_token", "No", "{}"),
        fault(Fault::Reset),
        response(200, "[]"),
        rate_limited(),
        fault(Fault::Refused),
    ];
    let script = Script::new(steps.clone());
    let builder = script.builder();
    let mut shown = format!("{builder:?}{builder:#?}");
    let client = builder.build().unwrap();
    shown += &format!("{client:?}{client:#?}{:?}", client.transport());
    for _ in &steps {
        let call = get(&client).deadline(Duration::from_secs(1));
        shown += &format!("{call:?}{:?}", call.options());
        if let Err(error) = call.send().await {
            shown += &format!("{error}{error:?}{error:#?}");
            let mut source = error.source();
            while let Some(cause) = source {
                shown += &format!("{cause}{cause:?}");
                source = cause.source();
            }
        }
    }
    assert_eq!(
        script.seen()[0].authorization.as_deref(),
        Some(&*format!("Bearer {TOKEN}"))
    );
    shown += &log.text();
    assert!(shown.contains("katapult_core"), "the log was caught");
    assert!(!shown.contains(TOKEN), "{shown}");
    assert!(!shown.contains("Bearer"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn the_log_tells_what_was_tried_and_why_it_waited() {
    let log = Log::default();
    let guard = log.listen(tracing::Level::DEBUG);
    let script = Script::new([
        refused()
            .header("x-ratelimit-permitted", "1000")
            .header("x-ratelimit-remaining", "7"),
        ok(),
    ]);
    post(&script.client()).send().await.unwrap();
    let spent = ok()
        .header("x-ratelimit-permitted", "1000")
        .header("x-ratelimit-remaining", "0");
    let client = Script::new([spent]).client();
    get(&client).send().await.unwrap();
    get(&client).send().await.unwrap();
    drop(guard);
    let text = log.text();
    for part in [
        "operation=\"virtual_machines.shutdown\"",
        "attempt finished attempt=1 outcome=Unavailable status=503 code=\"service_unavailable\" request_id=\"01J8ZK\" quota_remaining=7",
        "waiting before the next attempt delay=1s attempt=1",
        "attempt finished attempt=2 outcome=Success status=200",
        "waiting for the rate limit delay=18s",
        "permit acquired waited=18s",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(
        !text.contains("web-1"),
        "bodies are for TRACE alone: {text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_is_renewed_once_for_all() {
    let rejected = || failure(403, "invalid_api_token", "No", "{}");
    // The first three are in the air together when the token has gone stale.
    let script = Script::new([
        rejected().after(1),
        rejected().after(1),
        rejected().after(1),
        ok(),
    ]);
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let provider = move || {
        let count = counter.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(SecretString::from(format!("token-{count}")))
        }
    };
    let client = script
        .builder()
        .token_provider(provider)
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let calls: Vec<_> = (0..3)
        .map(|_| tokio::spawn(post(&client).into_future()))
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().attempts(), 2);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let sent: Vec<_> = script
        .seen()
        .into_iter()
        .map(|seen| seen.authorization.unwrap())
        .collect();
    assert_eq!(sent[..3], ["Bearer token-0"; 3]);
    assert_eq!(sent[3..], ["Bearer token-1"; 3]);

    // Once for a call, and no more.
    let script = Script::new([rejected()]);
    let provider = || async { Ok(SecretString::from("stale")) };
    let client = script.builder().token_provider(provider).build().unwrap();
    let error = get(&client).send().await.unwrap_err();
    assert!(error.is_auth());
    assert_eq!(error.attempts(), 2);

    // A token that was given can't be renewed.
    assert_eq!(
        get(&script.client()).send().await.unwrap_err().attempts(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_failing_provider_is_told_to_all_who_wait() {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let provider = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Err("the vault is sealed".into())
        }
    };
    let script = Script::new([ok()]);
    let client = script.builder().token_provider(provider).build().unwrap();
    let calls: Vec<_> = (0..3)
        .map(|_| tokio::spawn(get(&client).into_future()))
        .collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert!(error.is_auth());
        assert_eq!(
            error.to_string(),
            "get virtual machine: the token provider failed: the vault is sealed (not sent)"
        );
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let error = get(&client)
        .deadline(Duration::from_millis(10))
        .send()
        .await
        .unwrap_err();
    assert!(error.is_timeout());
    assert!(
        error.to_string().contains("while waiting for the token"),
        "{error}"
    );
}

/// Answers each connection with this, and counts them.
async fn serve(response: String) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let length = socket.read(&mut request).await.unwrap_or(0);
            request.truncate(length);
            requests
                .lock()
                .unwrap()
                .push(String::from_utf8_lossy(&request).into_owned());
            let _ = socket.write_all(response.as_bytes()).await;
        }
    });
    (port, seen)
}

#[tokio::test]
async fn a_redirect_takes_the_token_nowhere() {
    let (other, seen_there) = serve("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".into()).await;
    for status in [301, 302, 303, 307, 308] {
        let target = format!("http://localhost:{other}/core/v1/elsewhere");
        let response =
            format!("HTTP/1.1 {status} Moved\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
        let (port, seen_here) = serve(response).await;
        let client = Client::builder()
            .token(TOKEN)
            .base_url(&format!("http://127.0.0.1:{port}"))
            .build()
            .unwrap();
        let error = get(&client).send().await.unwrap_err();
        assert_eq!(error.status().unwrap(), status);
        assert!(error.to_string().contains(&target), "{error}");
        assert!(seen_here.lock().unwrap()[0].contains(TOKEN));
    }
    assert_eq!(seen_there.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_response_that_ends_with_its_connection_is_not_taken_for_whole() {
    let (port, seen) = serve(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"virtual_machine\":{\"id\":\"vm_".into(),
    )
    .await;
    let client = Client::builder()
        .token(TOKEN)
        .base_url(&format!("http://127.0.0.1:{port}"))
        .build()
        .unwrap();
    let once = RetryPolicy::default()
        .max_attempts(2)
        .initial_backoff(Duration::ZERO);
    let error = get(&client).retry(once).send().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("response truncated after 29 bytes"),
        "{error}"
    );
    assert_eq!(seen.lock().unwrap().len(), 2);
    assert!(post(&client).send().await.unwrap_err().is_unconfirmed());
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_can_be_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let client = Client::builder()
        .token(TOKEN)
        .base_url(&format!("http://127.0.0.1:{port}"))
        .build()
        .unwrap();
    let quick = RetryPolicy::default()
        .max_attempts(3)
        .initial_backoff(Duration::ZERO);
    let error = post(&client).retry(quick).send().await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    assert!(!error.may_have_happened() && error.is_retryable());
    assert!(error.to_string().contains("could not connect: "), "{error}");
    assert!(error.to_string().contains("Connection refused"), "{error}");
    assert!(error.source().is_some());
}

#[test]
fn plain_http_is_refused_but_to_this_machine() {
    let error = Client::builder()
        .token(TOKEN)
        .base_url("http://api.katapult.io")
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the base URL http://api.katapult.io/ would send the token unencrypted: use https; \
         plain http is only for a loopback address (localhost, 127.0.0.1, [::1])"
    );
    let error = Client::builder()
        .token("kat\ntok")
        .build()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("not valid in a header") && !error.contains("tok\""),
        "{error}"
    );
    assert!(Client::builder().token("").build().is_err());
}
