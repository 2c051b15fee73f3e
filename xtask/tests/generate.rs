//! `cargo xtask generate`: the code of a small invented API, and the report of `--check`.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Dice, Run, Small, core, crate_copy, fields, folder, query, root, text, tree, xtask};
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
