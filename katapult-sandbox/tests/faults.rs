//! The faults of delivery, of the clock and of the quota, on sockets.

#[path = "support/connection.rs"]
mod connection;
mod support;

use std::time::{Duration, Instant, UNIX_EPOCH};

use connection::TIMEOUT;
use katapult_sandbox::{Builder, Fault, Sandbox, Time, Token};
use serde_json::{Value, json};
use support::Raw;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Ten seconds before a minute ends, in seconds since 1970.
const LATE_IN_THE_MINUTE: u64 = 1_780_000_010;

/// Opens a connection and sends a request for the zones on it.
async fn connect(sandbox: &Sandbox) -> TcpStream {
    let mut stream = connection::connect(sandbox).await;
    let head = format!(
        "GET /core/v1/zones HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        sandbox.token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn start(builder: Builder, fault: Fault) -> Sandbox {
    let builder = builder.time(Time::Manual).fault(fault);
    builder.start().await.unwrap()
}

/// Waits until a condition is met.
async fn until(condition: impl Fn() -> bool) {
    let end = Instant::now() + TIMEOUT;
    while !condition() {
        assert!(Instant::now() < end, "not within {TIMEOUT:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn slow_body_arrives_in_pieces_over_its_time() {
    let time = Duration::from_millis(600);
    let sandbox = start(Sandbox::builder(), Fault::slow_body(time).times(1)).await;
    let began = Instant::now();
    let mut stream = connect(&sandbox).await;
    let (mut received, mut pieces, mut head_at) = (Vec::new(), 0, None);
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer);
        let read = tokio::time::timeout(TIMEOUT, read).await.unwrap().unwrap();
        received.extend_from_slice(&buffer[..read]);
        pieces += 1;
        let text = String::from_utf8_lossy(&received).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        head_at.get_or_insert_with(|| began.elapsed());
        let (_, length) = head.split_once("content-length: ").unwrap();
        let length = length.lines().next().unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            break;
        }
        assert!(read > 0, "the connection closed too early");
    }
    assert!(began.elapsed() >= time, "{:?}", began.elapsed());
    assert!(head_at < Some(time), "{head_at:?}");
    assert!(pieces >= 3, "{pieces}");
    let text = String::from_utf8(received).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
}

#[tokio::test]
async fn truncated_slow_body_is_slow_and_ends_at_half() {
    let time = Duration::from_millis(300);
    let slow = Sandbox::builder().fault(Fault::slow_body(time));
    let sandbox = start(slow, Fault::truncated()).await;
    let began = Instant::now();
    let mut stream = connect(&sandbox).await;
    let mut received = Vec::new();
    let read = stream.read_to_end(&mut received);
    tokio::time::timeout(TIMEOUT, read).await.unwrap().unwrap();
    assert!(began.elapsed() >= time);
    let text = String::from_utf8(received).unwrap().to_lowercase();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let (_, length) = head.split_once("content-length: ").unwrap();
    let length: usize = length.lines().next().unwrap().parse().unwrap();
    assert_eq!(body.len(), length / 2);
}

#[tokio::test]
async fn half_open_connection_is_open_until_the_sandbox_stops() {
    let sandbox = start(Sandbox::builder(), Fault::half_open()).await;
    let mut stream = connect(&sandbox).await;
    until(|| !sandbox.requests().is_empty()).await;
    let request = &sandbox.requests()[0];
    assert_eq!((request.status, request.executed), (0, true));
    assert_eq!(request.faults, ["half_open"]);
    let mut buffer = [0; 64];
    let nothing = tokio::time::timeout(Duration::from_millis(300), stream.read(&mut buffer));
    assert!(nothing.await.is_err(), "neither a byte nor the end");
    drop(sandbox);
    let end = tokio::time::timeout(TIMEOUT, stream.read(&mut buffer)).await;
    assert!(end.unwrap().map_or(true, |read| read == 0));
}

