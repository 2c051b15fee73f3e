//! Random malformed responses: none makes the client panic, and each is classified.

use std::sync::Mutex;

use fastrand::Rng;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::{ErrorKind, RateLimit, RetryPolicy};

use crate::support::{get, post};

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

fn malformed(rng: &mut Rng) -> ScriptedResponse {
    let pick = |rng: &mut Rng, statuses: &[u16]| statuses[rng.usize(..statuses.len())];
    let status = match rng.u8(..4) {
        0 => pick(rng, &[200, 201, 204]),
        1 => pick(rng, &[400, 403, 404, 406, 409, 422, 429]),
        2 => pick(rng, &[500, 502, 503, 504]),
        _ => rng.u16(200..1000),
    };
    let mut body = BODIES[rng.usize(..BODIES.len())].as_bytes().to_vec();
    match rng.u8(..6) {
        0 => body.truncate(rng.usize(..=body.len())),
        1 if !body.is_empty() => {
            let at = rng.usize(..body.len());
            body[at] = rng.u8(..);
        }
        2 => body = [vec![b'['; rng.usize(1..=5000)], body].concat(),
        3 => body = r#"{"error":"#.repeat(rng.usize(1..=3000)).into_bytes(),
        4 if rng.u8(..20) == 0 => body = vec![b' '; 200_000],
        _ => {}
    }
    let length = body.len();
    let mut response = ScriptedResponse::new(status, body).without_date();
    for _ in 0..rng.u8(..5) {
        let (name, value) = HEADERS[rng.usize(..HEADERS.len())];
        response = response.header(name, value);
    }
    match rng.u8(..8) {
        0 => response.truncated(length),
        _ => response,
    }
}

#[tokio::test(start_paused = true)]
async fn random_malformed_responses_are_classified_without_panic() {
    for (seed, rate_limit) in [(1, RateLimit::Off), (2, RateLimit::Auto)] {
        let rng = Mutex::new(Rng::with_seed(seed));
        let scripted = ScriptedClient::from_fn(move |_, _| malformed(&mut rng.lock().unwrap()));
        let builder = scripted.client_builder().rate_limit(rate_limit);
        let client = builder
            .max_response_bytes(100_000)
            .retry(RetryPolicy::default().max_attempts(2))
            .build()
            .unwrap();
        for number in 0..5000 {
            let error = if number % 2 == 0 {
                get(&client).send().await.err()
            } else {
                post(&client).send().await.err()
            };
            let Some(error) = error else { continue };
            let text = format!("{error} {error:?} {:?} {:?}", error.detail(), error.code());
            assert!(
                !text.contains('\n') && error.to_string().chars().count() <= 500,
                "{text}"
            );
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
