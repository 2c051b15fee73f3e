//! `cargo xtask diff`: from documents to changes with a severity, an exit code and a version bump.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use common::{Dice, Run, Small, cargo, core, crate_copy, fields, root, text, xtask};
use serde_json::{Value, json};

/// Writes the small API's documents, and a changed core document. `diff` reads both as upstream documents.
fn changed(test: &str, change: impl FnOnce(&mut Value)) -> (Small, PathBuf) {
    let small = Small::new(test);
    let newer = small.folder.join("newer");
    fs::create_dir_all(&newer).expect("a folder");
    let mut document = core();
    change(&mut document);
    let file = newer.join("core.json");
    fs::write(&file, document.to_string()).expect("written");
    fs::copy(&small.public, newer.join("public.json")).expect("a copy");
    (small, file)
}

fn diff(small: &Small, old: &Path, new: &Path, more: &[&str]) -> Run {
    let base = [
        "diff",
        text(old),
        text(new),
        "--openapi",
        text(&small.openapi),
    ];
    xtask(base.into_iter().chain(more.iter().copied()))
}

/// Returns `severity name` of every reported change.
fn reported(run: &Run) -> Vec<String> {
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"));
    let changes = report["changes"].as_array().expect("a list");
    changes
        .iter()
        .map(|change| {
            let text = |key: &str| change[key].as_str().expect("text").to_owned();
            format!("{} {}", text("verdict"), text("name"))
        })
        .collect()
}

#[test]
fn document_with_other_order_prose_and_component_names_has_no_changes() {
    for seed in 0..4 {
        let (small, newer) = changed("diff-disguised", |document| {
            common::for_prose(document, &mut |prose| *prose = "Other words.".into());
            let dice = &mut Dice(seed);
            let renamed = common::renamed(document.clone(), dice);
            *document = serde_json::from_str(&common::shuffled(&renamed, dice)).expect("JSON");
        });
        let run = diff(&small, &small.core, &newer, &["--json"]).ok();
        assert_eq!(reported(&run), Vec::<String>::new());
        let table = diff(&small, &small.core, &newer, &[]).ok();
        assert!(
            table.out.ends_with("semver: none, nothing changed\n"),
            "{}",
            table.out
        );
    }
}