#[tokio::test]
async fn quota_fault_leaves_so_many_requests_of_the_minute() {
    for left in [0, 2] {
        let start = UNIX_EPOCH + Duration::from_secs(LATE_IN_THE_MINUTE);
        let builder = Sandbox::builder().start_at(start).token(Token::new("t"));
        let sandbox = self::start(builder, Fault::quota(left).times(1)).await;
        let client = reqwest::Client::new();
        let send = async || {
            let request = client.get(format!("{}/core/v1/zones", sandbox.url()));
            let response = request.bearer_auth("t").send().await.unwrap();
            let remaining = response.headers()["x-ratelimit-remaining"].to_str();
            let remaining: u32 = remaining.unwrap().parse().unwrap();
            (response.status().as_u16(), remaining)
        };
        assert_eq!(send().await, (200, left), "answered, with the rest");
        for left in (0..left).rev() {
            assert_eq!(send().await, (200, left));
        }
        assert_eq!(send().await, (429, 0));
        sandbox.advance(Duration::from_secs(10));
        assert_eq!(send().await, (200, 999), "the next minute");
    }
}

#[tokio::test]
async fn skewed_clock_sets_the_date_and_the_minute_of_the_quota() {
    // the skew in seconds, and the seconds until the server's minute ends
    for (skew, rest) in [(-40, 50), (7, 3), (3600, 10), (-86_400, 10)] {
        let start = UNIX_EPOCH + Duration::from_secs(LATE_IN_THE_MINUTE);
        let builder = Sandbox::builder().start_at(start);
        let builder = builder.token(Token::new("t").permitted(1));
        let sandbox = self::start(builder, Fault::clock_skew(skew)).await;
        let client = reqwest::Client::new();
        let send = async || {
            let request = client.get(format!("{}/core/v1/zones", sandbox.url()));
            let response = request.bearer_auth("t").send().await.unwrap();
            let date = response.headers()["date"].to_str().unwrap();
            let date = httpdate::parse_http_date(date).unwrap();
            let date = date.duration_since(UNIX_EPOCH).unwrap().as_secs();
            (response.status().as_u16(), date.cast_signed())
        };
        let now = LATE_IN_THE_MINUTE.cast_signed() + skew;
        assert_eq!(send().await, (200, now), "{skew}");
        sandbox.advance(Duration::from_secs(rest) - Duration::from_millis(1));
        assert_eq!(send().await.0, 429, "{skew}: the minute is not over");
        sandbox.advance(Duration::from_millis(1));
        assert_eq!(send().await.0, 200, "{skew}: the next minute");
    }
    // Far from any date that a header can express.
    let far = [i64::MIN, i64::MAX].map(Fault::clock_skew);
    let sandbox = Sandbox::builder().faults(far).start().await.unwrap();
    assert_eq!(sandbox.request("GET", "/core/v1/zones", "").status, 200);
}

#[tokio::test]
async fn fault_by_control_has_its_effect() {
    let raw = Raw::with(Sandbox::builder().control()).await;
    let texts: Vec<_> = Fault::kinds()
        .map(|(example, _)| format!("zones.list:{example}#0"))
        .collect();
    let body = json!({"faults": texts});
    let listed = raw.send("POST", "/sandbox/faults", Some(&body)).await;
    assert_eq!(listed.json(), body);
    raw.send("DELETE", "/sandbox/faults", None).await;
    let body = json!({"faults": ["quota=7#1", "clock_skew=-1h#1", "slow_body=100ms#1"]});
    raw.send("POST", "/sandbox/faults", Some(&body)).await;
    let began = Instant::now();
    let response = raw.send("GET", "/core/v1/zones", None).await;
    assert!(began.elapsed() >= Duration::from_millis(100));
    assert_eq!(response.headers["x-ratelimit-remaining"], "7");
    let journal = raw.send("GET", "/sandbox/journal", None).await;
    let faults: &Value = &journal.json()["requests"][0]["faults"];
    assert_eq!(
        faults,
        &json!(["quota=7", "clock_skew=-1h", "slow_body=100ms"])
    );
}
