//! The test doubles themselves.

use std::time::{Duration, UNIX_EPOCH};

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::{Error, RetryPolicy};

use crate::support::*;

async fn error_of(response: ScriptedResponse) -> Error {
    let (client, _) = client_of([response]);
    let call = get(&client).retry(RetryPolicy::none());
    call.send().await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn invalid_script_fails_the_request_with_the_cause() {
    let cases = [
        (ScriptedResponse::new(99, ""), "invalid status code"),
        (ok().header("a b", "1"), "invalid HTTP header name"),
        (ok().header("a", "1\n2"), "header value"),
    ];
    for (response, cause) in cases {
        let error = error_of(response).await.to_string();
        assert!(error.contains(cause), "{cause}: {error}");
    }
    let (client, _) = client_of([]);
    let call = get(&client).retry(RetryPolicy::none());
    assert!(call.send().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn request_without_a_response_ends_with_the_time_limit() {
    let (client, scripted) = client_of([ScriptedResponse::never(), ok()]);
    get(&client).send().await.unwrap();
    let requests = scripted.requests();
    let ends: Vec<_> = requests
        .iter()
        .map(|request| request.finished_at.unwrap() - request.sent_at)
        .collect();
    assert_eq!(ends, secs(&[30, 0]));
    assert_eq!(scripted.pauses(), secs(&[1]));
}

#[tokio::test(start_paused = true)]
async fn response_is_dated_by_the_server_time() {
    let scripted = ScriptedClient::new([
        ok().delay(Duration::from_secs(2)),
        ok().without_date(),
        ok().header("Date", "yesterday"),
    ]);
    let scripted = scripted.server_time(UNIX_EPOCH);
    let client = builder(&scripted).build().unwrap();
    let mut dates = Vec::new();
    for _ in 0..3 {
        let response = get(&client).send().await.unwrap();
        let dated = response.headers().get("date").cloned();
        dates.push(dated.map(|date| date.to_str().unwrap().to_owned()));
    }
    let expected = [
        Some("Thu, 01 Jan 1970 00:00:02 GMT"),
        None,
        Some("yesterday"),
    ];
    assert_eq!(dates, expected.map(|date| date.map(str::to_owned)));
}
