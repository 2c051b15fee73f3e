//! Kinds of change, each with its severity and the public name that it affects.

use std::collections::BTreeMap;

use katapult_openapi::Api;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::diff::api_model;
use crate::diff::compare::compare;
use crate::diff::input::Source;
use crate::diff::severity::severity;
use crate::spec::Document;

fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

fn operation(id: &str, scopes: &[&str], idempotent: bool, response: Value) -> Value {
    let (resource, action) = id.split_once('.').expect("a dot");
    json!({
        "operationId": id,
        "responses": { "200": { "content": { "application/json": { "schema": response } } } },
        "x-katapult": {
            "resource": resource, "action": action, "title": id, "scopes": scopes, "idempotent": idempotent,
            "errors": { "404": ["lamp_not_found"] },
        },
    })
}

fn query(name: &str, required: bool, schema: Value) -> Value {
    json!({ "in": "query", "name": name, "required": required, "schema": schema })
}

/// A small canonical document.
fn base() -> Value {
    let lamp = || object(&["lamp"], json!({ "lamp": schema("Lamp.full") }));
    let mut get = operation("lamps.get", &["lamps", "lamps:read"], true, lamp());
    get["parameters"] = json!([query("lamp", true, schema("LampLookup"))]);
    get["x-katapult"]["subject"] = json!("lamp");
    let mut list = operation(
        "lamps.list",
        &["lamps"],
        true,
        object(
            &["lamps", "pagination"],
            json!({ "lamps": { "type": "array", "items": schema("Lamp.short") }, "pagination": schema("Pagination") }),
        ),
    );
    list["parameters"] = json!([query("page", false, json!({ "type": "integer" }))]);
    list["x-katapult"]["list"] = json!({ "items": "lamps", "pagination": "pagination" });
    let mut update = operation("lamps.update", &["lamps"], true, lamp());
    update["requestBody"]["content"]["application/json"]["schema"] = object(
        &["lamp", "properties"],
        json!({ "lamp": schema("LampLookup"), "properties": schema("LampArguments") }),
    );
    let mut flash = operation(
        "lamps.flash",
        &[],
        false,
        object(&["task"], json!({ "task": schema("Task") })),
    );
    flash["x-katapult"]["task"] = json!("task");
    let keeper = object(&["keeper"], json!({ "keeper": schema("Keeper") }));
    let keeper = operation("keepers.get", &["keepers"], true, keeper);
    let string = || json!({ "type": "string" });
    let typed = |name: &str, mut schema: Value| {
        schema["x-katapult-type"] = json!(name);
        schema
    };
    json!({
        "paths": {
            "/lamps/lamp": { "get": get, "patch": update },
            "/lamps": { "get": list },
            "/lamps/lamp/flash": { "post": flash },
            "/keepers/keeper": { "get": keeper },
        },
        "components": { "schemas": {
            "Lamp.full": typed("Lamp", object(&["id", "watts"], json!({
                "id": string(), "watts": { "type": "integer" }, "colour": schema("Colour"), "owner": schema("LampOwner"),
                "bulb": schema("Bulb"), "name": string(),
            }))),
            "Lamp.short": typed("Lamp", object(&["id", "watts"], json!({
                "id": string(), "watts": { "type": "integer" }, "name": string(),
            }))),
            "LampArguments": object(&["group"], json!({
                "group": string(), "name": string(), "colour": schema("Colour"), "beam": schema("Beam"),
                "note": { "type": "string", "nullable": true },
            })),
            "Beam": object(&["angle"], json!({ "angle": { "type": "integer" }, "reach": { "type": "integer" } })),
            "Bulb": object(&["id"], json!({ "id": string(), "kind": schema("BulbKind") })),
            "BulbKind": { "type": "string", "enum": ["arc", "oil"] },
            "Colour": { "type": "string", "enum": ["red", "white"] },
            "LampLookup": {
                "x-katapult-lookup": ["id", "name"],
                "oneOf": [object(&["id"], json!({ "id": string() })), object(&["name"], json!({ "name": string() }))],
            },
            "LampOwner": {
                "type": "object", "properties": { "type": string() },
                "x-katapult-polymorph": { "Keeper": schema("Keeper"), "Task": schema("Task") },
            },
            "Keeper": object(&["id"], json!({ "id": string() })),
            "Task": object(&["id", "status"], json!({ "id": string(), "status": string() })),
            "Pagination": object(&[], json!({ "total": { "type": "integer" } })),
            "LampBusyDetail": object(&[], json!({ "until": { "type": "integer" } })),
        } },
        "x-katapult-error-codes": {
            "lamp_not_found": { "statuses": [404] },
            "lamp_busy": { "statuses": [406], "detail": schema("LampBusyDetail") },
        },
    })
}

fn source(core: &Value) -> Source {
    let core = katapult_openapi::Document::from_json(Api::Core, core.clone()).expect("canonical");
    let mut document = Document::default();
    document.add(&core).expect("canonical");
    Source {
        version: "1".to_owned(),
        document,
    }
}

/// A mutation of the base document, and the changes that the comparison must report.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    change: String,
    /// From where a value is copied, by where to.
    #[serde(default)]
    copy: BTreeMap<String, String>,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    add: BTreeMap<String, Value>,
    #[serde(default)]
    expected: Vec<String>,
}

fn rows() -> Vec<Row> {
    serde_saphyr::from_str(include_str!("changes.yaml")).expect("rows")
}

impl Row {
    fn mutated(&self) -> Value {
        let mut document = base();
        for (to, from) in &self.copy {
            let value = document.pointer(from).expect("a value").clone();
            add(&mut document, to, value);
        }
        for pointer in &self.remove {
            let (parent, key) = split(&mut document, pointer);
            let removed = parent
                .as_object_mut()
                .and_then(|fields| fields.remove(&key));
            assert!(removed.is_some(), "no {pointer}");
        }
        for (pointer, value) in &self.add {
            add(&mut document, pointer, value.clone());
        }
        document
    }
}

/// Returns the value around a pointer, and the pointer's last key.
fn split<'a>(document: &'a mut Value, pointer: &str) -> (&'a mut Value, String) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("a value");
    (parent, key.replace("~1", "/").replace("~0", "~"))
}

fn add(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = split(document, pointer);
    match parent.as_array_mut() {
        Some(items) => items.push(value),
        None => parent[key] = value,
    }
}

#[test]
fn mutated_document_gives_exactly_the_expected_changes() {
    let old = api_model::of(&source(&base()));
    let mut wrong = Vec::new();
    for row in rows() {
        let new = api_model::of(&source(&row.mutated()));
        let mut found: Vec<String> = compare(&old, &new)
            .iter()
            .map(|change| {
                let severity = severity(change.kind).key();
                format!("{:?} | {severity} | {}", change.kind, change.name)
            })
            .collect();
        let mut expected = row.expected;
        found.sort();
        expected.sort();
        if found != expected {
            wrong.push(format!(
                "{}:\n  found    {found:?}\n  expected {expected:?}",
                row.change
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn reverse_comparison_reports_changes_too() {
    let old = api_model::of(&source(&base()));
    for row in rows() {
        let new = api_model::of(&source(&row.mutated()));
        assert_eq!(
            compare(&old, &new).is_empty(),
            compare(&new, &old).is_empty(),
            "{}",
            row.change
        );
    }
}
