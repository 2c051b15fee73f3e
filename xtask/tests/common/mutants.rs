//! Changes of the small API that a new document can bring, of the classes that break users.

use serde_json::{Value, json};

use super::lamps::{error, json_of, object, schema};
use super::mutate::fields;

/// A name, and the change of the core document.
pub(crate) type Mutant = (&'static str, fn(&mut Value));

const LAMP: &str = "/components/schemas/GetLamp200ResponseLamp/properties";
const ARGUMENTS: &str = "/components/schemas/LampArguments/properties";
const LAMPS: &str = "/harbours/harbour/lamps";

fn responses<'a>(document: &'a mut Value, path: &str, method: &str) -> &'a mut Value {
    &mut document["paths"][path][method]["responses"]
}

fn success<'a>(document: &'a mut Value, path: &str, method: &str) -> &'a mut Value {
    &mut responses(document, path, method)["200"]["content"]["application/json"]["schema"]
}

fn body<'a>(document: &'a mut Value, path: &str, method: &str) -> &'a mut Value {
    &mut document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
}

fn parameter(document: &mut Value, path: &str, parameter: Value) {
    let parameters = &mut document["paths"][path]["get"]["parameters"];
    parameters
        .as_array_mut()
        .expect("parameters")
        .push(parameter);
}

pub(crate) const MUTANTS: &[Mutant] = &[
    ("create_alone_requires_a_field", |document| {
        let mut arguments = document["components"]["schemas"]["LampArguments"].clone();
        arguments["required"] = json!(["name", "colour"]);
        fields(document, "/components/schemas").insert("NewLamp".into(), arguments);
        body(document, LAMPS, "post")["properties"]["properties"] = schema("NewLamp");
    }),
    ("required_argument_becomes_optional", |document| {
        body(document, "/lamps/lamp", "patch")["required"] = json!(["lamp"]);
    }),
    ("argument_moves_out_of_properties", |document| {
        let colour = fields(document, ARGUMENTS)
            .remove("colour")
            .expect("a field");
        for (path, method) in [("/lamps/lamp", "patch"), (LAMPS, "post")] {
            body(document, path, method)["properties"]["colour"] = colour.clone();
        }
    }),
    ("argument_changes_its_type", |document| {
        fields(document, ARGUMENTS).insert("name".into(), json!({ "type": "integer" }));
    }),
    ("argument_becomes_nullable", |document| {
        fields(document, &format!("{ARGUMENTS}/name")).insert("nullable".into(), json!(true));
    }),
    ("lookup_with_one_key_gains_another", |document| {
        fields(document, "/components/schemas/KeeperLookup/properties")
            .insert("name".into(), json!({ "type": "string" }));
    }),
    ("lookup_loses_a_key", |document| {
        fields(document, "/components/schemas/LampLookup/properties").remove("name");
        for path in ["/lamps/lamp", "/lamps/lamp/log"] {
            let parameters = &mut document["paths"][path]["get"]["parameters"];
            let parameters = parameters.as_array_mut().expect("parameters");
            parameters.retain(|parameter| parameter["name"] != "lamp[name]");
        }
    }),
    ("lookup_moves_from_body_to_query", |document| {
        body(document, "/lamps/lamp", "delete")["properties"] = json!({});
        let id = json!({ "in": "query", "name": "lamp[id]", "schema": { "type": "string" } });
        document["paths"]["/lamps/lamp"]["delete"]["parameters"] = json!([id]);
    }),
    ("id_is_nullable", |document| {
        fields(document, &format!("{LAMP}/id")).insert("nullable".into(), json!(true));
    }),
    ("field_becomes_an_enumeration", |document| {
        let status = json!({ "type": "string", "enum": ["ashore", "at_sea"] });
        fields(document, "/components/schemas/Keeper/properties").insert("name".into(), status);
    }),
    ("field_becomes_certain", |document| {
        document["components"]["schemas"]["GetLamp200ResponseLamp"]["required"] =
            json!(["id", "name", "lit"]);
    }),
    ("new_field_closes_a_cycle", |document| {
        fields(document, "/components/schemas/Harbour/properties")
            .insert("lamp".into(), schema("GetLamp200ResponseLamp"));
    }),
    ("received_type_is_sent_too", |document| {
        let position =
            document["components"]["schemas"]["GetLamp200ResponseLamp"]["properties"]["position"]
                .clone();
        fields(document, ARGUMENTS).insert("position".into(), position);
    }),
    ("subject_has_another_name", |document| {
        *success(document, "/lamps/lamp", "get") = object(
            &["light"],
            json!({ "light": schema("GetLamp200ResponseLamp") }),
        );
    }),
    ("subject_can_be_missing", |document| {
        success(document, "/lamps/lamp", "get")["required"] = json!([]);
    }),
    ("pages_can_be_missing", |document| {
        let pages = json!({ "allOf": [schema("Pages")], "nullable": true });
        success(document, LAMPS, "get")["properties"]["pagination"] = pages;
    }),
    ("page_must_be_given", |document| {
        let parameters = &mut document["paths"][LAMPS]["get"]["parameters"];
        for parameter in parameters.as_array_mut().expect("parameters") {
            if parameter["name"] == "page" {
                parameter["required"] = json!(true);
            }
        }
    }),
    ("query_gains_a_parameter", |document| {
        let lit = json!({ "in": "query", "name": "lit", "required": true, "schema": { "type": "boolean" } });
        parameter(document, LAMPS, lit);
    }),
    ("task_is_gone", |document| {
        *success(document, "/lamps/lamp/flash", "post") = object(
            &["lamp"],
            json!({ "lamp": schema("GetLamp200ResponseLamp") }),
        );
    }),
    ("delete_moves_nothing_to_the_trash", |document| {
        *success(document, "/lamps/lamp", "delete") = object(
            &["lamp"],
            json!({ "lamp": schema("GetLamp200ResponseLamp") }),
        );
    }),
    ("text_becomes_json", |document| {
        let log = object(&["log"], json!({ "log": { "type": "string" } }));
        responses(document, "/lamps/lamp/log", "get")["200"] = json_of(log);
    }),
    ("tagged_union_gains_a_kind", |document| {
        fields(document, LAMP).insert(
            "owner".into(),
            json!({ "oneOf": [schema("Keeper"), schema("Harbour"), schema("Task")] }),
        );
    }),
    ("error_loses_its_detail", |document| {
        fields(document, "/components/schemas")
            .insert("ObjectInTrash".into(), error("object_in_trash", json!({})));
    }),
    ("error_code_is_gone", |document| {
        let of = fields(document, "/components/responses");
        of.insert("NotFound".into(), json_of(schema("LampNotFound")));
    }),
    ("enumeration_loses_a_value", |document| {
        fields(document, "/components/schemas/Task/properties/status")
            .insert("enum".into(), json!(["pending"]));
    }),
    ("operation_is_gone", |document| {
        fields(document, "/paths").remove("/lamps/lamp/flash");
    }),
    ("resource_is_gone", |document| {
        fields(document, "/paths").remove("/tasks/:task");
    }),
    ("type_is_gone", |document| {
        fields(document, LAMP).remove("position");
    }),
    ("nothing_breaks", |document| {
        let flash = document["paths"]["/lamps/lamp/flash"].clone();
        fields(document, "/paths").insert("/lamps/lamp/dim".into(), flash);
        fields(document, LAMP).insert("weight".into(), json!({ "type": "integer" }));
        fields(document, "/components/schemas/Task/properties/status")
            .insert("enum".into(), json!(["pending", "done", "failed"]));
    }),
];
