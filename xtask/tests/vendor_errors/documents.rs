//! Invalid upstream documents.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::common::{fields, schema};
use crate::{Invalid, change};

pub(crate) const INVALID: &[Invalid] = &[
    (
        "not JSON",
        |small| fs::write(&small.core, "openapi: 3.0.0\n").expect("written"),
        &[
            "core.json is not JSON",
            "give the upstream document in JSON",
            "line 1",
        ],
    ),
    (
        "JSON, but no OpenAPI",
        |small| fs::write(&small.core, "[1, 2]").expect("written"),
        &[
            "core.json is not an OpenAPI 3 document",
            "give the upstream",
        ],
    ),
    (
        "OpenAPI 2",
        |small| fs::write(&small.core, r#"{"swagger": "2.0", "paths": {}}"#).expect("written"),
        &["core.json is not an OpenAPI 3 document", "swagger", "2.0"],
    ),
    (
        "no paths",
        |small| change(small, |document| document["paths"] = Value::Null),
        &["core.json has no `paths`", "give"],
    ),
    (
        "no operations",
        |small| change(small, |document| document["paths"] = json!({})),
        &["core.json has no operation", "give"],
    ),
    (
        "an operation twice, with and without a colon",
        |small| {
            change(small, |document| {
                let again = document["paths"]["/tasks/:task"].clone();
                fields(document, "/paths").insert("/tasks/task".into(), again);
            });
        },
        &["GET /tasks/task is defined twice", "remove one"],
    ),
    (
        "a dangling $ref of a schema",
        |small| {
            change(small, |document| {
                fields(document, "/components/schemas").remove("Trash");
            });
        },
        &[
            "core.json",
            "GET /harbours/harbour/lamps: status 406: property trash_object",
            "#/components/schemas/Trash",
            "does not resolve",
            "download the document again",
        ],
    ),
    (
        "a dangling $ref of a response",
        |small| {
            change(small, |document| {
                fields(document, "/components/responses").remove("Busy");
            });
        },
        &[
            "core.json",
            "#/components/responses/Busy",
            "does not resolve",
            "download the document again",
        ],
    ),
    (
        "a $ref into another file",
        |small| {
            change(small, |document| {
                document["components"]["schemas"]["Trash"] = json!({ "$ref": "trash.json#/Trash" });
            });
        },
        &["trash.json#/Trash", "does not resolve"],
    ),
    (
        "a $ref that refers to itself",
        |small| {
            change(small, |document| {
                document["components"]["schemas"]["Trash"] = schema("Trash");
            });
        },
        &[
            "#/components/schemas/Trash",
            "refers only to itself",
            "must give it a schema",
        ],
    ),
    (
        "two schemas that refer to each other alone",
        |small| {
            change(small, |document| {
                let schemas = fields(document, "/components/schemas");
                schemas.insert(
                    "Trash".into(),
                    json!({ "allOf": [{ "allOf": [schema("Bin")] }] }),
                );
                schemas.insert(
                    "Bin".into(),
                    json!({ "allOf": [{ "allOf": [schema("Trash")] }] }),
                );
            });
        },
        &["refers only to itself", "must give it a schema"],
    ),
    (
        "an array of nothing but itself",
        |small| {
            change(small, |document| {
                document["components"]["schemas"]["Trash"] =
                    json!({ "type": "array", "items": schema("Trash") });
            });
        },
        &["#/components/schemas/Trash", "refers only to itself"],
    ),
    (
        "a response that refers to itself",
        |small| {
            change(small, |document| {
                document["components"]["responses"]["Busy"] =
                    json!({ "$ref": "#/components/responses/Busy" });
            });
        },
        &["#/components/responses/Busy", "refers only to itself"],
    ),
    (
        "an error that is one of itself",
        |small| {
            change(small, |document| {
                document["components"]["schemas"]["ObjectInTrash"] =
                    json!({ "oneOf": [schema("ObjectInTrash")] });
            });
        },
        &[
            "#/components/schemas/ObjectInTrash",
            "status 406",
            "refers to itself",
        ],
    ),
    (
        "a header parameter",
        |small| {
            change(small, |document| {
                document["paths"]["/tasks/:task"]["get"]["parameters"] =
                    json!([{ "in": "header", "name": "X-Trace", "schema": { "type": "string" } }]);
            });
        },
        &[
            "GET /tasks/:task",
            "parameter X-Trace is in header",
            "`ignore`",
        ],
    ),
    (
        "a body that is no JSON",
        |small| {
            change(small, |document| {
                document["paths"]["/lamps/lamp"]["delete"]["requestBody"] =
                    json!({ "content": { "text/plain": {} } });
            });
        },
        &[
            "DELETE /lamps/lamp",
            "the request body is not application/json",
        ],
    ),
    (
        "a body that is no object",
        |small| {
            change(small, |document| {
                document["paths"]["/lamps/lamp"]["delete"]["requestBody"]["content"]["application/json"]
                    ["schema"] = json!({ "type": "array", "items": {} });
            });
        },
        &["lamps.delete", "the request body is not an object"],
    ),
    (
        "an operation without a success",
        |small| {
            change(small, |document| {
                fields(document, "/paths/~1lamps~1lamp/get/responses").remove("200");
            });
        },
        &["GET /lamps/lamp", "no successful response"],
    ),
    (
        "a file that is not there",
        |small| small.core = small.folder.join("gone.json"),
        &[
            "cannot read",
            "gone.json",
            "give an existing, readable text file",
        ],
    ),
    (
        "a folder in place of a file",
        |small| small.core = small.folder.clone(),
        &["cannot read", "give an existing, readable text file"],
    ),
    (
        "a file that is no text",
        |small| fs::write(&small.core, [0xff, 0xfe, 0x00]).expect("written"),
        &[
            "cannot read",
            "core.json",
            "give an existing, readable text file",
        ],
    ),
    (
        "an address that does not answer",
        |small| small.core = PathBuf::from("http://127.0.0.1:9/core.json"),
        &[
            "cannot fetch http://127.0.0.1:9/core.json",
            "check the address and the network, or give a file",
        ],
    ),
    (
        "a file where the folder should be",
        |small| small.openapi = small.core.clone(),
        &["core.json is not a folder", "give another folder"],
    ),
    (
        "a folder below a file",
        |small| small.openapi = small.core.join("deep").join("down"),
        &["core.json is not a folder", "give another folder"],
    ),
    (
        "a folder where a file is to be written",
        |small| {
            let there = small.openapi.join("katapult-public.json");
            fs::create_dir_all(there.join("inside")).expect("a folder");
        },
        &["katapult-public.json", "it is a folder", "move it away"],
    ),
];
