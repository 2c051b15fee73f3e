//! Details of errors: each code has a typed detail, and any other form is kept.
//!
//! The classification of errors is proved by the tables of katapult-core.

use katapult_core::error_codes::ErrorDetail;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::VirtualMachineLookup;
use katapult_core::{Error, RetryPolicy};
use serde_json::{Value, json};

async fn error_of(response: ScriptedResponse) -> Error {
    let scripted = ScriptedClient::new([response]);
    let builder = scripted.client_builder().retry(RetryPolicy::none());
    let katapult = builder.build().unwrap();
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let shutdown = katapult.virtual_machines().shutdown(web);
    shutdown.send().await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn detail_of_each_code_is_typed() {
    type Check = fn(ErrorDetail) -> bool;
    use ErrorDetail as D;
    #[rustfmt::skip]
    let rows: [(u16, &str, Value, Check); 14] = [
        (403, "unauthorized_network_for_api_token", json!({"ip_address": "192.0.2.7"}),
            |detail| matches!(detail, D::UnauthorizedNetworkForApiToken(it) if it.ip_address.as_ref().is_some_and(|ip| ip == "192.0.2.7"))),
        (403, "invalid_api_token", json!({"details": "It was revoked"}),
            |detail| matches!(detail, D::InvalidApiToken(it) if it.details.as_deref() == Some("It was revoked"))),
        (403, "invalid_api_token", json!({"details": null}),
            |detail| matches!(detail, D::InvalidApiToken(it) if it.details.is_none())),
        (403, "scope_not_granted", json!({"scopes": ["virtual_machines", "disks"]}),
            |detail| matches!(detail, D::ScopeNotGranted(it) if it.scopes.as_ref().is_some_and(|scopes| scopes == &["virtual_machines", "disks"]))),
        (403, "permission_denied", json!({"details": "Ask the owner"}),
            |detail| matches!(detail, D::PermissionDenied(it) if it.details.as_deref() == Some("Ask the owner"))),
        (403, "permission_denied", json!({"details": null}),
            |detail| matches!(detail, D::PermissionDenied(it) if it.details.is_none())),
        (406, "object_in_trash", json!({"trash_object": {"id": "trsh_1"}}),
            |detail| matches!(detail, D::ObjectInTrash(it) if format!("{:?}", it.trash_object).contains("trsh_1"))),
        (406, "object_in_trash", json!({}),
            |detail| matches!(detail, D::ObjectInTrash(it) if it.trash_object.is_none())),
        (406, "object_in_trash", json!({"trash_object": null}),
            |detail| matches!(detail, D::ObjectInTrash(it) if it.trash_object.is_none())),
        (406, "task_queueing_error", json!({"details": "It is stopped"}),
            |detail| matches!(detail, D::TaskQueueingError(it) if it.details.as_deref() == Some("It is stopped"))),
        (429, "rate_limit_reached", json!({"total_permitted": 1000}),
            |detail| matches!(detail, D::RateLimitReached(it) if it.total_permitted == Some(1000))),
        // The code of another operation.
        (422, "validation_error", json!({"errors": ["Name is taken"]}),
            |detail| matches!(detail, D::ValidationError(it) if it.errors.as_ref().is_some_and(|errors| errors == &["Name is taken"]))),
        (403, "scope_not_granted", json!({"scopes": 7}),
            |detail| matches!(detail, D::Other(value) if value == json!({"scopes": 7}))),
        (403, "moon_is_full", json!({"moon": "full"}),
            |detail| matches!(detail, D::Other(value) if value == json!({"moon": "full"}))),
    ];
    for (status, code, detail, is_expected) in rows {
        let error = error_of(ScriptedResponse::api_error_with(status, code, &detail)).await;
        let found = error.detail();
        assert!(
            found.clone().is_some_and(is_expected),
            "{code} {detail}: {found:?}"
        );
        assert_eq!(
            error.status().map(|status| status.as_u16()),
            Some(status),
            "{error}"
        );
        assert_eq!(
            error.code().map(|code| code.as_str()),
            Some(code),
            "{error}"
        );
        assert_eq!(error.description(), Some("Scripted error"), "{error}");
        assert_eq!(error.operation().id, "virtual_machines.shutdown");
    }
}

#[tokio::test(start_paused = true)]
async fn code_without_a_typed_detail_has_its_json() {
    let codes = [
        (400, "missing_api_token"),
        (403, "invalid_capabilities_token"),
        (404, "virtual_machine_not_found"),
        (503, "service_unavailable"),
        (500, "internal_error"),
        (418, "i_am_a_teapot"),
    ];
    for (status, code) in codes {
        let detail = error_of(ScriptedResponse::api_error(status, code))
            .await
            .detail();
        let expected = json!({});
        assert!(
            matches!(&detail, Some(ErrorDetail::Other(value)) if *value == expected),
            "{code}: {detail:?}"
        );
    }
    let body = r#"{"error":{"code":"virtual_machine_not_found"}}"#;
    let detail = error_of(ScriptedResponse::new(404, body)).await.detail();
    assert!(
        matches!(detail, Some(ErrorDetail::Other(Value::Null))),
        "{detail:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn response_without_the_envelope_has_neither_code_nor_detail() {
    let bodies = [
        (404, r#"{"code":"virtual_machine_not_found"}"#),
        (404, r#"{"error":{"code":"virtual_mac"#),
        (404, "<html><body><h1>Oh no</h1></body></html>"),
        (429, "slow down"),
        (503, ""),
        (200, "{}"),
        (200, r#"{"task":{"id":7}}"#),
    ];
    for (status, body) in bodies {
        let error = error_of(ScriptedResponse::new(status, body)).await;
        assert_eq!(
            error.status().map(|status| status.as_u16()),
            Some(status),
            "{error}"
        );
        assert!(
            error.code().is_none() && error.detail().is_none(),
            "{error}"
        );
        assert_eq!(error.description(), None, "{error}");
    }
}
