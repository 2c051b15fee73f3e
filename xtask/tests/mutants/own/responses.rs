//! Responses, request bodies and methods.

use serde_json::{Value, json};

use super::{Own, accepted, refused};
use crate::common::{fields, json_of, object, schema};

const GET: &str = "/paths/~1lamps~1lamp/get";
const LIST: &str = "/paths/~1harbours~1harbour~1lamps/get";

fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document.pointer_mut(pointer).expect("a place")
}

/// Replaces the content of the success of an operation.
fn success(document: &mut Value, operation: &str, content: Value) {
    at(document, operation)["responses"]["200"]["content"] = content;
}

fn list_schema(document: &mut Value) -> &mut Value {
    at(
        document,
        &format!("{LIST}/responses/200/content/application~1json/schema"),
    )
}

fn array(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

#[rustfmt::skip] // one line a fact
pub(super) fn all() -> Vec<Own> {
    vec![
        accepted("response_204_in_place_of_200", |d| {
            let flash = at(d, "/paths/~1lamps~1lamp~1flash/post/responses").as_object_mut().expect("responses");
            flash.remove("200");
            flash.insert("204".into(), json!({ "description": "" }));
        })
        .breaks(true, true)
        .code("pub struct FlashResponse {}"),
        accepted("response_without_content", |d| {
            at(d, "/paths/~1lamps~1lamp~1flash/post/responses")["200"] = json!({ "description": "" });
        })
        .code("pub struct FlashResponse {}"),
        accepted("response_with_content_of_nothing", |d| success(d, "/paths/~1lamps~1lamp~1flash/post", json!({})))
            .code("pub struct FlashResponse {}"),
        accepted("second_success_with_another_body", |d| {
            at(d, "/paths/~1lamps~1lamp/delete/responses")["202"] =
                json_of(object(&["task"], json!({ "task": schema("Task") })));
        })
        .prints("DELETE /lamps/lamp: status 202")
        .code("pub task: Option<Task>"),
        accepted("second_success_with_a_task_instead", |d| {
            at(d, "/paths/~1lamps~1lamp/patch/responses")["202"] =
                json_of(object(&["task"], json!({ "task": schema("Task") })));
        })
        .breaks(false, true)
        .code("} instead { task }"),
        accepted("second_success_without_content", |d| {
            at(d, "/paths/~1lamps~1lamp/delete/responses")["204"] = json!({ "description": "" });
        })
        .prints("DELETE /lamps/lamp: status 204")
        .code("pub trash_object: Option<TrashObject>")
        .no_code("impl TrashOperation for"),
        accepted("status_default", |d| {
            at(d, &format!("{GET}/responses"))["default"] = json_of(object(&[], json!({})));
        })
        .prints("GET /lamps/lamp: dropped: the response \"default\""),
        accepted("content_type_with_parameters", |d| {
            for operation in [GET, "/paths/~1lamps~1lamp/patch"] {
                let content = at(d, operation)["responses"]["200"]["content"].take();
                let content = json!({ "application/json; charset=utf-8": content["application/json"] });
                success(d, operation, content);
            }
            let body = at(d, "/paths/~1lamps~1lamp/patch/requestBody/content");
            *body = json!({ "Application/JSON;charset=UTF-8": body["application/json"] });
        })
        .breaks(false, false),
        accepted("text_with_parameters", |d| {
            success(d, "/paths/~1lamps~1lamp~1log/get", json!({ "text/plain; charset=utf-8": { "schema": { "type": "string" } } }));
        })
        .breaks(false, false),
        accepted("second_content_type", |d| {
            let content = at(d, &format!("{GET}/responses/200/content")).as_object_mut().expect("content");
            content.insert("application/xml".into(), json!({ "schema": { "type": "string" } }));
        })
        .prints("GET /lamps/lamp: dropped: the media type application/xml"),
        refused("response_of_bytes", "GET /lamps/lamp/log", "application/octet-stream", |d| {
            success(d, "/paths/~1lamps~1lamp~1log/get", json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } }));
        })
        .ignorable("GET /lamps/lamp/log"),
        refused("response_of_a_bare_list", "GET /lamps/lamp", "bare array", |d| {
            success(d, GET, json!({ "application/json": { "schema": array(schema("ListedLamp")) } }));
        })
        .ignorable("GET /lamps/lamp"),
        refused("response_of_a_bare_text", "GET /lamps/lamp", "not an object", |d| {
            success(d, GET, json!({ "application/json": { "schema": { "type": "string" } } }));
        })
        .ignorable("GET /lamps/lamp"),
        refused("response_of_a_bare_one_of", "GET /lamps/lamp", "bare `oneOf`", |d| {
            success(d, GET, json!({ "application/json": { "schema": { "oneOf": [schema("Task"), schema("Trash")] } } }));
        })
        .ignorable("GET /lamps/lamp"),
        refused("response_of_a_map", "GET /lamps/lamp", "not an object with fields", |d| {
            success(d, GET, json!({ "application/json": { "schema": { "type": "object", "additionalProperties": { "type": "string" } } } }));
        })
        .ignorable("GET /lamps/lamp"),
        accepted("properties_optional", |d| {
            let body = at(d, "/paths/~1lamps~1lamp/patch/requestBody/content/application~1json/schema");
            body["required"] = json!(["lamp"]);
            d["components"]["schemas"]["LampArguments"]["required"] = json!([]);
            let body = at(d, "/paths/~1harbours~1harbour~1lamps/post/requestBody/content/application~1json/schema");
            body["required"] = json!(["harbour"]);
        })
        .code("properties: Patch::Absent"),
        accepted("properties_optional_with_a_required_field", |d| {
            let body = at(d, "/paths/~1lamps~1lamp/patch/requestBody/content/application~1json/schema");
            body["required"] = json!(["lamp"]);
        })
        .code("properties: LampArguments::new("),
        refused("body_of_a_form", "PATCH /lamps/lamp", "not application/json", |d| {
            let content = at(d, "/paths/~1lamps~1lamp/patch/requestBody/content");
            *content = json!({ "multipart/form-data": { "schema": object(&[], json!({})) } });
        })
        .ignorable("PATCH /lamps/lamp"),
        refused("body_of_a_bare_list", "PATCH /lamps/lamp", "not an object", |d| {
            let content = at(d, "/paths/~1lamps~1lamp/patch/requestBody/content");
            *content = json!({ "application/json": { "schema": array(schema("LampArguments")) } });
        })
        .ignorable("PATCH /lamps/lamp"),
        accepted("pagination_optional", |d| list_schema(d)["required"] = json!(["lamps"]))
            .no_code("impl ListOperation for"),
        accepted("pagination_nullable", |d| {
            list_schema(d)["properties"]["pagination"] = json!({ "allOf": [schema("Pages")], "nullable": true });
        })
        .no_code("impl ListOperation for"),
        refused("pagination_of_text", "no type Pagination", "names.yaml", |d| {
            list_schema(d)["properties"]["pagination"] = json!({ "type": "string" });
        }),
        accepted("items_of_a_list_nullable", |d| list_schema(d)["properties"]["lamps"]["nullable"] = json!(true))
            .no_code("impl ListOperation for"),
        accepted("deprecated_operation", |d| at(d, GET)["deprecated"] = json!(true))
            .code("#[deprecated"),
        accepted("deprecated_field", |d| {
            fields(d, "/components/schemas/Keeper/properties").insert("old".into(), json!({ "type": "string", "deprecated": true }));
        })
        .prints("Keeper.old: dropped: `deprecated`"),
        accepted("methods_without_types", |d| {
            for method in ["head", "options", "trace"] {
                d["paths"]["/lamps/lamp"][method] = json!({ "responses": { "200": { "description": "" } } });
            }
        })
        .breaks(false, false)
        .prints("HEAD /lamps/lamp: dropped")
        .prints("OPTIONS /lamps/lamp: dropped")
        .prints("TRACE /lamps/lamp: dropped"),
        accepted("servers_of_an_operation", |d| at(d, GET)["servers"] = json!([{ "url": "https://other.example" }]))
            .prints("GET /lamps/lamp: dropped: the keyword `servers`"),
        accepted("servers_of_a_path", |d| d["paths"]["/lamps/lamp"]["servers"] = json!([]))
            .prints("/lamps/lamp: dropped: the keyword `servers`"),
        accepted("headers_of_a_response", |d| at(d, GET)["responses"]["200"]["headers"] = json!({}))
            .prints("GET /lamps/lamp: dropped: the keyword `headers`"),
        refused("path_by_reference", "/lamps/lamp/dim", "is only a reference", |d| {
            d["paths"]["/lamps/lamp/dim"] = json!({ "$ref": "#/paths/~1lamps~1lamp~1flash" });
        }),
        refused("path_with_braces", "/lamps/{lamp}", "only ASCII letters", |d| {
            d["paths"]["/lamps/{lamp}/dim"] = d["paths"]["/lamps/lamp/flash"].clone();
        })
        .ignorable("POST /lamps/{lamp}/dim"),
        refused("document_of_openapi_3_1", ".json", "OpenAPI 3.1.1", |d| d["openapi"] = json!("3.1.1")),
        refused("document_of_openapi_3_2", ".json", "OpenAPI 3.2.0", |d| d["openapi"] = json!("3.2.0")),
    ]
}
