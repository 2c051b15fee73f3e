//! The small invented API: its documents, names and corrections.

use serde_json::{Value, json};

/// Pins one name of each kind; the rest is named by rule.
pub(crate) const NAMES: &str = "\
operations:
  core GET /harbours/harbour/lamps: lamps.list
  core POST /harbours/harbour/lamps: lamps.create
titles:
  lamps.flash: flash a lamp once
objects: {}
parts:
  pagination: Pagination
arguments: {}
lookups: {}
enums:
  Lamp.colour: Colour
";

pub(crate) const CORRECTIONS: &str = "\
- rule:
    envelope: {}
  evidence: All failures seen.
- rule:
    path_lookups: {}
  evidence: All requests seen.
- rule:
    null_in_requests: {}
  evidence: One request seen.
- rule:
    add:
      type: Lamp
      fields:
        lit_at: integer
  evidence: All lamps seen.
- rule:
    polymorph:
      name: LampOwner
      at: [Lamp.owner]
      kinds:
        Harbour: Harbour
        Keeper: Keeper
  evidence: All owners seen.
";

/// Returns an operation with prose of its own.
pub(crate) fn operation(tag: &str, parameters: Value, body: Value, responses: Value) -> Value {
    let mut operation = json!({
        "summary": format!("Prose that sums up something of {tag}"),
        "description": format!("Prose that describes something of {tag} at length."),
        "tags": [tag],
        "security": [{ "OAuth2": [format!("example.test/core/v1/{tag}"), format!("example.test/core/v1/{tag}:read")] }],
        "parameters": parameters,
        "responses": responses,
    });
    if !body.is_null() {
        operation["requestBody"] = json!({
            "description": "Prose about a body.",
            "content": { "application/json": { "schema": body } },
        });
    }
    operation
}

pub(crate) fn query(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| {
            let schema = match *name {
                "page" | "per_page" => json!({ "type": "integer" }),
                _ => json!({ "type": "string" }),
            };
            json!({ "in": "query", "name": name, "schema": schema, "description": "Prose about a parameter." })
        })
        .collect()
}

pub(crate) fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "title": "Prose of a title", "required": required, "properties": properties })
}

pub(crate) fn json_of(schema: Value) -> Value {
    json!({ "description": "Prose about a response.", "content": { "application/json": { "schema": schema } } })
}

pub(crate) fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn response(name: &str) -> Value {
    json!({ "$ref": format!("#/components/responses/{name}") })
}

pub(crate) fn error(code: &str, detail: Value) -> Value {
    let code = json!({ "type": "string", "enum": [code] });
    let prose = json!({ "type": "string", "description": "Prose about an error." });
    object(
        &["code", "description", "detail"],
        json!({ "code": code, "description": prose, "detail": object(&[], detail) }),
    )
}

pub(crate) fn responses(success: Value) -> Value {
    json!({ "200": success, "404": response("NotFound"), "406": response("Busy") })
}

