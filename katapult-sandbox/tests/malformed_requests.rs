//! Requests that are malformed, too large or too slow: each is refused or disconnected, and the sandbox goes on.

#[path = "support/connection.rs"]
mod connection;

use std::time::{Duration, Instant};

use connection::{TIMEOUT, connect, exchange};
use katapult_sandbox::{Sandbox, Time, Token};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Returns the status of a response; 0 if there is none.
fn status(response: &str) -> u16 {
    let status = response.strip_prefix("HTTP/1.1 ");
    let status = status.or_else(|| response.strip_prefix("HTTP/1.0 "));
    status.map_or(0, |rest| rest[..3].parse().unwrap())
}

/// Returns a request with a body, after which the connection closes.
fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer a-token-of-the-sandbox\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn get(target: &str) -> Vec<u8> {
    let head = format!(
        "GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer a-token-of-the-sandbox\r\n\r\n"
    );
    head.into_bytes()
}

/// Panics unless the sandbox answers a usual request.
async fn assert_works(sandbox: &Sandbox, after: &str) {
    let response = exchange(sandbox, &get("/core/v1/zones")).await;
    assert_eq!(status(&response.unwrap()), 200, "after {after}");
}

async fn start(timeout: Duration) -> Sandbox {
    let token = Token::new("a-token-of-the-sandbox").permitted(u32::MAX);
    let builder = Sandbox::builder().time(Time::Manual).token(token);
    builder.request_timeout(timeout).start().await.unwrap()
}

