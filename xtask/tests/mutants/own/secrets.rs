//! Secrets: by their names, by `protect`, by the document, and by a correction.

use serde_json::{Value, json};

use super::{Own, accepted, argument, lamp, string};
use crate::common::object;

#[rustfmt::skip] // one line a fact
pub(super) fn all() -> Vec<Own> {
    vec![
        accepted("secret_by_name", |d| { lamp(d, "otp", string()); argument(d, "passphrase", string()); })
            .code("pub otp: Option<Secret>").code("pub passphrase: Patch<Secret>")
            .code("SECRET_FIELDS: &[&str] = &[]"),
        accepted("list_of_secrets", |d| {
            let codes = json!({ "type": "array", "items": string() });
            lamp(d, "recovery_codes", codes.clone());
            argument(d, "recovery_codes", codes);
        })
        .code("pub recovery_codes: Option<Vec<Secret>>"),
        accepted("map_of_secrets", |d| {
            lamp(d, "tokens", json!({ "type": "object", "additionalProperties": string() }));
        })
        .code("pub tokens: Option<HashMap<String, Secret>>"),
        accepted("secret_by_protect", |d| {
            named_value(d, json!({ "key": string(), "protect": { "type": "boolean" }, "value": string() }));
        })
        .code("pub value: Option<Secret>"),
        accepted("value_without_protect", |d| named_value(d, json!({ "key": string(), "value": string() })))
            .no_code("pub value: Option<Secret>"),
        accepted("secret_by_format", |d| {
            lamp(d, "badge", json!({ "type": "string", "format": "password" }));
        })
        .code("pub badge: Option<Secret>").code("SECRET_FIELDS: &[&str] = &[\"badge\"]"),
        accepted("secret_by_correction", |d| { lamp(d, "beacon", string()); argument(d, "beacon", string()); })
            .corrected_by("secrets: {fields: [beacon]}")
            .code("pub beacon: Option<Secret>")
            .code("SECRET_FIELDS: &[&str] = &[\"beacon\"]"),
    ]
}

/// Adds an attribute with these fields.
fn named_value(document: &mut Value, attribute: Value) {
    lamp(document, "attribute", object(&[], attribute));
}
