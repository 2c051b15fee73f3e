//! Every operation of the document, called with what it takes and with what it does not.

mod support;

use serde_json::{Value, json};
use support::{Documents, Raw, fit};

#[tokio::test]
async fn every_operation_answers_valid_input_as_documented() {
    let raw = Raw::start().await;
    let documents = Documents::load();
    assert_eq!(documents.operations.len(), 195);
    let mut failures = Vec::new();
    let mut refused = Vec::new();
    for operation in documents.in_order() {
        raw.sandbox.advance(std::time::Duration::from_secs(60));
        let (query, body) = operation.sample(&raw.sandbox);
        let reply = raw.call(operation, &query, body.as_ref()).await;
        let place = format!("{} {query} {}", operation.id, body.unwrap_or_default());
        if reply.status >= 300 {
            refused.push(format!("{place}: {}", reply.body));
        }
        if reply.status >= 500 {
            failures.push(format!("{place}: {} {}", reply.status, reply.body));
        } else if reply.status >= 400 {
            let code = reply.code();
            if !operation.errors.contains(&(reply.status, code.clone())) {
                failures.push(format!(
                    "{place}: undocumented {} {code} {}",
                    reply.status, reply.body
                ));
            }
        } else if let Some(schema) = &operation.reply {
            failures.extend(
                fit(&operation.root, schema, &reply.json(), "")
                    .into_iter()
                    .map(|why| format!("{place}: {why}")),
            );
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(
        refused.len() <= 30,
        "{} refused:\n{}",
        refused.len(),
        refused.join("\n")
    );
}

#[tokio::test]
async fn every_operation_refuses_what_it_does_not_take() {
    let raw = Raw::start().await;
    let documents = Documents::load();
    let mut failures = Vec::new();
    for operation in &documents.operations {
        for (kind, query, body) in operation.invalid(&raw.sandbox) {
            let reply = raw.call(operation, &query, body.as_ref()).await;
            if !(400..500).contains(&reply.status) {
                failures.push(format!(
                    "{} {kind}: {} {query} {body:?}",
                    operation.id, reply.status
                ));
            } else if reply.json()["error"]["code"].as_str().is_none() {
                failures.push(format!(
                    "{} {kind}: no envelope: {}",
                    operation.id, reply.body
                ));
            }
        }
        if operation.core {
            let reply = raw.with_token(None, operation).await;
            if (reply.status, reply.code().as_str()) != (400, "missing_api_token") {
                failures.push(format!(
                    "{} without a token: {}",
                    operation.id, reply.status
                ));
            }
            let reply = raw.with_token(Some("wrong"), operation).await;
            if (reply.status, reply.code().as_str()) != (403, "invalid_api_token") {
                failures.push(format!(
                    "{} with a wrong token: {}",
                    operation.id, reply.status
                ));
            }
            let reply = raw.with_token(Some("narrow"), operation).await;
            if !operation.scopes.is_empty()
                && (reply.code() != "scope_not_granted"
                    || reply.json()["error"]["detail"]["scopes"] != json!(operation.scopes))
            {
                failures.push(format!(
                    "{} without a scope: {} {}",
                    operation.id, reply.status, reply.body
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[tokio::test]
async fn an_operation_that_was_added_to_the_document_works() {
    let mut core: Value = serde_json::from_str(support::CORE).unwrap();
    core["components"]["schemas"]["Lemonade"] = json!({"type": "object", "x-katapult-type": "Lemonade",
        "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "sweet": {"type": "boolean", "nullable": true}}});
    core["components"]["schemas"]["LemonadeLookup"] = json!({"x-katapult-lookup": ["id"], "oneOf": [
        {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"], "additionalProperties": false}]});
    let facts = |action: &str| {
        json!({"resource": "lemonades", "action": action, "title": action, "scopes": ["lemonades"], "idempotent": true,
        "subject": "lemonade", "errors": {"404": ["lemonade_not_found"], "422": ["validation_error"]}})
    };
    let reply = json!({"description": "Success.", "content": {"application/json": {"schema": {"type": "object", "required": ["lemonade"],
        "properties": {"lemonade": {"$ref": "#/components/schemas/Lemonade"}}}}}});
    core["paths"]["/organizations/organization/lemonades"] = json!({"post": {"operationId": "lemonades.create", "x-katapult": facts("create"),
        "responses": {"201": reply}, "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["organization"],
        "properties": {"organization": {"$ref": "#/components/schemas/OrganizationLookup"}, "properties": {"type": "object",
        "properties": {"name": {"type": "string"}}}}}}}}}});
    core["paths"]["/lemonades/lemonade"] = json!({"get": {"operationId": "lemonades.get", "x-katapult": facts("get"), "responses": {"200": reply},
        "parameters": [{"in": "query", "name": "lemonade", "required": true, "schema": {"$ref": "#/components/schemas/LemonadeLookup"}}]}});
    let raw = Raw::with(katapult_sandbox::Sandbox::builder().core_document(core.to_string())).await;
    let body = json!({"organization": {"sub_domain": "acme"}, "properties": {"name": "Cloudy"}});
    let made = raw
        .send(
            "POST",
            "/core/v1/organizations/organization/lemonades",
            Some(&body),
        )
        .await;
    assert_eq!(
        (made.status, &made.json()["lemonade"]["sweet"]),
        (201, &Value::Null),
        "{}",
        made.body
    );
    let id = made.json()["lemonade"]["id"].as_str().unwrap().to_owned();
    let found = raw
        .send(
            "GET",
            &format!("/core/v1/lemonades/lemonade?lemonade[id]={id}"),
            None,
        )
        .await;
    assert_eq!(found.json()["lemonade"]["name"], "Cloudy", "{}", found.body);
    let missing = raw
        .send("GET", "/core/v1/lemonades/lemonade?lemonade[id]=none", None)
        .await;
    assert_eq!(
        (missing.status, missing.code().as_str()),
        (404, "lemonade_not_found")
    );
}
