//! `POST /virtual_machines/virtual_machine/shutdown`, response by response.

mod support;

use httpmock::prelude::*;
use katapult_core::error_codes::ErrorDetail;
use katapult_core::types::{TaskStatus, VirtualMachineLookup};
use katapult_core::{Error, ErrorKind};
use serde_json::{Value, json};

use support::{PATH, client, shut_down};

/// A response to the request, and what the client has to make of it.
struct Row {
    name: &'static str,
    status: u16,
    body: Body,
    kind: ErrorKind,
    code: Option<&'static str>,
    detail: fn(Option<&ErrorDetail>) -> bool,
    /// The questions whose answer is yes. All others have to be no.
    yes: &'static [&'static str],
}

enum Body {
    /// The API's envelope around a code, with this detail.
    Envelope(Value),
    /// JSON of another form.
    Json(Value),
    /// What a proxy sends.
    Html,
    Text(&'static str),
}

use Body::{Envelope, Html, Json, Text};
use ErrorKind::{
    Auth, Conflict, Decode, Forbidden, InTrash, NotFound, RateLimited, Status, Unavailable,
    Unconfirmed, Validation,
};

const REQUEST_ID: &str = "5f2b6f0e-0000-4000-8000-00000000abcd";

/// No code, and so no detail.
fn none(detail: Option<&ErrorDetail>) -> bool {
    detail.is_none()
}

/// A code that brings an empty detail, or one of a form that nobody knows: it is there as it came.
fn empty(detail: Option<&ErrorDetail>) -> bool {
    matches!(detail, Some(ErrorDetail::Other(value)) if value == &json!({}))
}

fn rows() -> Vec<Row> {
    #[rustfmt::skip]
    let rows = vec![
        Row { name: "no token", status: 400, body: Envelope(json!({})), kind: Auth,
            code: Some("missing_api_token"), detail: empty, yes: &["auth"] },
        Row { name: "network not allowed", status: 403, body: Envelope(json!({"ip_address": "192.0.2.7"})), kind: Auth,
            code: Some("unauthorized_network_for_api_token"),
            detail: |detail| matches!(detail, Some(ErrorDetail::UnauthorizedNetworkForApiToken(detail))
                if detail.ip_address.as_ref().is_some_and(|ip| ip == "192.0.2.7")),
            yes: &["auth"] },
        Row { name: "invalid token", status: 403, body: Envelope(json!({"details": "It was revoked"})), kind: Auth,
            code: Some("invalid_api_token"),
            detail: |detail| matches!(detail, Some(ErrorDetail::InvalidApiToken(detail))
                if detail.details.as_deref() == Some("It was revoked")),
            yes: &["auth"] },
        Row { name: "invalid token, no reason", status: 403, body: Envelope(json!({"details": null})), kind: Auth,
            code: Some("invalid_api_token"),
            detail: |detail| matches!(detail, Some(ErrorDetail::InvalidApiToken(detail)) if detail.details.is_none()),
            yes: &["auth"] },
        Row { name: "invalid capabilities", status: 403, body: Envelope(json!({})), kind: Auth,
            code: Some("invalid_capabilities_token"), detail: empty, yes: &["auth"] },
        Row { name: "scope missing", status: 403, body: Envelope(json!({"scopes": ["virtual_machines", "virtual_machines:power_actions"]})),
            kind: Forbidden, code: Some("scope_not_granted"),
            detail: |detail| matches!(detail, Some(ErrorDetail::ScopeNotGranted(detail))
                if detail.scopes.as_ref().is_some_and(|scopes| scopes == &["virtual_machines", "virtual_machines:power_actions"])),
            yes: &["forbidden"] },
        Row { name: "permission denied", status: 403, body: Envelope(json!({"details": "Ask the owner"})), kind: Forbidden,
            code: Some("permission_denied"),
            detail: |detail| matches!(detail, Some(ErrorDetail::PermissionDenied(detail))
                if detail.details.as_deref() == Some("Ask the owner")),
            yes: &["forbidden"] },
        Row { name: "permission denied, no reason", status: 403, body: Envelope(json!({"details": null})), kind: Forbidden,
            code: Some("permission_denied"),
            detail: |detail| matches!(detail, Some(ErrorDetail::PermissionDenied(detail)) if detail.details.is_none()),
            yes: &["forbidden"] },
        Row { name: "no such machine", status: 404, body: Envelope(json!({})), kind: NotFound,
            code: Some("virtual_machine_not_found"), detail: empty, yes: &["not_found", "gone"] },
        Row { name: "in the trash", status: 406, body: Envelope(json!({"trash_object": {"id": "trsh_0000000000000001"}})), kind: InTrash,
            code: Some("object_in_trash"),
            detail: |detail| matches!(detail, Some(ErrorDetail::ObjectInTrash(detail))
                if detail.trash_object.as_ref().is_some_and(|object| json_has(object, "trsh_0000000000000001"))),
            yes: &["in_trash", "gone"] },
        Row { name: "in the trash, object not told", status: 406, body: Envelope(json!({})), kind: InTrash,
            code: Some("object_in_trash"),
            detail: |detail| matches!(detail, Some(ErrorDetail::ObjectInTrash(detail)) if detail.trash_object.is_none()),
            yes: &["in_trash", "gone"] },
        Row { name: "in the trash, object null", status: 406, body: Envelope(json!({"trash_object": null})), kind: InTrash,
            code: Some("object_in_trash"),
            detail: |detail| matches!(detail, Some(ErrorDetail::ObjectInTrash(detail)) if detail.trash_object.is_none()),
            yes: &["in_trash", "gone"] },
        Row { name: "task not queued", status: 406, body: Envelope(json!({"details": "It is stopped"})), kind: Conflict,
            code: Some("task_queueing_error"),
            detail: |detail| matches!(detail, Some(ErrorDetail::TaskQueueingError(detail))
                if detail.details.as_deref() == Some("It is stopped")),
            yes: &[] },
        Row { name: "quota spent", status: 429, body: Envelope(json!({"total_permitted": 1000})), kind: RateLimited,
            code: Some("rate_limit_reached"),
            detail: |detail| matches!(detail, Some(ErrorDetail::RateLimitReached(detail)) if detail.total_permitted == Some(1000)),
            yes: &["rate_limited", "retryable"] },
        Row { name: "quota spent, in a proxy's words", status: 429, body: Text("slow down"), kind: RateLimited,
            code: None, detail: none, yes: &["rate_limited", "retryable"] },
        Row { name: "out of service", status: 503, body: Envelope(json!({})), kind: Unavailable,
            code: Some("service_unavailable"), detail: empty, yes: &["retryable"] },
        Row { name: "bad gateway in HTML", status: 502, body: Html, kind: Unconfirmed,
            code: None, detail: none, yes: &["unconfirmed", "may_have_happened"] },
        Row { name: "out of service, and no body", status: 503, body: Text(""), kind: Unconfirmed,
            code: None, detail: none, yes: &["unconfirmed", "may_have_happened"] },
        Row { name: "gateway timeout in HTML", status: 504, body: Html, kind: Unconfirmed,
            code: None, detail: none, yes: &["unconfirmed", "may_have_happened"] },
        Row { name: "unknown code, known status", status: 403, body: Envelope(json!({"moon": "full"})), kind: Forbidden,
            code: Some("moon_is_full"),
            detail: |detail| matches!(detail, Some(ErrorDetail::Other(value)) if value == &json!({"moon": "full"})),
            yes: &["forbidden"] },
        Row { name: "unknown code, unknown status", status: 418, body: Envelope(json!({})), kind: Status,
            code: Some("i_am_a_teapot"), detail: empty, yes: &[] },
        Row { name: "code of another operation", status: 422, body: Envelope(json!({"errors": ["Name is taken"]})), kind: Validation,
            code: Some("validation_error"),
            detail: |detail| matches!(detail, Some(ErrorDetail::ValidationError(detail))
                if detail.errors.as_ref().is_some_and(|errors| errors == &["Name is taken"])),
            yes: &["validation"] },
        Row { name: "accident on the server", status: 500, body: Envelope(json!({})), kind: Status,
            code: Some("internal_error"), detail: empty, yes: &["may_have_happened"] },
        Row { name: "detail of another form", status: 403, body: Envelope(json!({"scopes": 7})), kind: Forbidden,
            code: Some("scope_not_granted"),
            detail: |detail| matches!(detail, Some(ErrorDetail::Other(value)) if value == &json!({"scopes": 7})),
            yes: &["forbidden"] },
        Row { name: "envelope with a code alone", status: 404, body: Json(json!({"error": {"code": "virtual_machine_not_found"}})), kind: NotFound,
            code: Some("virtual_machine_not_found"),
            detail: |detail| matches!(detail, Some(ErrorDetail::Other(Value::Null))),
            yes: &["not_found", "gone"] },
        Row { name: "no envelope", status: 404, body: Json(json!({"code": "virtual_machine_not_found"})), kind: NotFound,
            code: None, detail: none, yes: &["not_found", "gone"] },
        Row { name: "not found in HTML", status: 404, body: Html, kind: NotFound,
            code: None, detail: none, yes: &["not_found", "gone"] },
        Row { name: "half an envelope", status: 404, body: Text(r#"{"error":{"code":"virtual_mac"#), kind: NotFound,
            code: None, detail: none, yes: &["not_found", "gone"] },
        Row { name: "success without a task", status: 200, body: Json(json!({})), kind: Decode,
            code: None, detail: none, yes: &["may_have_happened"] },
        Row { name: "success of the wrong type", status: 200, body: Json(json!({"task": {"id": 7}})), kind: Decode,
            code: None, detail: none, yes: &["may_have_happened"] },
        Row { name: "success in HTML", status: 200, body: Html, kind: Decode,
            code: None, detail: none, yes: &["may_have_happened"] },
    ];
    rows
}

/// Whether a value shows this text: enough to see that an object was read, however it is typed.
fn json_has(value: &impl std::fmt::Debug, text: &str) -> bool {
    format!("{value:?}").contains(text)
}

impl Row {
    fn body(&self) -> (String, &'static str) {
        match &self.body {
            Envelope(detail) => {
                let code = self.code.unwrap();
                let error =
                    json!({"code": code, "description": "In the API's words", "detail": detail});
                (json!({ "error": error }).to_string(), "application/json")
            }
            Json(value) => (value.to_string(), "application/json"),
            Html => (
                "<html><body><h1>Oh no</h1></body></html>".to_owned(),
                "text/html",
            ),
            Text(text) => ((*text).to_owned(), "text/plain"),
        }
    }

    fn check(&self, error: &Error) {
        let name = self.name;
        assert_eq!(error.kind(), self.kind, "{name}: {error}");
        assert_eq!(
            error.status().map(|status| status.as_u16()),
            Some(self.status),
            "{name}: {error}"
        );
        assert_eq!(
            error.code().map(|code| code.as_str()),
            self.code,
            "{name}: {error}"
        );
        let description = matches!(self.body, Envelope(_)).then_some("In the API's words");
        assert_eq!(error.description(), description, "{name}: {error}");
        let detail = error.detail();
        assert!((self.detail)(detail.as_ref()), "{name}: {detail:?}");
        assert_eq!(error.request_id(), Some(REQUEST_ID), "{name}: {error}");
        assert_eq!(error.attempts(), 1, "{name}: {error}");
        assert_eq!(error.operation().id, "virtual_machines.shutdown", "{name}");
        assert_eq!(support::yes(error), self.yes, "{name}: {error}");
        let shown = error.to_string();
        assert!(
            shown.starts_with("shutdown virtual machine: "),
            "{name}: {shown}"
        );
        for part in [self.code.unwrap_or(""), REQUEST_ID, "1 attempt"] {
            assert!(shown.contains(part), "{name}: {shown}");
        }
        assert!(!shown.contains('\n'), "{name}: {shown}");
    }
}

#[tokio::test]
async fn every_failure_gives_its_own_answer() {
    let rows = rows();
    assert!(rows.len() >= 22);
    for row in &rows {
        let server = MockServer::start_async().await;
        let (body, kind) = row.body();
        let mock = server
            .mock_async(|when, then| {
                when.method(POST).path(PATH);
                then.status(row.status)
                    .header("content-type", kind)
                    .header("x-request-id", REQUEST_ID)
                    .body(body);
            })
            .await;
        let error = shut_down(&client(&server.base_url())).await.unwrap_err();
        row.check(&error);
        mock.assert_calls_async(1).await;
    }
}

#[tokio::test]
async fn every_status_of_a_task_is_read() {
    let cases = [
        ("pending", TaskStatus::Pending),
        ("running", TaskStatus::Running),
        ("completed", TaskStatus::Completed),
        ("failed", TaskStatus::Failed),
        ("paused", TaskStatus::Unknown("paused".to_owned())),
    ];
    for (text, expected) in cases {
        let server = MockServer::start_async().await;
        server
            .mock_async(|when, then| {
                when.method(POST).path(PATH);
                then.status(200).header("x-request-id", REQUEST_ID).json_body(json!({
                    "task": {"id": "task_0000000000000001", "name": "Shut down", "status": text, "mood": "new"},
                }));
            })
            .await;
        let response = shut_down(&client(&server.base_url())).await.unwrap();
        assert_eq!(support::text(&response.task.id), "task_0000000000000001");
        assert_eq!(support::text(&response.task.name), "Shut down");
        assert_eq!(support::text(&response.task.status), expected.as_str());
        assert_eq!(
            format!("{:?}", response.task.status).contains("Unknown"),
            !expected.is_known()
        );
        assert_eq!(response.request_id(), Some(REQUEST_ID));
        assert_eq!(response.attempts(), 1);
        let unknown = response.json().unwrap();
        assert_eq!(
            unknown["task"]["mood"], "new",
            "fields that nobody knows can be read"
        );
    }
}

#[tokio::test]
async fn the_request_is_as_the_document_says() {
    let cases = [
        (
            VirtualMachineLookup::id("vm_0000000000000001"),
            json!({"id": "vm_0000000000000001"}),
        ),
        (
            VirtualMachineLookup::fqdn("web-1.acme.example"),
            json!({"fqdn": "web-1.acme.example"}),
        ),
    ];
    for (lookup, expected) in cases {
        let server = MockServer::start_async().await;
        let mock = server
            .mock_async(|when, then| {
                when.method(POST)
                    .path(PATH)
                    .header("authorization", format!("Bearer {}", support::TOKEN))
                    .header("content-type", "application/json")
                    .json_body(json!({"virtual_machine": expected}))
                    .is_true(|request| request.query_params().is_empty());
                then.status(200).json_body(support::task("pending"));
            })
            .await;
        let katapult = client(&server.base_url());
        katapult
            .virtual_machines()
            .shutdown(&lookup)
            .send()
            .await
            .unwrap();
        mock.assert_calls_async(1).await;
    }
}
