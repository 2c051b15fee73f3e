//! Responses that repeat the token or contain a secret, to one call and to several.

use std::time::Duration;

use katapult_core::Client;
use katapult_core::ResumeToken;
use katapult_core::prelude::*;
use katapult_core::test_util::ScriptedResponse;
use katapult_core::types::OrganizationLookup;
use serde_json::json;

use crate::{ENCODED, ESCAPED, Places, SECRET, TOKEN, VALUE, chain, client, error_of, machine};

fn api_error(code: &str, description: &str, detail: &str) -> ScriptedResponse {
    let error = format!(r#"{{"code":"{code}","description":"{description}","detail":{detail}}}"#);
    ScriptedResponse::new(422, format!(r#"{{"error":{error}}}"#))
}

/// Responses of the API, or of a proxy, that repeat the token.
pub(crate) async fn responses_with_the_token(places: &mut Places) {
    let bearer = format!("Bearer {TOKEN}");
    let empty = |status| ScriptedResponse::new(status, "");
    let detail = |detail: String| api_error("c", "d", &detail);
    let page = format!("<html>{bearer}</html>");
    let table = [
        ("code", api_error(TOKEN, "d", "{}")),
        ("description", api_error("c", &bearer, "{}")),
        ("escaped description", api_error("c", ESCAPED, "{}")),
        (
            "list of errors",
            detail(format!(r#"{{"errors":["{TOKEN}"]}}"#)),
        ),
        ("one error", detail(format!(r#"{{"errors":"{TOKEN}"}}"#))),
        (
            "key in errors",
            detail(format!(r#"{{"errors":[{{"{TOKEN}":1}}]}}"#)),
        ),
        ("details", detail(format!(r#"{{"details":"{bearer}"}}"#))),
        ("reason", detail(format!(r#"{{"reason":"{TOKEN}"}}"#))),
        ("message", detail(format!(r#"{{"message":"{TOKEN}"}}"#))),
        (
            "trash object",
            detail(format!(r#"{{"trash_object":{{"id":"{TOKEN}"}}}}"#)),
        ),
        ("unknown detail", detail(format!(r#"{{"new":"{TOKEN}"}}"#))),
        ("page of an error", ScriptedResponse::new(502, page.clone())),
        (
            "text of an error",
            ScriptedResponse::new(500, bearer.clone()),
        ),
        (
            "foreign JSON",
            ScriptedResponse::new(404, format!(r#"{{"token":"{TOKEN}"}}"#)),
        ),
        (
            "truncated error",
            ScriptedResponse::new(404, bearer.clone()).truncated(27),
        ),
        ("request id", empty(503).header("x-request-id", TOKEN)),
        (
            "location",
            empty(302).header("location", format!("https://x.example/?t={TOKEN}")),
        ),
        (
            "encoded location",
            empty(301).header("location", format!("/?t={ENCODED}")),
        ),
        (
            "content type",
            ScriptedResponse::new(500, "x").header("content-type", format!("text/{TOKEN}")),
        ),
        ("any header", empty(400).header("x-echo", &bearer)),
        (
            "repeated header",
            empty(400).header("x-echo", "a").header("x-echo", &bearer),
        ),
        (
            "header that is not ASCII",
            empty(400).header("x-echo", format!("é {bearer}")),
        ),
        ("retry-after", empty(429).header("retry-after", &bearer)),
        ("quota", empty(429).header("x-ratelimit-remaining", TOKEN)),
        ("date", empty(500).header("date", TOKEN)),
        ("page of a success", ScriptedResponse::new(200, page)),
        (
            "error in a success",
            ScriptedResponse::new(200, format!(r#"{{"error":"{TOKEN}"}}"#)),
        ),
        (
            "truncated success",
            ScriptedResponse::new(200, bearer.clone()).truncated(27),
        ),
        (
            "too large success",
            ScriptedResponse::new(200, bearer.repeat(100)),
        ),
    ];
    for (place, response) in table {
        let error = error_of(response).await;
        places.error(place, &error);
        // The body is what was received, without the token.
        let body = error.body().map(String::from_utf8_lossy);
        places.0.last_mut().unwrap().1 += &format!("{body:?}");
    }
}

/// A success about an object whose id is the token.
pub(crate) async fn id_of_another_object(places: &mut Places) {
    let found = json!({ "virtual_machine": { "id": TOKEN } });
    let client = client([ScriptedResponse::json(&found)]);
    let call = client.virtual_machines().get(machine());
    places.error("id of another object", &call.send().await.unwrap_err());
}

/// Responses with a value that cannot be decoded, and one with a secret that can.
pub(crate) async fn responses_with_a_secret(places: &mut Places) {
    let with = |fields: &str| format!(r#"{{"virtual_machine":{{"id":"vm_1",{fields}}}}}"#);
    let table = [
        (
            "secret of another type",
            with(r#""initial_root_password":7362514899"#),
        ),
        ("value for a list", with(&format!(r#""tags":"{VALUE}""#))),
        (
            "value for an object",
            format!(r#"{{"virtual_machine":"{VALUE}"}}"#),
        ),
        (
            "value of a time",
            with(&format!(r#""created_at":"{VALUE}""#)),
        ),
        (
            "secret in truncated JSON",
            format!(r#"{{"virtual_machine":{{"initial_root_password":"{SECRET}"#),
        ),
        (
            "secret in a page",
            format!("<html>password: {SECRET}</html>"),
        ),
        ("secret in a text", format!("password={SECRET}")),
    ];
    for (place, body) in table {
        let call = client([ScriptedResponse::new(200, body)]);
        let call = call.virtual_machines().get(machine());
        // Without the body, which the caller may read.
        places.error(place, &call.send().await.unwrap_err());
    }
    let body = with(&format!(r#""initial_root_password":"{SECRET}""#));
    let call = client([ScriptedResponse::new(200, body)]);
    let response = call.virtual_machines().get(machine()).send().await.unwrap();
    places.debug("Debug of a response", &response);
    let (value, raw) = response.into_parts();
    places.debug("Debug of a value", &value);
    places.debug("Debug of a raw response", &raw);
}

/// Waits, lists and checks, whose errors contain those of their calls.
pub(crate) async fn errors_of_several_calls(places: &mut Places) {
    let denied = || api_error("c", &format!("Bearer {TOKEN}"), "{}");
    let task = |status: &str| {
        let task = json!({ "id": "task_1", "status": status, "job_uuid": TOKEN });
        ScriptedResponse::json(&json!({ "task": task }))
    };
    let shutdown = |responses: [ScriptedResponse; 2]| {
        let client = client(responses);
        client.virtual_machines().shutdown(machine())
    };
    for (place, second) in [
        ("failed task", task("failed")),
        ("task that is not completed", task("running")),
        ("failed poll", denied()),
    ] {
        let waiter = shutdown([task("pending"), second]).wait();
        let error = waiter.timeout(Duration::from_secs(20)).await.unwrap_err();
        places.add(place, chain(&error));
    }
    let check =
        shutdown([ScriptedResponse::connection_reset(), denied()]).reconcile(|client| async move {
            client.virtual_machines().get(machine()).send().await?;
            Ok(None)
        });
    places.error("failed reconcile check", &check.send().await.unwrap_err());

    let page = |number: i64| {
        let machines = [json!({ "id": TOKEN }), json!({ "id": number.to_string() })];
        let pagination =
            json!({ "current_page": number, "per_page": 2, "total_pages": 3, "total": 6 });
        let body = json!({ "virtual_machines": machines, "pagination": pagination });
        ScriptedResponse::json(&body)
    };
    let list = client([page(1), denied()]).virtual_machines();
    let mut pages = list.list(OrganizationLookup::sub_domain("acme")).pages();
    let first = pages.next().await.unwrap().unwrap();
    places.debug("Debug of a page", &first);
    places.add("resume token", pages.resume_token().unwrap().to_string());
    places.error(
        "page that failed",
        &pages.next().await.unwrap().unwrap_err(),
    );
    places.debug("Debug of pages", &pages);
    let other = client([page(1)]).virtual_machines();
    let other = other.list(OrganizationLookup::sub_domain("other"));
    let mut other = other.pages().resume(first_token(&client([page(1)])).await);
    places.error(
        "token of another list",
        &other.next().await.unwrap().unwrap_err(),
    );
}

async fn first_token(client: &Client) -> ResumeToken {
    let list = client.virtual_machines();
    let mut pages = list.list(OrganizationLookup::sub_domain("acme")).pages();
    pages.next().await.unwrap().unwrap();
    pages.resume_token().unwrap()
}
