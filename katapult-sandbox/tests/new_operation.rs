//! The operations of a new document work without further code.

mod support;

use serde_json::{Value, json};
use support::Raw;

#[tokio::test]
async fn operation_added_to_the_document_works() {
    let mut core: Value = serde_json::from_str(support::CORE).unwrap();
    core["components"]["schemas"]["Lemonade"] = json!({"type": "object", "x-katapult-type": "Lemonade",
        "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "sweet": {"type": "boolean", "nullable": true}}});
    core["components"]["schemas"]["LemonadeLookup"] = json!({"x-katapult-lookup": ["id"], "oneOf": [
        {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"], "additionalProperties": false}]});
    let facts = |action: &str| {
        json!({"resource": "lemonades", "action": action, "title": action, "scopes": ["lemonades"], "idempotent": true,
        "subject": "lemonade", "errors": {"404": ["lemonade_not_found"], "422": ["validation_error"]}})
    };
    let response = json!({"description": "Success.", "content": {"application/json": {"schema": {"type": "object", "required": ["lemonade"],
        "properties": {"lemonade": {"$ref": "#/components/schemas/Lemonade"}}}}}});
    core["paths"]["/organizations/organization/lemonades"] = json!({"post": {"operationId": "lemonades.create", "x-katapult": facts("create"),
        "responses": {"201": response}, "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["organization"],
        "properties": {"organization": {"$ref": "#/components/schemas/OrganizationLookup"}, "properties": {"type": "object",
        "properties": {"name": {"type": "string"}}}}}}}}}});
    core["paths"]["/lemonades/lemonade"] = json!({"get": {"operationId": "lemonades.get", "x-katapult": facts("get"), "responses": {"200": response},
        "parameters": [{"in": "query", "name": "lemonade", "required": true, "schema": {"$ref": "#/components/schemas/LemonadeLookup"}}]}});
    let raw = Raw::with(katapult_sandbox::Sandbox::builder().core_document(core.to_string())).await;
    let body = json!({"organization": {"sub_domain": "acme"}, "properties": {"name": "Cloudy"}});
    let created = raw
        .send(
            "POST",
            "/core/v1/organizations/organization/lemonades",
            Some(&body),
        )
        .await;
    assert_eq!(
        (created.status, &created.json()["lemonade"]["sweet"]),
        (201, &Value::Null),
        "{}",
        created.body
    );
    let id = created.json()["lemonade"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
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
