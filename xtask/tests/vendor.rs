//! `cargo xtask vendor` on a small invented API: the same facts give the same bytes, and no prose.

mod common;

use std::fs;
use std::path::Path;

use common::{Dice, Small, core, fields, folder, text, tree, xtask};
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
            "operation lamps.mirror: core GET /lamps/lamp/mirror",
            "  core GET /lamps/lamp/mirror: lamps.mirror",
        ),
        ("object LampMirror: mirror", "  mirror: LampMirror"),
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
    // Pinned like a name, and not printed, since nobody chooses it.
    let nested = "  Lamp.shade: inline";
    assert!(after.lines().any(|line| line == nested), "{after}");
    let kept: Vec<&str> = after
        .lines()
        .filter(|line| *line != nested && !new.iter().any(|(_, new)| new == line))
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
    // An operation called `task` would take the name of the type.
    let task = document["paths"]["/lamps/lamp/log"].clone();
    fields(&mut document, "/paths").insert("/lamps/lamp/task".into(), task);
    let small = Small::with("together", &document.to_string());
    let run = small.vendor().ok();
    for name in [
        "object LampState: lamp_state",
        "enumeration LampState2: Lamp.state",
        "object LampOption: option",
        "operation lamps.post_2fa: core POST /lamps/lamp/2fa",
        "operation lamps.get_task: core GET /lamps/lamp/task",
        "object Task: task",
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
fn corrected_argument_is_required_in_that_operation_alone() {
    const REQUIRED: &str = "- rule:
    required:
      at: [lamps.create.colour, lamps.flash.pattern]
  evidence: All requests seen.
";
    let small = Small::new("required");
    let corrections = format!("{}{REQUIRED}", small.file("corrections.yaml"));
    fs::write(small.openapi.join("corrections.yaml"), corrections).expect("written");
    small.vendor().ok();
    let written = small.file("katapult-core.json");
    let document: Value = serde_json::from_str(&written).expect("JSON");
    let body = |method: &str, path: &str| {
        &document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    };
    let required = |method: &str, path: &str| {
        let reference = &body(method, path)["properties"]["properties"]["$ref"];
        let name = reference.as_str().expect("a type").rsplit('/').next();
        document["components"]["schemas"][name.unwrap_or_default()]["required"].clone()
    };
    let create = required("post", "/harbours/harbour/lamps");
    assert_eq!(create, json!(["colour", "name"]));
    assert_eq!(required("patch", "/lamps/lamp"), json!(["name"]));
    let flash = &body("post", "/lamps/lamp/flash")["required"];
    assert_eq!(flash, &json!(["lamp", "pattern"]));
    // The names are pinned now, and the same again.
    let second = small.vendor().ok();
    assert!(!second.out.contains("named by rule"), "{}", second.out);
    assert_eq!(small.file("katapult-core.json"), written);
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
        let rejected =
            run.code == Some(1) && run.err.starts_with("error: ") && tree(&small.openapi) == before;
        if run.code != Some(0) && !rejected {
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

#[test]
fn prefixes_of_ids_are_written_into_lookups_and_the_generated_constant() {
    let small = Small::new("prefixes");
    let corrections = small.file("corrections.yaml")
        + "- rule:\n    id_prefixes:\n      kinds:\n        Lamp: [lmp, lamp]\n        Absent: [no]\n  evidence: All ids seen.\n";
    fs::write(small.openapi.join("corrections.yaml"), corrections).expect("written");
    small.vendor().ok();
    let document: Value = serde_json::from_str(&small.file("katapult-core.json")).expect("JSON");
    let lookup = &document["components"]["schemas"]["LampLookup"];
    assert_eq!(lookup["x-katapult-id-prefixes"], json!(["lmp", "lamp"]));

    let generated = folder("prefixes-generated");
    small.generate(&generated, &[]).ok();
    let texts: String = tree(&generated).into_values().collect();
    let constant = "pub(crate) const ID_PREFIXES: &[(&str, &str)] = &[(\"lamp\", \"lamp\"), (\"lamp\", \"lmp\")];";
    assert!(texts.contains(constant), "{texts}");
    assert!(texts.contains("an id (`lmp_…` or `lamp_…`)"), "{texts}");
}
