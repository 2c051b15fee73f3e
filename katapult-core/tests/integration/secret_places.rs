//! The places in which a server or a cause could show the token or a secret.

use std::error::Error as _;

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::{Client, Error, HttpClientError, HttpFuture, RetryPolicy, SecretString};

use crate::support::*;

const SECRET: &str = "7362514899-hush";

/// Returns all texts of an error: its own, those of its causes, and of its parts.
fn texts(error: &Error) -> String {
    let mut text = format!(
        "{error} {error:?} {error:#?} {:?} {:?} {:?} {:?}",
        error.description(),
        error.detail(),
        error.code(),
        error.request_id()
    );
    for first in [error.source(), error.cause()] {
        let mut cause = first;
        while let Some(error) = cause {
            text += &format!(" {error} {error:?}");
            cause = error.source();
        }
    }
    text
}

fn assert_hidden(place: &str, text: &str) {
    for hidden in [TOKEN, SECRET, "5f1d0c9be2"] {
        assert!(!text.contains(hidden), "{place}: {text}");
    }
}

/// Responses that show the token, by the place in which they do.
fn echoes() -> Vec<(String, ScriptedResponse)> {
    let bearer = format!("Bearer {TOKEN}");
    let escaped = TOKEN.replace('k', "\\u006b");
    let mut table = Vec::new();
    for status in [301, 400, 403, 404, 406, 409, 418, 422, 429, 500, 502, 503] {
        let mut add = |place: &str, response| table.push((format!("{status} {place}"), response));
        add("code", failure(status, TOKEN, "d", "{}"));
        add("description", failure(status, "c", &bearer, "{}"));
        add("escaped description", failure(status, "c", &escaped, "{}"));
        add(
            "errors",
            failure(status, "c", "d", &format!(r#"{{"errors":["{TOKEN}"]}}"#)),
        );
        add(
            "one error",
            failure(status, "c", "d", &format!(r#"{{"errors":"{TOKEN}"}}"#)),
        );
        add(
            "object in errors",
            failure(
                status,
                "c",
                "d",
                &format!(r#"{{"errors":[{{"{TOKEN}":1}}]}}"#),
            ),
        );
        add(
            "details",
            failure(status, "c", "d", &format!(r#"{{"details":"{bearer}"}}"#)),
        );
        add(
            "trash object",
            failure(
                status,
                "c",
                "d",
                &format!(r#"{{"trash_object":{{"id":"{TOKEN}"}}}}"#),
            ),
        );
        add(
            "unknown detail",
            failure(status, "c", "d", &format!(r#"{{"new":"{TOKEN}"}}"#)),
        );
        add("page", response(status, format!("<html>{TOKEN}</html>")));
        add("text", response(status, bearer.clone()));
        add(
            "request id",
            ScriptedResponse::new(status, "").header("x-request-id", TOKEN),
        );
        add(
            "location",
            response(status, "").header("location", format!("https://x.example/?t={TOKEN}")),
        );
        add(
            "content type",
            response(status, "x").header("content-type", format!("text/{TOKEN}")),
        );
    }
    table
}

#[tokio::test(start_paused = true)]
async fn token_that_a_server_repeats_is_in_no_text() {
    let table = echoes();
    assert!(table.len() >= 40);
    for (place, response) in table {
        let (client, _) = client_of([response]);
        let call = post(&client).retry(RetryPolicy::none());
        let error = call.send().await.unwrap_err();
        assert_hidden(&place, &texts(&error));
        assert_hidden(
            &place,
            &format!(
                "{:?} {:?}",
                error.body().map(String::from_utf8_lossy),
                error.status()
            ),
        );
    }
}

#[tokio::test(start_paused = true)]
async fn secret_of_a_response_is_in_no_text() {
    let table = [
        (
            "type of a secret",
            r#"{"virtual_machine":{"id":"vm_1","initial_root_password":7362514899}}"#.to_owned(),
        ),
        (
            "text for an object",
            format!(r#"{{"virtual_machine":"{SECRET}"}}"#),
        ),
        (
            "text for a number",
            format!(r#"{{"virtual_machine":{{"id":"vm_1","created_at":"{SECRET}"}}}}"#),
        ),
        (
            "text for a list",
            format!(r#"{{"virtual_machine":{{"id":"vm_1","tags":"{SECRET}"}}}}"#),
        ),
        (
            "truncated JSON",
            format!(r#"{{"virtual_machine":{{"id":"vm_1","initial_root_password":"{SECRET}"#),
        ),
        ("page", format!("<html>password: {SECRET}</html>")),
        ("text", format!("password={SECRET}")),
        ("token", format!("<html>{TOKEN}</html>")),
    ];
    for (place, body) in table {
        for write in [false, true] {
            let (client, _) = client_of([response(200, body.clone())]);
            let call = if write {
                post(&client).send().await.err()
            } else {
                get(&client).send().await.err()
            };
            let error = call.unwrap();
            assert_hidden(place, &texts(&error));
            assert!(!texts(&error).contains("7362514899"), "{place}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn token_in_a_cause_is_in_no_text() {
    for sent in [false, true] {
        let http = move |_: katapult_core::http::Request<katapult_core::bytes::Bytes>| -> HttpFuture<'static> {
            let cause = format!("refused: authorization: Bearer {TOKEN}");
            Box::pin(async move {
                Err(match sent {
                    true => HttpClientError::lost(cause),
                    false => HttpClientError::not_sent(cause),
                })
            })
        };
        let client = Client::builder()
            .http_client(http)
            .token(TOKEN)
            .retry(RetryPolicy::none());
        let error = get(&client.build().unwrap()).send().await.unwrap_err();
        assert_hidden("cause", &texts(&error));
        assert!(error.is_connect());
    }
}

#[tokio::test(start_paused = true)]
async fn refused_token_is_in_no_text() {
    for token in [
        format!(" {TOKEN}"),
        format!("Bearer {TOKEN}"),
        format!("{TOKEN}\u{e9}"),
    ] {
        let text = Client::builder()
            .token(token.as_str())
            .build()
            .map(drop)
            .unwrap_err();
        assert_hidden("builder", &format!("{text} {text:?}"));
        let scripted = ScriptedClient::new([ok()]);
        let provider = move || {
            let token = token.clone();
            async move { Ok(SecretString::from(token)) }
        };
        let client = builder(&scripted).token_provider(provider).build().unwrap();
        let error = get(&client).send().await.unwrap_err();
        assert_hidden("provider", &texts(&error));
    }
}