/// Returns the core document: operations on lamps, harbours and their keepers.
pub(crate) fn core() -> Value {
    let string = json!({ "type": "string", "description": "Prose about a string." });
    let integer = json!({ "type": "integer" });
    let colours = json!({ "type": "string", "enum": ["red", "dark-green", "white"] });
    let lamp = object(
        &["lamp"],
        json!({ "lamp": schema("GetLamp200ResponseLamp") }),
    );
    let key_value = json!({ "type": "array", "items": { "type": "string" } });
    let mut list = query(&[
        "harbour[id]",
        "harbour[permalink]",
        "page",
        "per_page",
        "annotations[][key]",
        "annotations[][value]",
    ]);
    for parameter in list.as_array_mut().into_iter().flatten() {
        if parameter["name"]
            .as_str()
            .is_some_and(|name| name.contains("[]"))
        {
            parameter["schema"] = key_value.clone();
        }
    }
    let arguments = object(
        &["name"],
        json!({
            "name": string,
            "colour": colours,
            "keeper": schema("KeeperLookup"),
            "beams": { "type": "array", "items": object(&["angle"], json!({ "angle": integer, "dimmed": { "type": "boolean" } })) },
        }),
    );
    json!({
        "openapi": "3.0.2",
        "info": { "title": "Prose that names the API", "description": "Prose about it all.", "version": "7.0", "x-katapult-version": "2.1.0" },
        "paths": {
            "/lamps/lamp": {
                "get": operation("Lamps", query(&["lamp[id]", "lamp[name]"]), json!(null), responses(json_of(lamp.clone()))),
                "patch": operation("Lamps", json!([]), object(&["lamp", "properties"], json!({ "lamp": schema("LampLookup"), "properties": schema("LampArguments") })), responses(json_of(lamp.clone()))),
                "delete": operation("Lamps", json!([]), object(&[], json!({ "lamp": schema("LampLookup") })), responses(json_of(object(&["trash_object"], json!({ "trash_object": schema("Trash") }))))),
            },
            "/lamps/lamp/flash": {
                "post": operation("Lamps", json!([]), object(&["lamp"], json!({ "lamp": schema("LampLookup"), "pattern": { "type": "string", "enum": ["long", "short"] } })), responses(json_of(object(&["task"], json!({ "task": schema("Task") }))))),
            },
            "/lamps/lamp/log": {
                "get": operation("Lamps", query(&["lamp[id]", "lamp[name]"]), json!(null), responses(json!({ "description": "Prose about text.", "content": { "text/plain": { "schema": { "type": "string" } } } }))),
            },
            "/harbours/harbour/lamps": {
                "get": operation("Lamps", list, json!(null), responses(json_of(object(&["lamps", "pagination"], json!({
                    "lamps": { "type": "array", "items": schema("ListedLamp") },
                    "pagination": schema("Pages"),
                }))))),
                "post": operation("Lamps", json!([]), object(&["harbour", "properties"], json!({ "harbour": schema("HarbourLookup"), "properties": schema("LampArguments") })), json!({
                    "201": json_of(lamp),
                    "404": response("NotFound"),
                    "422": json_of(error("validation_error", json!({ "errors": { "type": "array", "items": string } }))),
                })),
            },
            "/tasks/:task": {
                "get": operation("Tasks", query(&["task[id]"]), json!(null), responses(json_of(object(&["task"], json!({ "task": schema("Task") }))))),
            },
        },
        "components": {
            "schemas": {
                "LampLookup": object(&[], json!({ "id": string, "name": string })),
                "HarbourLookup": object(&[], json!({ "id": string, "permalink": string })),
                "KeeperLookup": object(&[], json!({ "id": string })),
                "LampArguments": arguments,
                "GetLamp200ResponseLamp": object(&["id", "name"], json!({
                    "id": string,
                    "name": string,
                    "colour": colours,
                    "lit": { "type": "boolean" },
                    "height": { "type": "number" },
                    "position": object(&["north", "east"], json!({ "north": integer, "east": integer })),
                    "keeper": { "allOf": [schema("Keeper")], "nullable": true },
                    "owner": { "oneOf": [schema("Keeper"), schema("Harbour")] },
                    "notes": { "type": "array", "items": string },
                    "anything": {},
                })),
                "ListedLamp": object(&["id"], json!({ "id": string, "name": string })),
                "Keeper": object(&["id"], json!({ "id": string, "name": string, "harbour": schema("Harbour"), "lamps": { "type": "array", "items": schema("GetLamp200ResponseLamp") }, "chief": { "allOf": [schema("Keeper")], "nullable": true } })),
                "Harbour": object(&["id"], json!({ "id": string, "permalink": string, "keepers": { "type": "array", "items": schema("Keeper") } })),
                "Task": object(&["id", "status"], json!({ "id": string, "status": { "type": "string", "enum": ["pending", "done"] } })),
                "Trash": object(&["id"], json!({ "id": string, "keep_until": integer })),
                "Pages": object(&["current_page"], json!({ "current_page": integer, "total": { "type": "integer", "nullable": true } })),
                "LampNotFound": error("lamp_not_found", json!({})),
                "HarbourNotFound": error("harbour_not_found", json!({})),
                "ObjectInTrash": error("object_in_trash", json!({ "trash_object": schema("Trash") })),
            },
            "responses": {
                "NotFound": json_of(json!({ "oneOf": [schema("LampNotFound"), schema("HarbourNotFound")] })),
                "Busy": json_of(schema("ObjectInTrash")),
            },
        },
    })
}

/// Returns the public document, with one operation.
pub(crate) fn public() -> Value {
    let zone = object(
        &["name"],
        json!({ "name": { "type": "string" }, "id": { "type": "string" } }),
    );
    let zones = object(
        &["zones"],
        json!({ "zones": { "type": "array", "items": zone } }),
    );
    json!({
        "openapi": "3.0.2",
        "info": { "version": "7.0", "x-katapult-version": "2.1.0" },
        "paths": { "/zones": { "get": operation("Zones", json!([]), json!(null), json!({ "200": json_of(zones) })) } },
    })
}