type Mutation = (&'static str, fn(&mut Value), i32, &'static [&'static str]);

fn new_operation(document: &mut Value) {
    let flash = document["paths"]["/lamps/lamp/flash"].clone();
    fields(document, "/paths").insert("/lamps/lamp/dim".into(), flash);
}

fn new_field(document: &mut Value) {
    fields(
        document,
        "/components/schemas/GetLamp200ResponseLamp/properties",
    )
    .insert("weight".into(), json!({ "type": "integer" }));
}

fn new_value(document: &mut Value) {
    let task = "/components/schemas/Task/properties/status";
    fields(document, task).insert("enum".into(), json!(["pending", "done", "failed"]));
}

fn new_number(document: &mut Value) {
    let task = "/components/schemas/Task/properties/status";
    fields(document, task).insert("enum".into(), json!(["pending", "done", "2"]));
}

fn new_code(document: &mut Value) {
    let schemas = fields(document, "/components/schemas");
    schemas.insert("LampStolen".into(), common::error("lamp_stolen", json!({})));
    document["paths"]["/lamps/lamp"]["get"]["responses"]["409"] =
        common::json_of(common::schema("LampStolen"));
}

fn gone_operation(document: &mut Value) {
    fields(document, "/paths").remove("/lamps/lamp/log");
}

fn gone_field(document: &mut Value) {
    fields(
        document,
        "/components/schemas/GetLamp200ResponseLamp/properties",
    )
    .remove("height");
}

fn gone_value(document: &mut Value) {
    let task = "/components/schemas/Task/properties/status";
    fields(document, task).insert("enum".into(), json!(["pending"]));
}

fn gone_code(document: &mut Value) {
    fields(document, "/paths/~1lamps~1lamp/get/responses").remove("406");
}

fn must_be_given(document: &mut Value) {
    document["components"]["schemas"]["LampArguments"]["required"] = json!(["name", "colour"]);
}

fn new_default(document: &mut Value) {
    let flash = "/paths/~1lamps~1lamp~1flash/post/requestBody/content/application~1json/schema/properties/pattern";
    fields(document, flash).insert("default".into(), json!("short"));
}

fn new_address(document: &mut Value) {
    document["servers"] = json!([{ "url": "https://lamps.example/core/v2" }]);
}

const MUTATIONS: &[Mutation] = &[
    (
        "a new operation",
        new_operation,
        0,
        &["safe lamps().dim(…)"],
    ),
    ("a new field", new_field, 0, &["safe types::Lamp.weight"]),
    (
        "a new value",
        new_value,
        0,
        &["note types::TaskStatus::Failed"],
    ),
    (
        "a new value that is no identifier",
        new_number,
        0,
        &["note types::TaskStatus::Value2"],
    ),
    (
        "a new code",
        new_code,
        0,
        &["note ErrorCode::LampStolen", "safe ErrorCode::LampStolen"],
    ),
    (
        "another default",
        new_default,
        0,
        &["note lamps().flash(…).pattern"],
    ),
    (
        "another address",
        new_address,
        3,
        &["breaks_wire Katapult core API", "safe Katapult core API"],
    ),
    (
        "an operation that is gone",
        gone_operation,
        3,
        &["breaks_rust_and_wire lamps().log(…)"],
    ),
    (
        "a field that is gone",
        gone_field,
        3,
        &["breaks_rust types::Lamp.height"],
    ),
    (
        "a value that is gone",
        gone_value,
        3,
        &["breaks_rust types::TaskStatus::Done"],
    ),
    (
        "a code that is gone",
        gone_code,
        0,
        &["safe ErrorCode::ObjectInTrash"],
    ),
    (
        "a field that must be given",
        must_be_given,
        3,
        &[
            "breaks_rust_and_wire lamps().create(…).colour",
            "breaks_rust_and_wire lamps().update(…).colour",
            // The type of the arguments is public too: the setter is gone, and `new` takes the field.
            "breaks_rust types::LampArguments.colour",
            "breaks_rust types::LampArguments.new",
        ],
    ),
];

#[test]
fn mutation_of_the_upstream_document_is_reported_alone() {
    let mut wrong = Vec::new();
    for (number, (what, change, code, expected)) in MUTATIONS.iter().enumerate() {
        let (small, newer) = changed(&format!("diff-{number}"), change);
        let run = diff(&small, &small.core, &newer, &["--json"]);
        if run.code != Some(*code) || reported(&run) != *expected {
            wrong.push(format!("{what}: {:?} {:?}", run.code, reported(&run)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn code_generated_after_additions_and_removals_compiles() {
    type Change = fn(&mut Value);
    let changes: [(&str, &[Change]); 2] = [
        (
            "diff-came",
            &[new_operation, new_field, new_value, new_code],
        ),
        (
            "diff-went",
            &[
                gone_operation,
                gone_field,
                gone_value,
                gone_code,
                must_be_given,
            ],
        ),
    ];
    for (test, changes) in changes {
        let (mut small, newer) = changed(test, |document| {
            changes.iter().for_each(|change| change(document));
        });
        small.core = newer;
        small.vendor().ok();
        let out = crate_copy(&small.folder);
        small.generate(&out, &[]).ok();
        cargo(&small.folder, &["check"]);
    }
}

#[test]
fn table_and_markdown_match_their_snapshots() {
    let (small, newer) = changed("diff-forms", |document| {
        for (_, change, _, _) in MUTATIONS {
            change(document);
        }
    });
    let table = diff(&small, &small.core, &newer, &[]);
    assert_eq!(table.code, Some(3));
    insta::assert_snapshot!("diff-table", table.out);
    let markdown = diff(&small, &small.core, &newer, &["--markdown"]);
    insta::assert_snapshot!("diff-markdown", markdown.out);
}

#[test]
fn canonical_folders_are_compared_without_vendoring() {
    let (mut small, newer) = changed("diff-canonical", new_field);
    small.vendor().ok();
    let old = small.folder.join("old");
    common::copy(&small.openapi, &old);
    small.core = newer;
    small.vendor().ok();
    let run = diff(&small, &old, &small.openapi, &["--json"]).ok();
    assert_eq!(reported(&run), ["safe types::Lamp.weight"]);
}

#[test]
fn documents_that_cannot_be_compared_are_an_error_with_a_way_out() {
    let (small, newer) = changed("diff-bad", |_| {});
    let place = |name: &str| small.folder.join(name);
    fs::create_dir_all(place("empty")).expect("a folder");
    fs::create_dir_all(place("many")).expect("a folder");
    fs::create_dir_all(place("mixed")).expect("a folder");
    for name in ["core-1.json", "core-2.json", "public.json"] {
        fs::copy(&newer, place("many").join(name)).expect("a copy");
    }
    small.vendor().ok();
    let mixed = place("mixed");
    fs::copy(
        small.openapi.join("katapult-core.json"),
        mixed.join("core.json"),
    )
    .expect("a copy");
    fs::copy(&small.public, mixed.join("public.json")).expect("a copy");
    fs::write(place("core-bad.json"), "{").expect("written");
    fs::write(place("public-bad.json"), "{").expect("written");
    for (new, says) in [
        (
            "nowhere",
            &["the new documents", "give the core document"] as &[&str],
        ),
        ("core-gone.json", &["cannot read", "core-gone.json"]),
        ("empty", &["has no file …core….json", "give a folder"]),
        (
            "many",
            &["has 2 files …core….json", "give the core document's file"],
        ),
        (
            "mixed",
            &[
                "is canonical and the other is an upstream document",
                "give two of one kind",
            ],
        ),
        ("core-bad.json", &["core-bad.json is not JSON"]),
    ] {
        let run = diff(&small, &newer, &place(new), &[]);
        assert_eq!(run.code, Some(1), "{new}: {}{}", run.out, run.err);
        for says in says {
            assert!(run.err.contains(says), "{new}: no {says:?} in {}", run.err);
        }
    }
}

#[test]
fn upstream_versions_are_compared_in_both_directions() {
    let upstream = root().join("..").join("shared").join("upstream");
    if !upstream.exists() {
        // The test harness captures `eprintln!`, so that nobody would see the message.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: no upstream documents in ../shared/upstream"
        );
        return;
    }
    let [older, newer] =
        ["2024-08", "2.68.0"].map(|version| upstream.join(format!("katapult-core-{version}.json")));
    let ways = [(&older, &newer, "forwards"), (&newer, &older, "backwards")];
    for (old, new, way) in ways {
        let run = xtask(["diff", text(old), text(new), "--json"]);
        assert_eq!(run.code, Some(3), "{way}: {}", run.err);
        let report: Value = serde_json::from_str(&run.out).expect("JSON");
        assert_eq!(report["semver"], "major", "{way}");
        let reported = reported(&run);
        let expected: &[&str] = match way {
            "forwards" => &[
                "safe virtual_networks()",
                "safe virtual_networks().create(…)",
                "note types::DnsRecordType::HttpRedirect",
                "note scopes",
            ],
            _ => &[
                "breaks_rust_and_wire virtual_networks()",
                "breaks_rust_and_wire virtual_networks().create(…)",
                "breaks_rust_and_wire types::DnsRecordType::HttpRedirect",
                "note scopes",
            ],
        };
        for expected in expected {
            assert!(
                reported.iter().any(|change| change == expected),
                "{way}: no {expected}"
            );
        }
        // Public names never move, so nothing that is in both has another one.
        let renamed = run.out.contains("OperationRenamed");
        assert!(!renamed, "{way}: an operation has another name");
    }
    // The repository's documents are those of the newer ones, so nothing changes.
    let run = xtask(["diff", text(&newer), text(&root().join("openapi"))]).ok();
    assert!(run.out.contains("semver: none"), "{}", run.out);
}
