//! `cargo xtask vendor` on invalid input: each error names the fault and the way out, and nothing is written.

mod common;

use std::fs;
use std::path::PathBuf;

use common::{CORRECTIONS, NAMES, Run, Small, core, fields, tree};
use serde_json::{Value, json};

#[test]
fn correction_with_since_need_not_apply_to_an_older_document() {
    let add = |type_name: &str, since: &str| {
        format!(
            "- rule:\n    add:\n      type: {type_name}\n      fields: {{ age: integer }}\n  evidence: Recorded.\n  since: {since}\n"
        )
    };
    let small = Small::new("since");
    correction(&small, &add("Buoy", "2.10.0")); // the document is of 2.1.0
    small.vendor().ok();
    correction(&small, &add("Buoy", "2.1.0"));
    let run = small.vendor();
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("number 6"), "{}", run.err);
    correction(&small, &add("Keeper", "2.10.0"));
    small.vendor().ok();
    assert!(small.file("katapult-core.json").contains("\"age\""));
}

/// An invalid input by name, and the parts of the message that it must cause.
type Invalid = (&'static str, fn(&mut Small), &'static [&'static str]);

fn change(small: &Small, change: impl FnOnce(&mut Value)) {
    let mut document = core();
    change(&mut document);
    fs::write(&small.core, document.to_string()).expect("written");
}

fn write(small: &Small, file: &str, text: &str) {
    fs::write(small.openapi.join(file), text).expect("written");
}

fn names(small: &Small, from: &str, to: &str) {
    assert!(NAMES.contains(from));
    write(small, "names.yaml", &NAMES.replace(from, to));
}

fn correction(small: &Small, text: &str) {
    write(small, "corrections.yaml", &format!("{CORRECTIONS}{text}"));
}

const INVALID: &[Invalid] = &[
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
                document["components"]["schemas"]["Trash"] = common::schema("Trash");
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
                    json!({ "allOf": [{ "allOf": [common::schema("Bin")] }] }),
                );
                schemas.insert(
                    "Bin".into(),
                    json!({ "allOf": [{ "allOf": [common::schema("Trash")] }] }),
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
                    json!({ "type": "array", "items": common::schema("Trash") });
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
                    json!({ "oneOf": [common::schema("ObjectInTrash")] });
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
    (
        "an operation's name pinned twice",
        |small| names(small, "lamps.create", "lamps.list"),
        &[
            "names.yaml",
            "lamps.list is pinned twice",
            "GET /harbours/harbour/lamps",
            "POST /harbours/harbour/lamps",
            "give one of them another name",
        ],
    ),
    (
        "a type's name pinned in two sections",
        |small| names(small, "lookups: {}", "lookups:\n  lamp: Colour"),
        &[
            "names.yaml",
            "Colour is pinned twice",
            "Lamp.colour",
            "give one of them another name",
        ],
    ),
    (
        "a key twice in names.yaml",
        |small| names(small, "enums:\n", "enums:\n  Lamp.colour: Hue\n"),
        &["names.yaml", "duplicate", "Lamp.colour", "line 13"],
    ),
    (
        "an unknown section in names.yaml",
        |small| names(small, "lookups: {}", "lookup: {}"),
        &["names.yaml", "unknown field", "lookup", "correct the line"],
    ),
    (
        "an operation's name without a dot",
        |small| names(small, "lamps.create", "create_lamp"),
        &[
            "names.yaml",
            "POST /harbours/harbour/lamps",
            "create_lamp is not of the form resource.action",
        ],
    ),
    (
        "an operation's name that no method can have",
        |small| names(small, "lamps.create", "lamps.create lamp"),
        &[
            "names.yaml",
            "lamps.create lamp is not of the form resource.action",
        ],
    ),
    (
        "a type's name that no type can have",
        |small| names(small, "Colour", "colour?"),
        &[
            "names.yaml",
            "Lamp.colour",
            "colour? cannot be the name of a type",
        ],
    ),
    (
        "a correction without evidence",
        |small| correction(small, "- rule:\n    any_success: {}\n"),
        &["corrections.yaml", "evidence", "line 24"],
    ),
    (
        "a correction with empty evidence",
        |small| correction(small, "- rule:\n    any_success: {}\n  evidence: ''\n"),
        &[
            "corrections.yaml",
            "AnySuccess",
            "has no evidence",
            "state the observation",
        ],
    ),
    (
        "a correction of an unknown rule",
        |small| correction(small, "- rule:\n    rename: {}\n  evidence: Recorded.\n"),
        &[
            "corrections.yaml",
            "rename",
            "any_success",
            "xtask/src/vendor/corrections.rs",
        ],
    ),
    (
        "a correction that no longer applies",
        |small| {
            correction(
                small,
                "- rule:\n    add:\n      type: Lamp\n      fields:\n        name: string\n  evidence: Recorded.\n",
            );
        },
        &[
            "corrections.yaml: number 6",
            "\"Lamp\"",
            "no longer applies",
            "remove the correction, or change it",
        ],
    ),
    (
        "a required argument that the document requires",
        |small| {
            correction(
                small,
                "- rule:\n    required: { at: [lamps.create.name] }\n  evidence: Recorded.\n",
            );
        },
        &[
            "corrections.yaml: number 6",
            "lamps.create.name",
            "no longer applies",
        ],
    ),
    (
        "a polymorph whose types are not there",
        |small| {
            let text = CORRECTIONS
                .replace("Harbour: Harbour", "Harbour: Port")
                .replace("Keeper: Keeper", "Keeper: Warden");
            write(small, "corrections.yaml", &text);
        },
        &[
            "corrections.yaml: number 5",
            "LampOwner",
            "the document has none of its types",
            "change",
        ],
    ),
];

#[test]
fn invalid_input_is_an_error_with_a_way_out_and_writes_nothing() {
    let mut wrong = Vec::new();
    for (number, (input, make, says)) in INVALID.iter().enumerate() {
        let mut small = Small::new(&format!("invalid-{number}"));
        make(&mut small);
        let before = tree(&small.folder);
        let Run { code, out, err } = small.vendor();
        let mut missing: Vec<&str> = says
            .iter()
            .copied()
            .filter(|says| !err.contains(says))
            .collect();
        if code != Some(1) {
            missing.push("exit code 1");
        }
        if err.contains("panicked") {
            missing.push("no panic");
        }
        if tree(&small.folder) != before {
            missing.push("nothing written");
        }
        if !missing.is_empty() {
            wrong.push(format!(
                "{input}: lacks {missing:?}: exit {code:?}: {out}{err}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
