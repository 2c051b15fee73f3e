//! `cargo xtask vendor` on a small invented API: the same facts give the same bytes, and no prose.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{CORRECTIONS, Dice, NAMES, Run, Small, core, fields, folder, text, tree, xtask};
use serde_json::{Value, json};

/// Returns the files that `vendor` writes for a core document.
fn vendored(test: &str, core: &str) -> Vec<String> {
    let small = Small::with(test, core);
    small.vendor().ok();
    tree(&small.openapi).into_values().collect()
}

#[test]
fn order_of_keys_and_items_does_not_change_the_output() {
    let expected = vendored("order", &core().to_string());
    for seed in 0..8 {
        let shuffled = common::shuffled(&core(), &mut Dice(seed));
        assert_eq!(vendored("order", &shuffled), expected, "seed {seed}");
    }
}

#[test]
fn prose_does_not_change_the_output() {
    let expected = vendored("prose", &core().to_string());
    let mut other = core();
    common::for_prose(&mut other, &mut |prose| {
        *prose = "Quite other words.".into()
    });
    assert_eq!(vendored("prose", &other.to_string()), expected);
}

#[test]
fn component_names_do_not_change_the_output() {
    let expected = vendored("components", &core().to_string());
    for seed in 0..8 {
        let renamed = common::renamed(core(), &mut Dice(seed));
        let renamed = common::shuffled(&renamed, &mut Dice(seed));
        assert_eq!(vendored("components", &renamed), expected, "seed {seed}");
    }
}

#[test]
fn output_contains_no_prose_of_the_input() {
    let written = vendored("sentences", &core().to_string()).concat();
    let mut sentences = 0;
    common::for_prose(&mut core(), &mut |prose| {
        assert!(!written.contains(prose.as_str()), "{prose:?} is written");
        sentences += 1;
    });
    assert!(sentences > 0, "the input has no prose");
}

#[test]
fn second_run_changes_nothing() {
    let small = Small::new("twice");
    let first = small.vendor().ok();
    assert!(
        first.out.contains("named by rule: operation lamps.flash"),
        "{}",
        first.out
    );
    let written = tree(&small.openapi);
    let second = small.vendor().ok();
    assert!(!second.out.contains("named by rule"), "{}", second.out);
    assert_eq!(tree(&small.openapi), written);
}

#[test]
fn canonical_document_matches_its_snapshot() {
    let small = Small::new("canonical");
    small.vendor().ok();
    insta::assert_snapshot!("canonical-core", small.file("katapult-core.json"));
    insta::assert_snapshot!("names", small.file("names.yaml"));
}

#[test]
fn new_items_are_named_by_rule_printed_and_appended() {
    let small = Small::new("new");
    small.vendor().ok();
    let before = small.file("names.yaml");

    let mut newer = core();
    let get = newer["paths"]["/lamps/lamp"]["get"].clone();
    let mut mirror = get.clone();
    mirror["responses"]["200"] = common::json_of(common::object(
        &["mirror"],
        json!({ "mirror": common::object(&["id"], json!({ "id": { "type": "string" } })) }),
    ));
    fields(&mut newer, "/paths").insert("/lamps/lamp/mirror".into(), json!({ "get": mirror }));
    let lamp = "/components/schemas/GetLamp200ResponseLamp/properties";
    fields(&mut newer, lamp).insert(
        "shade".into(),
        common::object(
            &[],
            json!({ "fabric": { "type": "string", "enum": ["silk", "linen"] } }),
        ),
    );
    newer["components"]["schemas"]["GetLamp200ResponseLamp"]["properties"]["colour"]["enum"] =
        json!(["red", "amber", "dark-green", "white"]);
    newer["components"]["schemas"]["LampNotFound"]["properties"]["code"]["enum"] =
        json!(["lamp_not_found", "lamp_broken"]);
    fs::write(&small.core, newer.to_string()).expect("written");
    let run = small.vendor().ok();

    let new = [
        (
            "operation lamps.get_mirror: core GET /lamps/lamp/mirror",
            "  core GET /lamps/lamp/mirror: lamps.get_mirror",
        ),
        ("object Mirror: mirror", "  mirror: Mirror"),
        ("part LampShade: Lamp.shade", "  Lamp.shade: LampShade"),
        (
            "enumeration LampShadeFabric: LampShade.fabric",
            "  LampShade.fabric: LampShadeFabric",
        ),
    ];
    let after = small.file("names.yaml");
    for (printed, line) in new {
        assert!(
            run.out.contains(&format!("named by rule: {printed}\n")),
            "{printed}: {}",
            run.out
        );
        assert!(after.lines().any(|other| other == line), "{line}: {after}");
    }
    let kept: Vec<&str> = after
        .lines()
        .filter(|line| !new.iter().any(|(_, new)| new == line))
        .collect();
    let before: Vec<&str> = before
        .lines()
        .map(|line| line.strip_suffix(" {}").unwrap_or(line))
        .collect();
    let kept: Vec<&str> = kept
        .into_iter()
        .map(|line| line.strip_suffix(" {}").unwrap_or(line))
        .collect();
    assert_eq!(kept, before, "a name that was there has changed");

    let document: Value = serde_json::from_str(&small.file("katapult-core.json")).expect("JSON");
    assert_eq!(
        document["components"]["schemas"]["Colour"]["enum"],
        json!(["amber", "dark-green", "red", "white"])
    );
    assert!(document["x-katapult-error-codes"]["lamp_broken"].is_object());
}

