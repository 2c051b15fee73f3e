//! The places in which a server, a cause or a setting could show the token or a secret: none of them does, and
//! neither does the log. A process of its own, because it logs everything: tracing caches per call site whether
//! anyone listens, for all threads, so that a subscriber must be there before the first event.

#![cfg(all(feature = "virtual-machines", feature = "tasks"))]

#[path = "../captured_log/mod.rs"]
mod captured_log;
mod causes;
mod responses;

use std::error::Error as StdError;
use std::fmt::Debug;

use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::VirtualMachineLookup;
use katapult_core::{Client, ClientBuilder, Error, RetryPolicy};

const TOKEN: &str = "kat-tok-5f1d0c9be2/+";
/// The token as it is in a URL.
const ENCODED: &str = "kat-tok-5f1d0c9be2%2F%2B";
/// The token in JSON, with escapes that are not needed.
const ESCAPED: &str = "\\u006bat-tok-5f1d0c9be2\\/+";
/// A password or key in a response.
const SECRET: &str = "7362514899-hush";
/// A value that is no secret by its name: it may be in the log of a body, but not in an error that it causes.
const VALUE: &str = "odd-3141592653";
/// What no text contains: the core of each form of the token and of the secret.
const HIDDEN: [&str; 2] = ["5f1d0c9be2", "7362514899"];

/// The texts of each place, by its name.
#[derive(Default)]
struct Places(Vec<(&'static str, String)>);

impl Places {
    fn add(&mut self, place: &'static str, text: impl Into<String>) {
        self.0.push((place, text.into()));
    }

    fn debug(&mut self, place: &'static str, value: &dyn Debug) {
        self.add(place, format!("{value:?} {value:#?}"));
    }

    /// Adds all texts of an error: its own, those of its parts and of its causes, and the body.
    fn error(&mut self, place: &'static str, error: &Error) {
        let parts: [&dyn Debug; 6] = [
            &error.description(),
            &error.detail(),
            &error.code(),
            &error.request_id(),
            &error.headers(),
            &error.resume_token(),
        ];
        let mut text = chain(error);
        for part in parts {
            text += &format!(" {part:?}");
        }
        if let Some(cause) = error.cause() {
            text += &chain(cause);
        }
        self.add(place, text);
    }
}

/// Returns the texts of an error and of its sources.
fn chain(error: &dyn StdError) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        text += &format!(" {error} {error:?} {error:#?}");
        next = error.source();
    }
    text
}

fn client(responses: impl IntoIterator<Item = ScriptedResponse>) -> Client {
    let builder = ScriptedClient::new(responses).client_builder();
    let once = builder.token(TOKEN).retry(RetryPolicy::none());
    once.max_response_bytes(2000).build().unwrap()
}

fn machine() -> VirtualMachineLookup {
    VirtualMachineLookup::id("vm_1")
}

/// Returns the error of a write that gets this response.
async fn error_of(response: ScriptedResponse) -> Error {
    let client = client([response]);
    let call = client.virtual_machines().shutdown(machine());
    call.send().await.unwrap_err()
}

/// Returns the error of a read with this HTTP client.
async fn error_with(builder: ClientBuilder) -> Error {
    let builder = builder.token(TOKEN).retry(RetryPolicy::none());
    let client = builder.build().unwrap();
    let call = client.virtual_machines().get(machine());
    call.send().await.unwrap_err()
}

/// One test, as all events of the process are in one log.
#[test]
fn token_and_secrets_are_in_no_text_and_in_no_log() {
    captured_log::start();
    let mut places = Places::default();
    let runtime = |paused| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(paused).build().unwrap()
    };
    runtime(true).block_on(async {
        responses::responses_with_the_token(&mut places).await;
        responses::id_of_another_object(&mut places).await;
        responses::responses_with_a_secret(&mut places).await;
        causes::values_with_the_token(&mut places).await;
        responses::errors_of_several_calls(&mut places).await;
    });
    runtime(false).block_on(async {
        causes::causes_with_the_token(&mut places).await;
        causes::sockets_with_the_token(&mut places).await;
    });
    for (place, text) in &places.0 {
        for hidden in HIDDEN.into_iter().chain([VALUE]) {
            assert!(!text.contains(hidden), "{place}: {text}");
        }
    }
    let names: std::collections::HashSet<_> = places.0.iter().map(|(place, _)| place).collect();
    assert_eq!(names.len(), places.0.len(), "each place has a name");
    assert!(places.0.len() >= 60, "{} places", places.0.len());
    let log = captured_log::text();
    // Each level is in the log, with requests, bodies and causes of failures.
    for part in [
        "TRACE",
        "DEBUG",
        "INFO",
        "sending request",
        "response body",
        "could not connect",
    ] {
        assert!(log.contains(part), "{part}");
    }
    for line in log.lines() {
        for hidden in HIDDEN {
            assert!(!line.contains(hidden), "{line}");
        }
    }
}
