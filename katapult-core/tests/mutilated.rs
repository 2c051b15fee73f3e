//! Responses as no server should send them: none makes the client panic, each has its class, and memory is bounded.

#![cfg(feature = "virtual-machines")]

mod support;

use std::sync::Mutex;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use katapult_core::{Client, Error, ErrorKind, HttpFuture, HttpResponse, RateLimit, RetryPolicy};
use support::{TOKEN, get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.roll(choices.len())]
    }
}

const BODIES: &[&str] = &[
    r#"{"virtual_machine":{"id":"vm_1","fqdn":"web-1.acme.example"},"task":{"id":"task_1","status":"pending"}}"#,
    r#"{"error":{"code":"virtual_machine_not_found","description":"d","detail":{}}}"#,
    r#"{"error":{"code":"scope_not_granted","description":"d","detail":{"scopes":["a"]}}}"#,
    r#"{"error":{"code":"validation_error","description":"d","detail":{"errors":["a",{"b":[]},7]}}}"#,
    r#"{"error":{"code":7,"description":[],"detail":"x"}}"#,
    r#"{"error":null}"#,
    r#"{"virtual_machine":7,"task":[]}"#,
    "<html><body>\u{1f4a5} Bad Gateway\r\n</body></html>",
    "null",
    "",
];

const HEADERS: &[(&str, &[u8])] = &[
    ("date", b"Mon, 24 Nov 2025 16:00:42 GMT"),
    ("date", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    ("date", b"Fri, 31 Dec 9999 23:59:59 GMT"),
    ("date", b"yesterday"),
    ("retry-after", b"18446744073709551616"),
    ("retry-after", b"-1"),
    ("retry-after", b"Fri, 31 Dec 9999 23:59:59 GMT"),
    ("retry-after", b"\xff\xfe"),
    ("x-ratelimit-permitted", b"0"),
    ("x-ratelimit-permitted", b"1000"),
    ("x-ratelimit-remaining", b"4294967295"),
    ("x-ratelimit-remaining", b"4294967296"),
    ("x-ratelimit-remaining", b"0"),
    ("x-ratelimit-remaining", b"many"),
    ("x-request-id", b"\xc3\x28"),
    ("x-request-id", b"01J8ZK"),
    ("content-type", b"text/html; charset=\xff"),
    ("location", b"::::"),
    ("content-length", b"99999999999"),
];

fn mutilated(dice: &mut Dice) -> HttpResponse {
    let status = match dice.roll(4) {
        0 => dice.pick(&[200, 201, 204]),
        1 => dice.pick(&[400, 403, 404, 406, 409, 422, 429]),
        2 => dice.pick(&[500, 502, 503, 504]),
        _ => 200 + dice.roll(800),
    };
    let mut body = dice.pick(BODIES).as_bytes().to_vec();
    match dice.roll(6) {
        0 => body.truncate(dice.roll(body.len() + 1)),
        1 if !body.is_empty() => {
            let at = dice.roll(body.len());
            body[at] = dice.roll(256) as u8;
        }
        2 => body = [vec![b'['; 1 + dice.roll(5000)], body].concat(),
        3 => body = r#"{"error":"#.repeat(1 + dice.roll(3000)).into_bytes(),
        4 if dice.roll(20) == 0 => body = vec![b' '; 200_000],
        _ => {}
    }
    let mut headers = HeaderMap::new();
    for _ in 0..dice.roll(5) {
        let (name, value) = dice.pick(HEADERS);
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value).unwrap(),
        );
    }
    let status = StatusCode::from_u16(status as u16).unwrap();
    match dice.roll(8) {
        0 => HttpResponse::truncated(status, headers, body),
        _ => HttpResponse::new(status, headers, body),
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_mutilated_responses() {
    for (seed, pace) in [(1, RateLimit::Off), (2, RateLimit::Auto)] {
        let dice = Mutex::new(Dice(seed));
        let client = Client::builder()
            .token(TOKEN)
            .rate_limit(pace)
            .max_response_bytes(100_000)
            .retry(RetryPolicy::default().max_attempts(2))
            .http_client(move |_| -> HttpFuture<'static> {
                let response = mutilated(&mut dice.lock().unwrap());
                Box::pin(async move { Ok(response) })
            })
            .build()
            .unwrap();
        for number in 0..5000 {
            let error = if number % 2 == 0 {
                get(&client).send().await.err()
            } else {
                post(&client).send().await.err()
            };
            let Some(error) = error else { continue };
            let shown = format!("{error} {error:?} {:?} {:?}", error.detail(), error.code());
            assert!(!shown.contains('\n') && shown.len() < 20_000, "{shown}");
            assert!(error.body().is_none_or(|body| body.len() <= 100_000));
            let status = error.status().map(|status| status.as_u16());
            match (error.kind(), status) {
                (ErrorKind::NotFound, status) => assert_eq!(status, Some(404)),
                (ErrorKind::Decode, Some(status)) => assert!((200..300).contains(&status)),
                (ErrorKind::Timeout, _) => {}
                (_, Some(404)) => assert!(error.is_in_trash() || error.is_auth(), "{error}"),
                _ => {}
            }
        }
    }
}

