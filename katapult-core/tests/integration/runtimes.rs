//! One client in several runtimes.

use std::thread;
use std::time::{Duration, Instant};

use katapult_core::{Client, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::support::*;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Serves any number of requests on any number of connections; returns the base URL.
fn serve() -> String {
    let (send, url) = std::sync::mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            send.send(format!("http://{address}")).unwrap();
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let body = r#"{"virtual_machine":{"id":"vm_1"},"task":{"id":"task_1"}}"#;
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                    while socket
                        .read(&mut [0; 4096])
                        .await
                        .is_ok_and(|length| length > 0)
                    {
                        let response = format!("{head}{body}");
                        let _ = socket.write_all(response.as_bytes()).await;
                    }
                });
            }
        });
    });
    url.recv().unwrap()
}

#[test]
fn client_works_in_a_runtime_although_another_one_is_not_polled() {
    let client = Client::builder()
        .token(TOKEN)
        .base_url(&serve())
        .retry(RetryPolicy::none());
    let client = client.build().unwrap();
    let started = Instant::now();
    // Nobody polls the first runtime while the second one sends.
    let first = runtime();
    let second = runtime();
    for _ in 0..2 {
        for runtime in [&first, &second] {
            runtime.block_on(get(&client).send()).unwrap();
            runtime.block_on(post(&client).send()).unwrap();
        }
    }
    // A runtime that has ended takes its connections with it.
    drop(first);
    runtime().block_on(post(&client).send()).unwrap();
    second.block_on(post(&client).send()).unwrap();
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn runtime_shuts_down_while_a_client_lives() {
    let client = Client::builder().token(TOKEN).base_url(&serve());
    let client = client.build().unwrap();
    for _ in 0..20 {
        runtime().block_on(get(&client).send()).unwrap();
    }
    let elsewhere = runtime();
    elsewhere.block_on(get(&client).send()).unwrap();
    drop(client);
    drop(elsewhere);
}
