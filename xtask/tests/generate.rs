//! `cargo xtask generate`: the code of a small invented API, and the report of `--check`.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{
    Dice, Small, cargo, core, crate_copy, fields, folder, json_of, object, operation, query,
};
use common::{Run, responses, root, schema, text, tree, xtask};
use serde_json::{Value, json};

/// Generates a core document, and returns the folder of the files.
fn generated(test: &str, core: &Value) -> PathBuf {
    let small = Small::with(test, &core.to_string());
    small.vendor().ok();
    let out = small.folder.join("generated");
    small.generate(&out, &[]).ok();
    out
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Returns the text from one mark to another.
#[track_caller]
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let at = text.find(from).unwrap_or_else(|| panic!("no {from}"));
    let length = text[at..].find(to).unwrap_or_else(|| panic!("no {to}"));
    &text[at..at + length]
}

#[test]
fn generated_code_in_the_repository_is_up_to_date() {
    let run = xtask(["generate", "--check"]).ok();
    assert!(run.out.contains("up to date"), "{}", run.out);
}

#[test]
fn check_of_a_changed_file_names_line_difference_and_command() {
    let folder = folder("changed");
    let out = crate_copy(&folder);
    let openapi = root().join("openapi");
    let arguments = ["generate", "--openapi", text(&openapi), "--out", text(&out)];
    let check = || xtask(arguments.into_iter().chain(["--check"]));
    check().ok();

    let file = out.join("src").join("generated").join("tags.rs");
    let right = fs::read_to_string(&file).expect("a file");
    let line = 1 + right
        .lines()
        .position(|line| line.contains("pub struct Tags"))
        .expect("a line");
    let wrong = right.replacen("pub struct Tags", "pub struct Tagz", 1);
    let manifest = out.join("Cargo.toml");
    let right_manifest = fs::read_to_string(&manifest).expect("a file");
    let wrong_manifest = right_manifest.replace("\ntags = ", "\ntagz = ");
    for (file, text, expected) in [
        (
            &file,
            wrong,
            vec![
                format!("tags.rs:{line}:\n"),
                "-pub struct Tagz".into(),
                "+pub struct Tags".into(),
            ],
        ),
        (
            &file,
            format!("{right}// more\n"),
            vec![
                format!("tags.rs:{}:\n", right.lines().count() + 1),
                "-// more".into(),
            ],
        ),
        (
            &file,
            right.replacen('\n', "\r\n", 1),
            vec!["tags.rs:1:\n".into(), "\\r\n".into()],
        ),
        (
            &file,
            right.trim_end().to_owned(),
            vec!["tags.rs:".into(), "No newline at end of file".into()],
        ),
        (
            &manifest,
            wrong_manifest,
            vec!["Cargo.toml:".into(), "-tagz = ".into(), "+tags = ".into()],
        ),
    ] {
        fs::write(file, text).expect("written");
        let before = tree(&folder);
        let run = check();
        assert_eq!(run.code, Some(1), "{expected:?}");
        let command = "run `cargo xtask generate --openapi ".to_owned();
        for text in expected.iter().chain([&command]) {
            assert!(run.out.contains(text), "{text}: {}", run.out);
        }
        assert_eq!(tree(&folder), before, "--check wrote something");
        xtask(arguments).ok();
        check().ok();
    }
    assert_eq!(fs::read_to_string(&file).expect("a file"), right);
    assert_eq!(
        fs::read_to_string(&manifest).expect("a file"),
        right_manifest
    );

    fs::remove_file(&file).expect("removed");
    let run = check();
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("tags.rs: No such file"), "{}", run.out);
}

