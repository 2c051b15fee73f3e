//! An outage of four seconds over sockets, with a client whose settings are all defaults.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use katapult_core::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::support::*;

const OUTAGE: Duration = Duration::from_secs(4);

/// Answers every request with 503 until this time, and with a machine afterwards; counts the requests.
async fn serve(listener: TcpListener, down_until: Instant, requests: Arc<AtomicUsize>) {
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        let requests = Arc::clone(&requests);
        tokio::spawn(async move {
            while socket
                .read(&mut [0; 4096])
                .await
                .is_ok_and(|length| length > 0)
            {
                requests.fetch_add(1, Ordering::Relaxed);
                let (status, body) = match Instant::now() < down_until {
                    true => ("503 Service Unavailable", ""),
                    false => ("200 OK", r#"{"virtual_machine":{"id":"vm_1"}}"#),
                };
                let length = body.len();
                let response =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
                let _ = socket.write_all(response.as_bytes()).await;
            }
        });
    }
}

/// Makes so many concurrent calls during an outage; `closed` if the port is closed meanwhile.
async fn survive(calls: usize, closed: bool) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let end = Instant::now() + OUTAGE;
    let serving = tokio::spawn(async move {
        if closed {
            sleep(OUTAGE).await;
        }
        serve(socket.listen(1024).unwrap(), end, counted).await;
    });
    let client = Client::builder()
        .token(TOKEN)
        .base_url(&url)
        .build()
        .unwrap();
    let mut running = JoinSet::new();
    for _ in 0..calls {
        let call = get(&client);
        running.spawn(async move { call.send().await.map(|machine| machine.attempts()) });
    }
    let mut attempts = 0;
    for result in running.join_all().await {
        attempts += result.unwrap() as usize;
    }
    serving.abort();
    let scenario = format!("{calls} calls, closed: {closed}");
    assert!(attempts <= 3 * calls, "{scenario}: {attempts} attempts");
    if !closed {
        assert_eq!(requests.load(Ordering::Relaxed), attempts, "{scenario}");
    }
}

#[tokio::test]
async fn concurrent_calls_survive_an_outage_with_the_default_settings() {
    tokio::join!(survive(64, false), survive(64, true));
    // Half a minute; in paused time, `outage` has them in every run.
    match std::env::var_os("KATAPULT_LONG_TESTS") {
        Some(_) => {
            tokio::join!(survive(200, false), survive(200, true));
        }
        None => println!("skipped: 200 calls (KATAPULT_LONG_TESTS is not set)"),
    }
}
