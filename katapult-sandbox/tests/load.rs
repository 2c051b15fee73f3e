//! The program under load: many connections at a time, and many large requests. Its memory is bounded.

#![cfg(target_os = "linux")] // the memory is read from /proc

#[path = "support/program.rs"]
mod program;

use std::time::Duration;

use program::{Program, skipped};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A time within which each step ends.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The most memory of the program with a thousand connections, in MiB.
const MAX_MEMORY_OF_CONNECTIONS: u64 = 256;

/// The most memory of the program after any number of requests, in MiB: the journal has 256 MiB of bodies, each of
/// which was in memory several times when it came.
const MAX_MEMORY_OF_REQUESTS: u64 = 768;

fn start(options: &[&str]) -> (Program, String, String) {
    let program = Program::start([&["--permitted", "4000000000"], options].concat());
    let address = program.url.trim_start_matches("http://").to_owned();
    let token = format!("authorization: Bearer {}\r\n", program.token);
    (program, address, token)
}

/// Sends a thousand requests at a time, whose heads come slowly, and reads all responses.
async fn thousand_connections(address: &str, token: &str) -> usize {
    let mut connections = Vec::new();
    for _ in 0..1000 {
        let connected = tokio::time::timeout(TIMEOUT, TcpStream::connect(address));
        let mut stream = connected.await.unwrap().unwrap();
        stream
            .write_all(b"GET /core/v1/zones HTTP/1.1\r\n")
            .await
            .unwrap();
        connections.push(stream);
    }
    let end = format!("host: x\r\nconnection: close\r\n{token}\r\n");
    for stream in &mut connections {
        stream.write_all(end.as_bytes()).await.unwrap();
    }
    let mut answered = 0;
    for mut stream in connections {
        let mut response = String::new();
        let read = stream.read_to_string(&mut response);
        tokio::time::timeout(TIMEOUT, read).await.unwrap().unwrap();
        answered += usize::from(response.starts_with("HTTP/1.1 200 "));
    }
    answered
}

#[tokio::test]
async fn thousand_connections_are_answered_in_bounded_memory() {
    let (program, address, token) = start(&["--quiet"]);
    for _ in 0..2 {
        assert_eq!(thousand_connections(&address, &token).await, 1000);
        let memory = program.resident_mebibytes();
        assert!(memory < MAX_MEMORY_OF_CONNECTIONS, "{memory} MiB");
    }
    assert!(program.stop("-TERM").0.success());
}

#[tokio::test]
async fn many_large_requests_leave_bounded_memory() {
    // Enough bodies to fill the journal a few times; the long test finds slower growth too.
    let requests = match std::env::var_os("KATAPULT_LONG_TESTS") {
        Some(_) => 10_000,
        None => {
            skipped(
                "10,000 large requests",
                "KATAPULT_LONG_TESTS is not set; 400 are sent",
            );
            400
        }
    };
    let (program, address, _) = start(&["--quiet"]);
    let mut workers = JoinSet::new();
    for worker in 0..8 {
        let address = address.clone();
        workers.spawn(async move {
            let mut refused = 0;
            for number in 0..requests / 8 {
                // Ever new tokens, paths and names of arguments.
                let body = vec![b' '; 1 << 19];
                let head = format!(
                    "POST /core/v1/zones/{worker}/{number}?a{worker}{number}=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                     authorization: Bearer {worker}-{number}\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let mut stream = TcpStream::connect(&address).await.unwrap();
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(&body).await.unwrap();
                let mut response = String::new();
                let read = stream.read_to_string(&mut response);
                tokio::time::timeout(TIMEOUT, read).await.unwrap().unwrap();
                refused += usize::from(response.starts_with("HTTP/1.1 404 "));
            }
            refused
        });
    }
    assert_eq!(workers.join_all().await.iter().sum::<usize>(), requests);
    let memory = program.resident_mebibytes();
    assert!(memory < MAX_MEMORY_OF_REQUESTS, "{memory} MiB");
    assert!(program.stop("-TERM").0.success());
}

#[tokio::test]
async fn half_open_connection_ends_when_its_client_is_gone() {
    let (program, address, token) = start(&["--quiet", "--faults", "half_open"]);
    let files = program.open_files();
    let request = format!("GET /core/v1/zones HTTP/1.1\r\nhost: x\r\n{token}\r\n");
    let mut connections = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        connections.push(stream);
    }
    let wait_for = async |condition: &dyn Fn(usize) -> bool| {
        let end = std::time::Instant::now() + TIMEOUT;
        while !condition(program.open_files()) {
            assert!(
                std::time::Instant::now() < end,
                "{} files",
                program.open_files()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    wait_for(&|open| open >= files + 50).await;
    drop(connections);
    wait_for(&|open| open <= files).await;
}

#[tokio::test]
async fn unread_log_takes_bounded_memory() {
    let (program, address, token) = start(&[]);
    let request = format!(
        "GET /core/v1/{} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{token}\r\n",
        "x".repeat(60_000)
    );
    // A hundred MiB of lines, and as many of recorded requests.
    for _ in 0..1800 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        let read = stream.read_to_string(&mut response);
        tokio::time::timeout(TIMEOUT, read).await.unwrap().unwrap();
        assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
    }
    let memory = program.resident_mebibytes();
    assert!(memory < MAX_MEMORY_OF_CONNECTIONS, "{memory} MiB");
    assert!(program.stop_unread("-TERM").success());
}