#[test]
fn stale_files_are_reported_and_removed_and_hand_written_ones_stay() {
    let small = Small::new("stale");
    small.vendor().ok();
    let out = small.folder.join("generated");
    small.generate(&out, &[]).ok();
    let stale = out.join("windmills.rs");
    fs::copy(out.join("lamps.rs"), &stale).expect("a copy");
    let own = out.join("by_hand.rs");
    fs::write(&own, "// Written by hand.\n").expect("written");

    let run = small.generate(&out, &["--check"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.out.contains("windmills.rs: is no longer generated"),
        "{}",
        run.out
    );
    assert!(!run.out.contains("by_hand.rs"), "{}", run.out);
    small.generate(&out, &[]).ok();
    assert!(!stale.exists());
    assert!(own.exists());
    small.generate(&out, &["--check"]).ok();
}

#[test]
fn second_generation_gives_the_same_bytes_and_touches_no_file() {
    let small = Small::new("again");
    small.vendor().ok();
    let out = small.folder.join("generated");
    small.generate(&out, &[]).ok();
    let (first, written) = (tree(&out), modified(&out));
    small.generate(&out, &[]).ok();
    assert_eq!(tree(&out), first);
    assert_eq!(modified(&out), written);
}

fn modified(folder: &Path) -> Vec<std::time::SystemTime> {
    tree(folder)
        .keys()
        .map(|file| {
            fs::metadata(file)
                .and_then(|data| data.modified())
                .expect("a time")
        })
        .collect()
}

#[test]
fn prose_of_the_input_is_not_generated() {
    let written: String = tree(&generated("said", &core())).into_values().collect();
    common::for_prose(&mut core(), &mut |prose| {
        assert!(!written.contains(prose.as_str()), "{prose:?} is generated");
    });
}

#[test]
fn small_api_is_generated_as_in_the_snapshots() {
    let out = generated("small", &core());
    for file in [
        "lamps.rs",
        "types.rs",
        "types/lamps.rs",
        "schemas.rs",
        "error_codes.rs",
        "mod.rs",
    ] {
        insta::assert_snapshot!(file.replace('/', "_"), read(&out, file));
    }
}

/// Returns a document with keywords of Rust, names of the crate, and names that collide in Rust.
fn odd() -> Value {
    let mut document = core();
    let string = json!({ "type": "string" });
    let values = [
        "self",
        "Self",
        "1",
        "1.5",
        "",
        "Unknown",
        "a-b",
        "a_b",
        "A",
        "a",
        "a2",
        "q\"uote",
        "back\\slash",
    ];
    let body = object(
        &["lamp", "type", "in"],
        json!({
            "lamp": schema("LampLookup"),
            "type": { "type": "string", "enum": values },
            "in": string,
            "match": string,
            "self": string,
            "gen": string,
            "async": string,
            "send": string,
            "body": string,
            "2fa": string,
            "camelCase": string,
            "nothing": { "type": "string", "enum": [] },
            "new": object(&["ref"], json!({ "ref": string, "new": string, "crate": string, "gen": string })),
        }),
    );
    let response = object(
        &["type", "super"],
        json!({ "type": string, "super": { "type": "array", "items": object(&["fn"], json!({ "fn": string, "try": string, "Self": string })) } }),
    );
    let get = |tag: &str, names: &[&str]| {
        operation(
            tag,
            query(names),
            json!(null),
            responses(json_of(response.clone())),
        )
    };
    let post = |tag: &str| {
        operation(
            tag,
            json!([]),
            body.clone(),
            responses(json_of(response.clone())),
        )
    };
    let mut with_query = post("Lamps");
    with_query["parameters"] = query(&["page", "try"]);
    let names = [
        "lamp[id]",
        "in",
        "type",
        "body",
        "request",
        "response",
        "result",
        "url",
        "client",
        "http",
        "perPage",
        "send",
        "operation",
        "gen",
        "self",
        "with-dash",
        "base_url",
    ];
    document["components"]["schemas"]["LampNotFound"] =
        common::error("other", json!({ "self": string }));
    let paths = fields(&mut document, "/paths");
    for (path, item) in [
        (
            "/lamps/lamp/match",
            json!({ "post": post("Lamps"), "get": get("Lamps", &names) }),
        ),
        ("/lamps/lamp/self", json!({ "post": post("Lamps") })),
        ("/lamps/lamp/result", json!({ "post": post("Lamps") })),
        ("/lamps/lamp/call", json!({ "post": with_query })),
        ("/lamps/lamp/2fa", json!({ "post": post("Lamps") })),
        ("/match/match", json!({ "get": get("Match", &["page"]) })),
        ("/self/self/gen", json!({ "post": post("Self") })),
    ] {
        paths.insert(path.into(), item);
    }
    document
}

#[test]
fn keywords_and_names_of_the_crate_are_usable_as_names() {
    let small = Small::with("odd", &odd().to_string());
    small.vendor().ok();
    let out = crate_copy(&small.folder);
    small.generate(&out, &[]).ok();
    let generated = out.join("src").join("generated");
    insta::assert_snapshot!(between(&read(&generated, "types/lamps.rs"), "    pub enum LampType {", "\n    }"), @r#"
    pub enum LampType {
        Value = "",
        Value1 = "1",
        Value15 = "1.5",
        AUpper = "A",
        SelfValueMixed = "Self",
        UnknownValue = "Unknown",
        A = "a",
        ABHyphen = "a-b",
        A2 = "a2",
        AB = "a_b",
        BackSlash = "back\\slash",
        QUote = "q\"uote",
        SelfValue = "self",
    "#);
    assert!(generated.join("match_.rs").exists());
    fs::create_dir_all(out.join("tests")).expect("a folder");
    fs::write(out.join("tests").join("odd.rs"), ODD).expect("written");
    cargo(&small.folder, &["test", "--test", "odd"]);
}

const ODD: &str = r##"//! Sends and reads odd names.
use katapult_gen::error_codes::{ErrorCode, ErrorDetail};
use katapult_gen::{Client, Operation, PlainTransport, build_request, lamps, match_, self_, types::*};

fn client() -> Client<PlainTransport> {
    Client::new(PlainTransport::new(reqwest::Client::new(), "token"))
}

fn request(operation: &impl Operation) -> http::Request<bytes::Bytes> {
    build_request(operation, "http://example.test").expect("a request")
}

#[test]
fn queries_have_the_names_of_the_api() {
    let call = client().lamps().match_(LampLookup::id("a"))
        .in_("1").type_("2").body("3").request("4").response("5").result("6").url("7").client("8").http("9")
        .per_page("10").send_("11").operation_("12").gen_("13").self_("14").with_dash("15").base_url("16");
    let sent = request(call.operation());
    let query = sent.uri().query().unwrap().as_bytes();
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query).into_owned().collect();
    pairs.sort();
    let expected = [
        ("base_url", "16"), ("body", "3"), ("client", "8"), ("gen", "13"), ("http", "9"), ("in", "1"),
        ("lamp[id]", "a"), ("operation", "12"), ("perPage", "10"), ("request", "4"), ("response", "5"),
        ("result", "6"), ("self", "14"), ("send", "11"), ("type", "2"), ("url", "7"), ("with-dash", "15"),
    ];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn bodies_have_the_names_of_the_api() {
    let call = client().lamps().match_for_lamp(LampLookup::id("a"), "i", LampType::Value15)
        .match_("m").self_("s").gen_("g").async_("a").send_("x").body("b").x2fa("2").camel_case("c").nothing("n")
        .new_(LampNewArguments::new("r").new_("n").crate_("c").gen_("g"));
    let sent = request(call.operation());
    let body: serde_json::Value = serde_json::from_slice(sent.body()).unwrap();
    assert_eq!(body, serde_json::json!({
        "lamp": { "id": "a" }, "in": "i", "type": "1.5", "match": "m", "self": "s", "gen": "g", "async": "a",
        "send": "x", "body": "b", "2fa": "2", "camelCase": "c", "nothing": "n",
        "new": { "ref": "r", "new": "n", "crate": "c", "gen": "g" },
    }));
}

#[test]
fn a_body_beside_a_query_has_a_field() {
    let call = client().lamps().call(LampLookup::id("a"), "i", LampType::A).try_("t").body("b");
    assert_eq!(call.operation().body.in_, "i");
    let sent = request(call.operation());
    assert_eq!(sent.uri().query(), Some("try=t"));
    let body: serde_json::Value = serde_json::from_slice(sent.body()).unwrap();
    assert_eq!(body, serde_json::json!({ "lamp": { "id": "a" }, "in": "i", "type": "a", "body": "b" }));
}

#[test]
fn responses_have_the_names_of_the_api() {
    let response = lamps::SelfOperation::decode(br#"{"type": "t", "super": [{"fn": "f", "try": "y", "Self": "s"}]}"#).unwrap();
    assert_eq!(response.type_, "t");
    assert_eq!(response.super_[0].fn_, "f");
    assert_eq!(response.super_[0].try_.as_deref(), Some("y"));
    assert_eq!(response.super_[0].self_.as_deref(), Some("s"));
}

#[test]
fn errors_have_the_names_of_the_api() {
    let other = ErrorDetail::from_parts(&ErrorCode::Other, &serde_json::json!({ "self": "s" }));
    let ErrorDetail::OtherCode(detail) = other else { panic!("{other:?}") };
    assert_eq!(detail.self_.as_deref(), Some("s"));
}

#[test]
fn every_operation_has_its_place() {
    assert_eq!(lamps::Match::ID, "lamps.match");
    assert_eq!(lamps::MatchForLamp::ID, "lamps.match_for_lamp");
    assert_eq!(lamps::ResultOperation::ID, "lamps.result");
    assert_eq!(lamps::CallOperation::ID, "lamps.call");
    assert_eq!(lamps::Post2fa::ID, "lamps.post_2fa");
    assert_eq!(match_::Get::ID, "match.get");
    assert_eq!(self_::Gen::ID, "self.gen");
    let _ = client().match_().get().page(2);
    let _ = client().lamps().self_(LampLookup::name("a"), "i", LampType::SelfValue);
}
"##;

#[test]
fn unsupported_documents_are_refused_with_the_cause() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change, &[&str]); 6] = [
        (
            "two keys of a lookup that are one in Rust",
            |document| {
                let keys = fields(document, "/components/schemas/LampLookup/properties");
                keys.insert("foo-bar".into(), json!({ "type": "string" }));
                keys.insert("foo_bar".into(), json!({ "type": "string" }));
            },
            &["LampLookup", "foo_bar", "corrections.yaml"],
        ),
        (
            "two parameters that are one in Rust",
            |document| {
                document["paths"]["/tasks/:task"]["get"]["parameters"] =
                    query(&["task[id]", "fooBar", "foo_bar"]);
            },
            &["tasks", "foo_bar"],
        ),
        (
            "two fields that are one in Rust",
            |document| {
                let string = json!({ "type": "string" });
                let task = fields(document, "/components/schemas/Task/properties");
                task.insert("fooBar".into(), string.clone());
                task.insert("foo_bar".into(), string);
            },
            &[
                "type Task",
                "two of its fields are foo_bar",
                "ignore_fields",
            ],
        ),
        (
            "a parameter called body beside a body",
            |document| {
                document["paths"]["/lamps/lamp"]["delete"]["parameters"] = query(&["body"]);
            },
            &[
                "lamps_delete",
                "two of its parameters are body",
                "ignore_fields",
            ],
        ),
        (
            "a resource called like a module of the crate",
            |document| document["paths"]["/tasks/:task"]["get"]["tags"] = json!(["Transport"]),
            &["transport", "names.yaml"],
        ),
        (
            "two types of one name in one module",
            |document| {
                document["paths"]["/lamps/lamp/glow_response"] =
                    document["paths"]["/lamps/lamp/flash"].clone();
                document["paths"]["/lamps/lamp/glow"] =
                    document["paths"]["/lamps/lamp/flash"].clone();
            },
            &["lamps", "GlowResponse", "names.yaml"],
        ),
    ];
    let mut wrong = Vec::new();
    for (number, (what, change, says)) in cases.into_iter().enumerate() {
        let mut document = core();
        change(&mut document);
        let small = Small::with(&format!("unsupported-{number}"), &document.to_string());
        let before = tree(&small.openapi);
        let run = small.vendor();
        let explained = says.iter().all(|says| run.err.contains(says));
        // Refused before the documents are written, so that `generate` never meets them.
        if run.code != Some(1) || !explained || tree(&small.openapi) != before {
            wrong.push(format!("{what}: {:?} {}{}", run.code, run.out, run.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn non_canonical_documents_are_refused_with_the_command() {
    let cases: [(&str, &[&str]); 5] = [
        (
            "",
            &[
                "katapult-core.json is not JSON",
                "run `cargo xtask vendor --core FILE --public FILE --openapi ",
            ],
        ),
        (
            "{}",
            &[
                "katapult-core.json is not a canonical document",
                "run `cargo xtask vendor --core FILE --public FILE --openapi ",
                "no paths",
            ],
        ),
        (
            r#"{"paths": {"/a": {"get": {}}}}"#,
            &[
                "not a canonical document",
                "the operation has no operationId",
            ],
        ),
        (
            r#"{"paths": {"/a": {"get": {"operationId": "a.b"}}}}"#,
            &["operation a.b has no x-katapult.resource"],
        ),
        (
            r#"{"paths": {}, "components": {"schemas": {"a b": {}}}}"#,
            &["schema a b", "no type can be called"],
        ),
    ];
    for (text, says) in cases {
        let small = Small::new("canonical-not");
        small.vendor().ok();
        fs::write(small.openapi.join("katapult-core.json"), text).expect("written");
        let out = small.folder.join("generated");
        let run = small.generate(&out, &[]);
        assert_eq!(run.code, Some(1), "{text}: {}{}", run.out, run.err);
        for says in says {
            assert!(run.err.contains(says), "{says}: {}", run.err);
        }
        assert!(!out.exists());
    }
}

#[test]
fn randomly_broken_documents_are_generated_or_refused() {
    let small = Small::new("canonical-broken");
    small.vendor().ok();
    let file = small.openapi.join("katapult-core.json");
    let document: Value =
        serde_json::from_str(&read(&small.openapi, "katapult-core.json")).expect("JSON");
    let out = small.folder.join("generated");
    let mut wrong = Vec::new();
    for seed in 0..common::rounds() {
        let (document, place) = common::broken(document.clone(), &mut Dice(seed));
        fs::write(&file, document.to_string()).expect("written");
        let run = small.generate(&out, &[]);
        let refused = run.code == Some(1) && run.err.starts_with("error: ") && !out.exists();
        if run.code != Some(0) && !refused {
            wrong.push(format!("{place}: {:?} {}", run.code, run.err));
        }
        let _ = fs::remove_dir_all(&out);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Two copies of the workspace can share one target folder, and thus one compiled xtask.
#[test]
fn generate_in_one_of_two_workspaces_leaves_the_other_alone() {
    let [first, second] = ["worktree-1", "worktree-2"].map(|name| {
        let small = Small::new(name);
        small.vendor().ok();
        crate_copy(&small.folder);
        small
    });
    let before = tree(&second.folder);
    let run = |small: &Small, manifest: bool| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("generate").current_dir(&small.folder);
        match manifest {
            true => command.env("CARGO_MANIFEST_DIR", small.folder.join("katapult-gen")),
            false => command.env_remove("CARGO_MANIFEST_DIR"),
        };
        Run::of(&mut command).ok()
    };
    run(&first, true);
    assert!(
        first
            .folder
            .join("katapult-gen/src/generated/lamps.rs")
            .exists()
    );
    assert!(tree(&second.folder) == before);
    let before = tree(&first.folder);
    run(&second, false);
    assert!(
        second
            .folder
            .join("katapult-gen/src/generated/lamps.rs")
            .exists()
    );
    assert!(tree(&first.folder) == before);
}