#[test]
fn object_with_the_name_but_no_field_of_a_type_is_a_part() {
    // As upstream does: a new type comes with a step that has its name, in a response that is read earlier.
    let mut document = core();
    let schemas = fields(&mut document, "/components/schemas");
    let step = common::object(&[], json!({ "met": { "type": "boolean" } }));
    schemas.insert("Step".into(), step);
    let string = json!({ "type": "string" });
    let buoy = common::object(&["id"], json!({ "id": string, "name": string }));
    schemas.insert("Buoy".into(), buoy);
    let lamp = "/components/schemas/GetLamp200ResponseLamp/properties";
    let step = common::schema("Step");
    let steps = json!({ "tidy": step, "buoys": step });
    fields(&mut document, lamp).insert("steps".into(), common::object(&[], steps));
    let mut get = document["paths"]["/lamps/lamp"]["get"].clone();
    get["tags"] = json!(["Wrecks"]);
    // The fields of a buoy without its id are a buoy too.
    let near = common::object(&[], json!({ "name": string }));
    let wreck = json!({ "buoys": common::schema("Buoy"), "wreck": common::object(&[], json!({ "buoys": near })) });
    get["responses"]["200"] = common::json_of(common::object(&["buoys"], wreck));
    fields(&mut document, "/paths").insert("/wrecks/wreck".into(), json!({ "get": get }));
    let small = Small::with("steps", &document.to_string());
    let run = small.vendor().ok();
    let by_rule: Vec<&str> = run
        .out
        .lines()
        .filter_map(|line| line.strip_prefix("named by rule: "))
        .filter(|line| line.contains("buoys") || line.contains("LampStep."))
        .collect();
    assert_eq!(
        by_rule,
        [
            "part LampStepBuoy: LampStep.buoys",
            "part LampStepBuoy: LampStep.tidy",
            "object Buoy: buoys",
        ]
    );
    let document: Value = serde_json::from_str(&small.file("katapult-core.json")).expect("JSON");
    let near = "/components/schemas/Wreck/properties/buoys/$ref";
    let near = document.pointer(near).and_then(Value::as_str);
    assert!(near.is_some_and(|near| near.contains("/Buoy")), "{near:?}");
}

#[test]
fn names_by_rule_do_not_collide() {
    let mut document = core();
    // `Lamp` with a property `state` that is an enumeration, and an object `lamp_state` that has an id.
    let lamp = "/components/schemas/GetLamp200ResponseLamp/properties";
    let state = json!({ "type": "string", "enum": ["on", "off"] });
    fields(&mut document, lamp).insert("state".into(), state);
    let other = common::object(&["id"], json!({ "id": { "type": "string" } }));
    fields(&mut document, lamp).insert("lamp_state".into(), other.clone());
    fields(&mut document, lamp).insert("option".into(), other);
    let digits = document["paths"]["/lamps/lamp/flash"]["post"].clone();
    fields(&mut document, "/paths").insert("/lamps/lamp/2fa".into(), json!({ "post": digits }));
    let small = Small::with("together", &document.to_string());
    let run = small.vendor().ok();
    for name in [
        "object LampState: lamp_state",
        "enumeration LampState2: Lamp.state",
        "object Option2: option",
        "operation lamps.post_2fa: core POST /lamps/lamp/2fa",
    ] {
        assert!(run.out.contains(name), "{name}: {}", run.out);
    }
    small.vendor().ok();
}

