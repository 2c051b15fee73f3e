//! `cargo xtask update`: stops if a person must decide, and resumes.

mod common;

use std::fs;
use std::process::Command;

use common::{Run, Small, core, crate_copy, fields, root, text};

const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n### Added\n\n- By hand.\n";

fn update(small: &Small) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .args([
            "update",
            "--core",
            text(&small.core),
            "--public",
            text(&small.public),
        ])
        .args(["--root", text(&small.folder), "--skip-public-api"])
        .env("CARGO_TARGET_DIR", root().join("target").join("xtask-2024"))
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("RUSTFLAGS");
    Run::of(&mut command)
}

#[track_caller]
fn stopped(small: &Small, file: &str, why: &str) {
    let run = update(small);
    assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    assert!(run.out.contains(&format!("file:  {file}\n")), "{}", run.out);
    assert!(run.out.contains(why), "{}", run.out);
    let again = format!("cargo xtask update --core {}", text(&small.core));
    assert!(run.out.contains(&again), "{}", run.out);
}

#[test]
fn update_stops_for_each_decision_and_resumes_to_its_end() {
    let small = Small::new("update");
    small.vendor().ok();
    let out = crate_copy(&small.folder);
    small.generate(&out, &[]).ok();
    let changelog = small.folder.join("CHANGELOG.md");
    fs::write(&changelog, CHANGELOG).expect("written");

    let mut newer = core();
    let flash = newer["paths"]["/lamps/lamp/flash"].clone();
    fields(&mut newer, "/paths").insert("/lamps/lamp/dim".into(), flash);
    fields(&mut newer, "/paths").remove("/lamps/lamp/log");
    let good = newer.to_string();
    let bad = good.replace("#/components/schemas/Trash", "#/components/schemas/Bin");

    // An invalid document is reported, and nothing is written.
    fs::write(&small.core, bad).expect("written");
    stopped(&small, "openapi/corrections.yaml", "does not resolve");
    // A new name and then the breaking changes each stop one run.
    fs::write(&small.core, good).expect("written");
    stopped(&small, "openapi/names.yaml", "1 names were made by rule");
    stopped(&small, "Cargo.toml", "1 changes break");
    let run = update(&small).ok();
    assert!(run.out.contains("resuming the update"), "{}", run.out);
    assert!(run.out.contains("katapult-gen compiles"), "{}", run.out);
    assert!(
        run.out.contains("NOT RUN: --skip-public-api"),
        "{}",
        run.out
    );
    assert!(run.out.contains("left for a person:"), "{}", run.out);
    assert!(run.err.is_empty(), "no terminal, no bar: {}", run.err);

    let written = fs::read_to_string(&changelog).expect("a file");
    for line in [
        "- `lamps().log(…)`: gone",
        "- `lamps().dim(…)`: new",
        "- By hand.",
    ] {
        assert!(written.contains(line), "no {line} in {written}");
    }
    assert!(!small.folder.join("target").join("xtask-update").exists());

    // Repeated, the update needs no decision and changes nothing.
    let again = update(&small).ok();
    assert!(again.out.contains("semver: none"), "{}", again.out);
    assert!(fs::read_to_string(&changelog).expect("a file") == written);
}