#[tokio::test]
async fn malformed_http_is_refused() {
    let sandbox = start(Duration::from_secs(1)).await;
    let zones = "/core/v1/zones";
    let chunked = |body: &str| {
        format!(
            "POST {zones} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{body}"
        )
    };
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    // a name, the bytes, the statuses that are right: 0 is a connection that closes without a response
    let cases: Vec<(&str, Vec<u8>, &[u16])> = vec![
        ("nothing", Vec::new(), &[0]),
        ("empty lines", b"\r\n\r\n\r\n\r\n".to_vec(), &[0]),
        ("a word", b"hello\r\n\r\n".to_vec(), &[400]),
        ("no version", b"GET /core/v1/zones\r\n\r\n".to_vec(), &[400]),
        (
            "a wrong version",
            b"GET / HTTP/9.9\r\n\r\n".to_vec(),
            &[400],
        ),
        (
            "the preface of HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            &[0, 400],
        ),
        (
            "a TLS greeting",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
            &[0, 400],
        ),
        ("zeros", vec![0; 1024], &[400]),
        (
            "bytes of all values",
            (0..=255).cycle().take(4096).collect(),
            &[400],
        ),
        (
            "a space in the target",
            b"GET /a b HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
            &[400],
        ),
        (
            "a header without a colon",
            b"GET / HTTP/1.1\r\nhost x\r\n\r\n".to_vec(),
            &[400],
        ),
        (
            "a header without a name",
            b"GET / HTTP/1.1\r\n: x\r\n\r\n".to_vec(),
            &[400],
        ),
        (
            "too many headers",
            format!("GET {zones} HTTP/1.1\r\n{many}\r\n").into_bytes(),
            &[431],
        ),
        (
            "a header that is too long",
            format!("GET {zones} HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)).into_bytes(),
            &[0, 431],
        ),
        (
            "a target that is too long",
            get(&format!("{zones}?q={}", "y".repeat(1 << 20))),
            &[0, 414, 431],
        ),
        (
            "a length that is no number",
            b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n".to_vec(),
            &[400],
        ),
        (
            "a negative length",
            b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n".to_vec(),
            &[400],
        ),
        (
            "two lengths",
            b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_vec(),
            &[400],
        ),
        (
            "an unknown encoding",
            b"POST / HTTP/1.1\r\ntransfer-encoding: tea\r\n\r\n".to_vec(),
            &[400],
        ),
        (
            "a chunk without a size",
            chunked("tea\r\n").into_bytes(),
            &[0, 400],
        ),
        (
            "a chunk of a huge size",
            chunked("ffffffffffffffffff\r\n").into_bytes(),
            &[0, 400],
        ),
        (
            "a chunk that is longer than its size",
            chunked("1\r\nabc\r\n0\r\n\r\n").into_bytes(),
            &[0, 400],
        ),
        (
            "a chunk that never comes",
            chunked("5\r\nab").into_bytes(),
            &[408],
        ),
        (
            "a length beyond the limit",
            b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n".to_vec(),
            &[413],
        ),
        (
            "a body beyond the limit",
            post(zones, &vec![b' '; 2 << 20]),
            &[0, 413],
        ),
    ];
    for (name, bytes, expected) in cases {
        let response = exchange(&sandbox, &bytes).await;
        let response = response.unwrap_or_else(|| panic!("{name}: the connection stays open"));
        assert!(expected.contains(&status(&response)), "{name}: {response}");
        assert_works(&sandbox, name).await;
    }
}

#[tokio::test]
async fn malformed_content_is_an_error_of_the_api() {
    let sandbox = start(Duration::from_secs(5)).await;
    let tags = "/core/v1/organizations/organization/tags";
    let machine = "/core/v1/virtual_machines/virtual_machine";
    let spec = "/core/v1/organizations/organization/virtual_machines/build_from_spec";
    let named = |name: &[u8]| {
        let start = br#"{"organization":{"sub_domain":"acme"},"properties":{"name":""#;
        post(tags, &[start, name, br#""}}"#].concat())
    };
    let page = |page: &str| {
        let list = "/core/v1/organizations/organization/virtual_machines";
        get(&format!("{list}?organization[sub_domain]=acme&page={page}"))
    };
    let deep_xml = "<a>".repeat(100_000);
    let xml = serde_json::json!({"organization": {"sub_domain": "acme"}, "xml": deep_xml});
    let cases: Vec<(&str, Vec<u8>, &[u16])> = vec![
        (
            "an incomplete percent sign",
            get(&format!("{machine}?virtual_machine[id]=%")),
            &[400],
        ),
        (
            "a percent sign without digits",
            get(&format!("{machine}?virtual_machine[id]=%zz")),
            &[400],
        ),
        (
            "a percent-encoding that is not UTF-8",
            get(&format!("{machine}?virtual_machine[id]=%ff")),
            &[400],
        ),
        (
            "a percent-encoding in the path",
            get("/core/v1/%ff/%zz/%"),
            &[404],
        ),
        (
            "a zero in a lookup",
            get(&format!("{machine}?virtual_machine[id]=%00")),
            &[404],
        ),
        (
            "a deep query",
            get(&format!("{machine}?a{}=1", "[b]".repeat(10_000))),
            &[400],
        ),
        (
            "many arguments",
            get(&format!("{machine}?{}", "a=1&".repeat(10_000))),
            &[400, 404, 422],
        ),
        (
            "a page that is no number",
            page("99999999999999999999"),
            &[400],
        ),
        (
            "the last page",
            page("9223372036854775807&per_page=9223372036854775807"),
            &[200, 400],
        ),
        (
            "a page before the first",
            page("-9223372036854775808&per_page=0"),
            &[200, 400],
        ),
        ("a body that is not JSON", post(tags, b"tea"), &[400]),
        (
            "a body that ends early",
            post(tags, br#"{"organization":"#),
            &[400],
        ),
        ("a body that is a list", post(tags, b"[]"), &[400]),
        (
            "a deep body",
            post(tags, "[".repeat(500_000).as_bytes()),
            &[400],
        ),
        (
            "a deep object",
            post(tags, r#"{"a":"#.repeat(100_000).as_bytes()),
            &[400],
        ),
        (
            "a huge number",
            post(tags, br#"{"organization":1e999999}"#),
            &[400],
        ),
        ("a body that is not UTF-8", named(b"\xff\xfe"), &[400]),
        ("half of a surrogate pair", named(br"\ud800"), &[400]),
        (
            "a name of all the body",
            named(&vec![b'x'; 1_000_000]),
            &[200, 422],
        ),
        (
            "a deep specification",
            post(spec, xml.to_string().as_bytes()),
            &[400],
        ),
    ];
    for (name, bytes, expected) in cases {
        let response = exchange(&sandbox, &bytes).await;
        let response = response.unwrap_or_else(|| panic!("{name}: the connection stays open"));
        let status = status(&response);
        assert!(
            expected.contains(&status),
            "{name}: {}",
            &response[..response.len().min(900)]
        );
        if status != 200 {
            let (_, body) = response.split_once("\r\n\r\n").unwrap();
            let body: Value = serde_json::from_str(body).unwrap();
            assert!(body["error"]["code"].is_string(), "{name}: {body}");
        }
        assert_works(&sandbox, name).await;
    }
}

#[tokio::test]
async fn refused_body_is_an_error_that_states_the_limit() {
    let sandbox = start(Duration::from_millis(300)).await;
    let large = post("/core/v1/zones", &vec![b' '; (1 << 20) + 1]);
    let slow = post("/core/v1/zones", b"{}");
    let cases = [
        (&large[..], 413, "request_too_large", "1048576 bytes"),
        (&slow[..slow.len() - 1], 408, "request_timeout", "300ms"),
    ];
    for (bytes, expected, code, part) in cases {
        let response = exchange(&sandbox, bytes).await.unwrap();
        assert_eq!(status(&response), expected, "{response}");
        assert!(
            response.contains(code) && response.contains(part),
            "{response}"
        );
    }
    assert!(sandbox.requests().is_empty(), "neither was executed");
}

#[tokio::test]
async fn slow_client_is_disconnected() {
    let sandbox = start(Duration::from_millis(500)).await;
    let request = get("/core/v1/zones");
    // One byte at a time: each arrives in time, and all of them do not.
    let head = &request[..request.len() - 2];
    let body = [&post("/core/v1/zones", &[b' '; 5000])[..]].concat();
    for (name, bytes, expected) in [("head", head, 0), ("body", &body[..], 408)] {
        let began = Instant::now();
        let (mut reader, mut writer) = connect(&sandbox).await.into_split();
        let drip = async {
            // The whole head of a request whose body is slow.
            let start = if name == "body" {
                bytes.len() - 5000
            } else {
                0
            };
            writer.write_all(&bytes[..start]).await.unwrap();
            for byte in bytes[start..].chunks(1).cycle() {
                if writer.write_all(byte).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let mut received = Vec::new();
        let read = tokio::time::timeout(TIMEOUT, reader.read_to_end(&mut received));
        tokio::select! {
            read = read => assert!(read.is_ok(), "slow {name}: still connected"),
            () = drip => {}
        }
        assert!(began.elapsed() >= Duration::from_millis(500), "slow {name}");
        assert!(began.elapsed() < TIMEOUT, "slow {name}");
        assert!(
            [0, expected].contains(&status(&String::from_utf8_lossy(&received))),
            "slow {name}"
        );
        assert_works(&sandbox, name).await;
    }
}

#[tokio::test]
async fn idle_connection_and_one_that_is_not_read_are_closed() {
    let sandbox = start(Duration::from_millis(500)).await;
    // A response that is larger than the buffers of the system, many times.
    let request = get("/core/v1/data_centers");
    let keep_alive = String::from_utf8(request).unwrap();
    let keep_alive = keep_alive.replace("connection: close\r\n", "");
    let mut stream = connect(&sandbox).await;
    stream.write_all(keep_alive.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let read = stream.read_to_end(&mut received);
    let idle = tokio::time::timeout(TIMEOUT, read).await;
    assert!(idle.unwrap().is_ok(), "an idle connection ends");
    assert_eq!(status(&String::from_utf8(received).unwrap()), 200);

    // Requests without end, whose responses nobody reads: the writes stall, then the reads.
    let (reader, mut writer) = connect(&sandbox).await.into_split();
    let flood = async { while writer.write_all(keep_alive.as_bytes()).await.is_ok() {} };
    let flood = tokio::time::timeout(TIMEOUT, flood).await;
    assert!(flood.is_ok(), "a client that does not read is disconnected");
    drop(reader);
    assert_works(&sandbox, "a client that does not read").await;
}