#[test]
fn parameters_of_a_path_apply_to_its_operations() {
    let mut document = core();
    let parameters = document["paths"]["/tasks/:task"]["get"]["parameters"].take();
    document["paths"]["/tasks/:task"]["parameters"] = parameters;
    assert_eq!(
        vendored("shared", &document.to_string()),
        vendored("shared", &core().to_string())
    );
}

#[test]
fn empty_names_and_corrections_are_accepted() {
    let small = Small::new("empty");
    fs::write(small.openapi.join("names.yaml"), "# nothing yet\n").expect("written");
    fs::write(small.openapi.join("corrections.yaml"), "# nothing yet\n").expect("written");
    small.vendor().ok();
}

#[test]
fn correction_with_since_need_not_apply_to_an_older_document() {
    let add = |type_name: &str, since: &str| {
        format!(
            "- rule:\n    add:\n      type: {type_name}\n      fields: {{ age: integer }}\n  evidence: Seen.\n  since: {since}\n"
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

/// An invalid input, and the parts of the message that it must cause.
struct Bad {
    what: &'static str,
    make: fn(&mut Small),
    says: &'static [&'static str],
}

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

const BAD: &[Bad] = &[
    Bad {
        what: "not JSON",
        make: |small| fs::write(&small.core, "openapi: 3.0.0\n").expect("written"),
        says: &[
            "core.json is not JSON",
            "give the upstream document in JSON",
            "line 1",
        ],
    },
    Bad {
        what: "JSON, but no OpenAPI",
        make: |small| fs::write(&small.core, "[1, 2]").expect("written"),
        says: &[
            "core.json is not an OpenAPI 3 document",
            "give the upstream",
        ],
    },
    Bad {
        what: "OpenAPI 2",
        make: |small| {
            fs::write(&small.core, r#"{"swagger": "2.0", "paths": {}}"#).expect("written")
        },
        says: &["core.json is not an OpenAPI 3 document", "swagger", "2.0"],
    },
    Bad {
        what: "no paths",
        make: |small| change(small, |document| document["paths"] = Value::Null),
        says: &["core.json has no `paths`", "give"],
    },
    Bad {
        what: "no operations",
        make: |small| change(small, |document| document["paths"] = json!({})),
        says: &["core.json has no operation", "give"],
    },
    Bad {
        what: "an operation twice, with and without a colon",
        make: |small| {
            change(small, |document| {
                let again = document["paths"]["/tasks/:task"].clone();
                fields(document, "/paths").insert("/tasks/task".into(), again);
            });
        },
        says: &["GET /tasks/task is defined twice", "remove one"],
    },
    Bad {
        what: "a dangling $ref of a schema",
        make: |small| {
            change(small, |document| {
                fields(document, "/components/schemas").remove("Trash");
            });
        },
        says: &[
            "core.json",
            "GET /harbours/harbour/lamps: status 406: property trash_object",
            "#/components/schemas/Trash",
            "does not resolve",
            "download the document again",
        ],
    },
    Bad {
        what: "a dangling $ref of a response",
        make: |small| {
            change(small, |document| {
                fields(document, "/components/responses").remove("Busy");
            });
        },
        says: &[
            "core.json",
            "#/components/responses/Busy",
            "does not resolve",
            "download the document again",
        ],
    },
    Bad {
        what: "a $ref into another file",
        make: |small| {
            change(small, |document| {
                document["components"]["schemas"]["Trash"] = json!({ "$ref": "trash.json#/Trash" });
            });
        },
        says: &["trash.json#/Trash", "does not resolve"],
    },
    Bad {
        what: "a $ref that refers to itself",
        make: |small| {
            change(small, |document| {
                document["components"]["schemas"]["Trash"] = common::schema("Trash");
            });
        },
        says: &[
            "#/components/schemas/Trash",
            "refers only to itself",
            "must give it a schema",
        ],
    },
    Bad {
        what: "two schemas that refer to each other alone",
        make: |small| {
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
        says: &["refers only to itself", "must give it a schema"],
    },
    Bad {
        what: "an array of nothing but itself",
        make: |small| {
            change(small, |document| {
                document["components"]["schemas"]["Trash"] =
                    json!({ "type": "array", "items": common::schema("Trash") });
            });
        },
        says: &["#/components/schemas/Trash", "refers only to itself"],
    },
    Bad {
        what: "a response that refers to itself",
        make: |small| {
            change(small, |document| {
                document["components"]["responses"]["Busy"] =
                    json!({ "$ref": "#/components/responses/Busy" });
            });
        },
        says: &["#/components/responses/Busy", "refers only to itself"],
    },
    Bad {
        what: "an error that is one of itself",
        make: |small| {
            change(small, |document| {
                document["components"]["schemas"]["ObjectInTrash"] =
                    json!({ "oneOf": [common::schema("ObjectInTrash")] });
            });
        },
        says: &[
            "#/components/schemas/ObjectInTrash",
            "status 406",
            "refers to itself",
        ],
    },
    Bad {
        what: "a header parameter",
        make: |small| {
            change(small, |document| {
                document["paths"]["/tasks/:task"]["get"]["parameters"] =
                    json!([{ "in": "header", "name": "X-Trace", "schema": { "type": "string" } }]);
            });
        },
        says: &[
            "GET /tasks/:task",
            "parameter X-Trace is in header",
            "extend xtask",
        ],
    },
    Bad {
        what: "a body that is no JSON",
        make: |small| {
            change(small, |document| {
                document["paths"]["/lamps/lamp"]["delete"]["requestBody"] =
                    json!({ "content": { "text/plain": {} } });
            });
        },
        says: &[
            "DELETE /lamps/lamp",
            "the request body is not application/json",
        ],
    },
    Bad {
        what: "a body that is no object",
        make: |small| {
            change(small, |document| {
                document["paths"]["/lamps/lamp"]["delete"]["requestBody"]["content"]["application/json"]
                    ["schema"] = json!({ "type": "array", "items": {} });
            });
        },
        says: &["lamps.delete", "the request body is not an object"],
    },
    Bad {
        what: "an operation without a success",
        make: |small| {
            change(small, |document| {
                fields(document, "/paths/~1lamps~1lamp/get/responses").remove("200");
            });
        },
        says: &["GET /lamps/lamp", "no successful response"],
    },
    Bad {
        what: "a file that is not there",
        make: |small| small.core = small.folder.join("gone.json"),
        says: &[
            "cannot read",
            "gone.json",
            "give an existing, readable text file",
        ],
    },
    Bad {
        what: "a folder in place of a file",
        make: |small| small.core = small.folder.clone(),
        says: &["cannot read", "give an existing, readable text file"],
    },
    Bad {
        what: "a file that is no text",
        make: |small| fs::write(&small.core, [0xff, 0xfe, 0x00]).expect("written"),
        says: &[
            "cannot read",
            "core.json",
            "give an existing, readable text file",
        ],
    },
    Bad {
        what: "an address that does not answer",
        make: |small| small.core = PathBuf::from("http://127.0.0.1:9/core.json"),
        says: &[
            "cannot fetch http://127.0.0.1:9/core.json",
            "check the address and the network, or give a file",
        ],
    },
    Bad {
        what: "a file where the folder should be",
        make: |small| small.openapi = small.core.clone(),
        says: &["core.json is not a folder", "give another folder"],
    },
    Bad {
        what: "a folder below a file",
        make: |small| small.openapi = small.core.join("deep").join("down"),
        says: &["core.json is not a folder", "give another folder"],
    },
    Bad {
        what: "a folder where a file is to be written",
        make: |small| {
            let there = small.openapi.join("katapult-public.json");
            fs::create_dir_all(there.join("inside")).expect("a folder");
        },
        says: &["katapult-public.json", "it is a folder", "move it away"],
    },
    Bad {
        what: "an operation's name pinned twice",
        make: |small| names(small, "lamps.create", "lamps.list"),
        says: &[
            "names.yaml",
            "lamps.list is pinned twice",
            "GET /harbours/harbour/lamps",
            "POST /harbours/harbour/lamps",
            "give one of them another name",
        ],
    },
    Bad {
        what: "a type's name pinned in two sections",
        make: |small| names(small, "lookups: {}", "lookups:\n  lamp: Colour"),
        says: &[
            "names.yaml",
            "Colour is pinned twice",
            "Lamp.colour",
            "give one of them another name",
        ],
    },
    Bad {
        what: "a key twice in names.yaml",
        make: |small| names(small, "enums:\n", "enums:\n  Lamp.colour: Hue\n"),
        says: &["names.yaml", "duplicate", "Lamp.colour", "line 13"],
    },
    Bad {
        what: "an unknown section in names.yaml",
        make: |small| names(small, "lookups: {}", "lookup: {}"),
        says: &["names.yaml", "unknown field", "lookup", "correct the line"],
    },
    Bad {
        what: "an operation's name without a dot",
        make: |small| names(small, "lamps.create", "create_lamp"),
        says: &[
            "names.yaml",
            "POST /harbours/harbour/lamps",
            "create_lamp is not of the form resource.action",
        ],
    },
    Bad {
        what: "an operation's name that no method can have",
        make: |small| names(small, "lamps.create", "lamps.create lamp"),
        says: &[
            "names.yaml",
            "lamps.create lamp is not of the form resource.action",
        ],
    },
    Bad {
        what: "a type's name that no type can have",
        make: |small| names(small, "Colour", "colour?"),
        says: &[
            "names.yaml",
            "Lamp.colour",
            "colour? cannot be the name of a type",
        ],
    },
    Bad {
        what: "a correction without evidence",
        make: |small| correction(small, "- rule:\n    any_success: {}\n"),
        says: &["corrections.yaml", "evidence", "line 24"],
    },
    Bad {
        what: "a correction with empty evidence",
        make: |small| correction(small, "- rule:\n    any_success: {}\n  evidence: ''\n"),
        says: &[
            "corrections.yaml",
            "AnySuccess",
            "has no evidence",
            "state the observation",
        ],
    },
    Bad {
        what: "a correction of an unknown rule",
        make: |small| correction(small, "- rule:\n    rename: {}\n  evidence: Seen.\n"),
        says: &[
            "corrections.yaml",
            "rename",
            "any_success",
            "xtask/src/vendor/corrections.rs",
        ],
    },
    Bad {
        what: "a correction that no longer applies",
        make: |small| {
            correction(
                small,
                "- rule:\n    add:\n      type: Lamp\n      fields:\n        name: string\n  evidence: Seen.\n",
            );
        },
        says: &[
            "corrections.yaml: number 6",
            "\"Lamp\"",
            "no longer applies",
            "remove the correction, or change it",
        ],
    },
    Bad {
        what: "a polymorph whose types are not there",
        make: |small| {
            let text = CORRECTIONS
                .replace("Harbour: Harbour", "Harbour: Port")
                .replace("Keeper: Keeper", "Keeper: Warden");
            write(small, "corrections.yaml", &text);
        },
        says: &[
            "corrections.yaml: number 5",
            "LampOwner",
            "the document has none of its types",
            "change",
        ],
    },
];

#[test]
fn invalid_input_is_an_error_with_a_way_out_and_writes_nothing() {
    let mut wrong = Vec::new();
    for (number, bad) in BAD.iter().enumerate() {
        let mut small = Small::new(&format!("bad-{number}"));
        (bad.make)(&mut small);
        let before = tree(&small.folder);
        let Run { code, out, err } = small.vendor();
        let mut missing: Vec<&str> = bad
            .says
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
                "{}: lacks {missing:?}: exit {code:?}: {out}{err}",
                bad.what
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn randomly_broken_document_is_accepted_or_rejected_whole() {
    let mut wrong = Vec::new();
    let small = Small::new("broken");
    let before = tree(&small.openapi);
    for seed in 0..common::rounds() {
        let (document, place) = common::broken(core(), &mut Dice(seed));
        fs::write(&small.core, document.to_string()).expect("written");
        let run = small.vendor();
        let told =
            run.code == Some(1) && run.err.starts_with("error: ") && tree(&small.openapi) == before;
        if run.code != Some(0) && !told {
            wrong.push(format!("{place}: {:?} {}", run.code, run.err));
        }
        if run.code == Some(0) {
            let again = small.vendor();
            if again.code != Some(0) || again.out.contains("named by rule") {
                wrong.push(format!(
                    "{place}: a second time: {}{}",
                    again.out, again.err
                ));
            }
            for (file, _) in tree(&small.openapi) {
                fs::remove_file(file).expect("removed");
            }
            for (file, text) in &before {
                fs::write(file, text).expect("written");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn new_folder_uses_names_and_corrections_of_the_repository() {
    let small = Small::new("fresh");
    let fresh = folder("fresh-openapi").join("deep");
    let run = xtask([
        "vendor",
        "--core",
        text(&small.core),
        "--public",
        text(&small.public),
        "--openapi",
        text(&fresh),
    ]);
    // The repository's corrections are of another API, so the run stops at them, and writes nothing.
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("corrections.yaml: number"), "{}", run.err);
    assert!(!Path::new(&fresh).exists());
}
