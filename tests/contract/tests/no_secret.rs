//! Nobody can find the token in what a client shows.

mod support;

use std::error::Error as _;
use std::fmt::Debug;
use std::io;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use http::StatusCode;
use katapult_contract::mock_server::{CannedResponse, MockServer};
use katapult_core::{Error, RetryPolicy, Secret};
use tracing_subscriber::fmt::format::FmtSpan;

use support::{TOKEN, builder, client, shut_down};

fn assert_hidden(shown: &str, what: &str) {
    assert!(!shown.contains(TOKEN), "the token is in {what}: {shown}");
}

fn assert_error_hides(error: &Error) {
    assert_hidden(&error.to_string(), "Display of an error");
    assert_hidden(&format!("{error:?} {error:#?}"), "Debug of an error");
    let mut source = error.source();
    while let Some(cause) = source {
        assert_hidden(&format!("{cause} {cause:?}"), "the cause of an error");
        source = cause.source();
    }
}

fn response(status: u16, body: &str) -> CannedResponse {
    let status = StatusCode::from_u16(status).unwrap();
    CannedResponse {
        status,
        body: body.to_owned().into(),
        ..CannedResponse::default()
    }
}

/// A body such as a careless proxy sends: it repeats the request's headers.
fn echo() -> String {
    format!("<html>authorization: Bearer {TOKEN}</html>")
}

#[tokio::test]
async fn debug_hides_it() {
    let server = MockServer::start().await.unwrap();
    let show = |value: &dyn Debug| format!("{value:?} {value:#?}");
    let builder = builder(&server.url());
    assert_hidden(&show(&builder), "Debug of a builder");
    let katapult = builder.build().unwrap();
    assert_hidden(&show(&katapult), "Debug of a client");
    let call = katapult.virtual_machines().shutdown(support::lookup());
    assert_hidden(&show(&call), "Debug of a call");
    server.enqueue(response(200, &support::task("pending").to_string()));
    assert_hidden(&show(&call.send().await.unwrap()), "Debug of a response");
}

/// Passwords and keys that a response holds are for the program alone, too.
#[tokio::test]
async fn secrets_in_responses_are_read_and_not_shown() {
    const PASSWORD: &str = "aB3-very-secret";
    let server = MockServer::start().await.unwrap();
    let katapult = builder(&server.url()).build().unwrap();
    let body =
        format!(r#"{{"virtual_machine":{{"id":"vm_1","initial_root_password":"{PASSWORD}"}}}}"#);
    server.enqueue(response(200, &body));
    let machine = katapult.virtual_machines().get(support::lookup());
    let machine = machine.send().await.unwrap();
    let password = machine.initial_root_password.as_ref();
    assert_eq!(password.map(Secret::expose), Some(PASSWORD));
    let shown = format!("{machine:?} {machine:#?}");
    assert!(!shown.contains(PASSWORD), "{shown}");
}

#[tokio::test]
async fn errors_of_the_api_hide_it() {
    let server = MockServer::start().await.unwrap();
    let katapult = client(&server.url());
    let envelope = r#"{"error":{"code":"invalid_api_token","description":"No","detail":{}}}"#;
    for (status, body) in [
        (403, envelope.to_owned()),
        (502, echo()),
        (404, echo()),
        (200, echo()),
    ] {
        server.enqueue(response(status, &body));
        assert_error_hides(&shut_down(&katapult).await.unwrap_err());
    }
}

#[tokio::test]
async fn errors_without_a_response_hide_it() {
    let server = MockServer::start().await.unwrap();
    let url = server.url();
    let katapult = client(&url);
    drop(server);
    assert_error_hides(&shut_down(&katapult).await.unwrap_err());
}

#[tokio::test]
async fn errors_of_building_hide_it() {
    let unsendable = format!("{TOKEN}\nwith a line end");
    let built = support::builder("http://127.0.0.1:1")
        .token(unsendable)
        .build();
    let told = match built {
        Err(error) => format!("{error} {error:?}"),
        Ok(katapult) => {
            let error = shut_down(&katapult).await.unwrap_err();
            format!("{error} {error:?}")
        }
    };
    assert_hidden(&told, "the error for a token that cannot be sent");
    for url in ["http://api.example.com", "nonsense", "ftp://127.0.0.1"] {
        let error = builder(url).build().unwrap_err();
        assert_hidden(
            &format!("{error} {error:?}"),
            "the error for an address that is not taken",
        );
    }
}

#[tokio::test]
async fn a_redirect_does_not_carry_it_away() {
    let elsewhere = MockServer::start().await.unwrap();
    let server = MockServer::start().await.unwrap();
    for status in [301, 302, 307, 308] {
        let mut redirect = response(status, "");
        let location = format!("{}{}", elsewhere.url(), support::PATH)
            .parse()
            .unwrap();
        redirect.headers.insert("location", location);
        server.enqueue(redirect);
        assert_error_hides(&shut_down(&client(&server.url())).await.unwrap_err());
    }
    assert!(
        elsewhere.take_requests().is_empty(),
        "a redirect was followed"
    );
}

#[tokio::test]
async fn logs_hide_it() {
    capture();
    let server = MockServer::start().await.unwrap();
    let policy = RetryPolicy::default()
        .max_attempts(2)
        .initial_backoff(std::time::Duration::from_millis(1));
    let katapult = builder(&server.url()).retry(policy).build().unwrap();
    let unavailable = r#"{"error":{"code":"service_unavailable","description":"No","detail":{}}}"#;
    server.enqueue(response(503, unavailable));
    server.enqueue(response(200, &support::task("pending").to_string()));
    shut_down(&katapult).await.unwrap();
    for body in [echo(), unavailable.to_owned()] {
        server.enqueue(response(502, &body));
        shut_down(&katapult).await.unwrap_err();
    }
    drop(server);
    shut_down(&katapult).await.unwrap_err();

    let log = String::from_utf8_lossy(&log()).into_owned();
    assert!(
        log.contains("virtual_machines.shutdown"),
        "nothing was logged: {log}"
    );
    assert!(log.contains("TRACE"), "not all was logged: {log}");
    assert_hidden(&log, "the log");
}

/// Everything that is logged in this process, by `tracing` or `log`, on any thread.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn log() -> MutexGuard<'static, Vec<u8>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        log().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(|| Writer)
            .init();
    });
}
