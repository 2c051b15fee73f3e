//! Requests with random mutations of their bytes: every connection ends, nothing panics, and the sandbox goes on.

#[path = "support/connection.rs"]
mod connection;

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use connection::exchange;
use fastrand::Rng;
use katapult_sandbox::{Fault, Sandbox, Time, Token};
use tokio::task::JoinSet;

/// The time for each part of a request: many mutations are requests that never end.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(100);

/// Texts that are likely to be handled wrongly where they do not belong.
const TEXTS: [&[u8]; 12] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b"%",
    b"%ff",
    b"[",
    b"]",
    b"\"",
    b"\xff\xfe",
    b"{\"a\":",
    b"-1",
    b"99999999999999999999",
];

fn requests() -> Vec<Vec<u8>> {
    let head = "host: x\r\nauthorization: Bearer t\r\nconnection: close\r\n";
    let post = |path: &str, body: &str| {
        let length = body.len();
        format!("POST {path} HTTP/1.1\r\n{head}content-length: {length}\r\n\r\n{body}")
    };
    let tag =
        r#"{"organization":{"sub_domain":"acme"},"properties":{"name":"new","color":"blue"}}"#;
    let spec = r#"{"organization":{"sub_domain":"acme"},"xml":"<VirtualMachineSpec><Name>a</Name></VirtualMachineSpec>"}"#;
    let list = "/core/v1/organizations/organization/virtual_machines";
    let requests = [
        format!(
            "GET {list}?organization[sub_domain]=acme&page=1&per_page=2 HTTP/1.1\r\n{head}\r\n"
        ),
        format!("DELETE /core/v1/tags/tag?tag[id]=tag_1 HTTP/1.1\r\n{head}\r\n"),
        post("/core/v1/organizations/organization/tags", tag),
        post(&format!("{list}/build_from_spec"), spec),
        format!(
            "POST /core/v1/organizations/organization/tags HTTP/1.1\r\n{head}transfer-encoding: chunked\r\n\r\n\
             {:x}\r\n{tag}\r\n0\r\n\r\n",
            tag.len()
        ),
        post("/sandbox/faults", r#"{"faults":["tasks.get:late=5s#1"]}"#),
        post("/sandbox/clock", r#"{"advance":"30s"}"#),
        format!("GET /sandbox/journal HTTP/1.1\r\n{head}\r\n"),
    ];
    requests.map(String::into_bytes).to_vec()
}

/// Changes a request in one to four places.
fn mutate(request: &mut Vec<u8>, random: &mut Rng) {
    for _ in 0..=random.usize(..4) {
        let at = random.usize(..request.len());
        let end = (at + 1 + random.usize(..8)).min(request.len());
        match random.u8(..5) {
            0 => request[at] = random.u8(..),
            1 => drop(request.drain(at..end)),
            2 => request.truncate(at),
            3 => {
                let text = TEXTS[random.usize(..TEXTS.len())];
                drop(request.splice(at..at, text.iter().copied()));
            }
            _ => {
                let repeated = request[at..end].repeat(1 + random.usize(..300));
                drop(request.splice(at..at, repeated));
            }
        }
        if request.is_empty() {
            return;
        }
    }
}

#[tokio::test]
async fn mutated_requests_end_without_a_panic() {
    let count = match std::env::var_os("KATAPULT_LONG_TESTS") {
        Some(_) => 100_000,
        None => {
            let skipped =
                "NOT RUN: 100,000 mutated requests: KATAPULT_LONG_TESTS is not set; 1,000 are sent";
            let _ = writeln!(std::io::stderr(), "{skipped}");
            1_000
        }
    };
    // A panic in a connection ends that connection alone.
    let panics = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&panics);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        counted.fetch_add(1, Relaxed);
        usual(panic);
    }));
    let sandbox = Sandbox::builder()
        .time(Time::Manual)
        .token(Token::new("t").permitted(u32::MAX))
        .fault(Fault::truncated().probability(0.1))
        .max_recorded_requests(500)
        .request_timeout(REQUEST_TIMEOUT)
        .control()
        .start()
        .await
        .unwrap();
    let sandbox = Arc::new(sandbox);
    let mut workers = JoinSet::new();
    for worker in 0..32 {
        let sandbox = Arc::clone(&sandbox);
        workers.spawn(async move {
            let mut random = Rng::with_seed(worker);
            let requests = requests();
            for number in 0..count / 32 {
                let mut request = requests[random.usize(..requests.len())].clone();
                mutate(&mut request, &mut random);
                let response = exchange(&sandbox, &request).await;
                let request = String::from_utf8_lossy(&request);
                assert!(
                    response.is_some(),
                    "{worker}, {number}: still connected after {request}"
                );
            }
        });
    }
    workers.join_all().await;
    assert_eq!(panics.load(Relaxed), 0);
    assert!(sandbox.requests().iter().any(|request| request.executed));
    sandbox.reset();
    assert_eq!(sandbox.request("GET", "/core/v1/zones", "").status, 200);
}