/// What a client makes of these bytes on the wire, and how many of them the server got rid of. The last piece is
/// sent over and over, this many times.
async fn over_the_wire(pieces: &[&[u8]], times: usize) -> (Option<Error>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.to_vec()).collect();
    let serving = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = socket.read(&mut request).await;
        let (last, first) = pieces.split_last().unwrap();
        let repeated = std::iter::repeat_n(last, times);
        let mut sent = 0;
        for piece in first.iter().chain(repeated) {
            match socket.write_all(piece).await {
                Ok(()) => sent += piece.len(),
                Err(_) => break,
            }
        }
        sent
    });
    let client = Client::builder().token(TOKEN).base_url(&url);
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let error = get(&client).send().await.err();
    drop(client);
    (error, serving.await.unwrap())
}

#[tokio::test]
async fn a_hundred_megabytes_are_not_read() {
    const MIB: usize = 1 << 20;
    let piece = vec![b' '; MIB];
    let heads = [
        "HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n",
        "HTTP/1.1 404 Not Reconciled\r\ncontent-length: 104857600\r\n\r\n",
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
    ];
    for head in heads {
        let (error, sent) = over_the_wire(&[head.as_bytes(), &piece], 100).await;
        let error = error.unwrap();
        assert!(error.body().unwrap().len() <= 16 * MIB);
        // The rest is what the system's buffers took.
        assert!(sent < 40 * MIB, "{sent}");
        match error.is_not_found() {
            true => assert!(head.contains("404")),
            false => assert!(
                error.to_string().contains("larger than 16777216 bytes"),
                "{error}"
            ),
        }
    }
}

#[tokio::test]
async fn what_is_no_http_is_a_matter_of_the_connection() {
    let ok = r#"{"virtual_machine":{"id":"vm_1"}}"#;
    let head = |lines: &str, body: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n{body}");
    let table = [
        (head("content-length: 33", ok), None),
        (head("content-length: 33", &format!("{ok}{{}}")), None),
        (head("content-length: 20", ok), Some(ErrorKind::Decode)),
        (head("content-length: 99", ok), Some(ErrorKind::Decode)),
        (head("content-length: 0", ""), Some(ErrorKind::Decode)),
        (head("content-length: -1", ok), Some(ErrorKind::Connect)),
        (head("content-length: many", ok), Some(ErrorKind::Connect)),
        (
            head("content-length: 33\r\ncontent-length: 34", ok),
            Some(ErrorKind::Connect),
        ),
        (
            head("transfer-encoding: chunked", "zz\r\n"),
            Some(ErrorKind::Decode),
        ),
        (
            head("transfer-encoding: chunked", "21\r\n{\"virtual"),
            Some(ErrorKind::Decode),
        ),
        (
            head(&format!("x: {}", "y".repeat(2 << 20)), ok),
            Some(ErrorKind::Connect),
        ),
        (head(&"x: y\r\n".repeat(5000), ok), Some(ErrorKind::Connect)),
        (head("no header", ok), Some(ErrorKind::Connect)),
        (
            "HTTP/1.1 999999 What\r\n\r\n".to_owned(),
            Some(ErrorKind::Connect),
        ),
        (
            "SSH-2.0-OpenSSH_9.6\r\n".to_owned(),
            Some(ErrorKind::Connect),
        ),
        ("\0\u{1}\u{2}\u{3}".to_owned(), Some(ErrorKind::Connect)),
        (String::new(), Some(ErrorKind::Connect)),
    ];
    for (bytes, kind) in table {
        let start: String = bytes.chars().take(120).collect();
        let (error, _) = over_the_wire(&[bytes.as_bytes()], 1).await;
        assert_eq!(
            error.as_ref().map(Error::kind),
            kind,
            "{start:?}: {error:?}"
        );
    }
}
