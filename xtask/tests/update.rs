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
    // Until the next release, a person can choose another name, which counts from then on.
    let names = small
        .file("names.yaml")
        .replace("lamps.dim\n", "lamps.darken\n");
    fs::write(small.openapi.join("names.yaml"), names).expect("written");
    stopped(&small, "Cargo.toml", "1 changes break");
    // Each remedy of a message works.
    for (broken, remedy) in [
        (
            "# Changelog\n",
            "has no line `## Unreleased`: add it above the last release",
        ),
        (
            "## Unreleased\n\n<!-- by `cargo xtask update`, from 2.1.0 to 2.1.0 -->\n",
            "has no line `<!-- end -->` after",
        ),
    ] {
        fs::write(&changelog, broken).expect("written");
        let run = update(&small);
        assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
        assert!(run.err.contains(remedy), "{}", run.err);
    }
    fs::write(&changelog, CHANGELOG).expect("written");
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
        "- `lamps().darken(…)`: new",
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

/// Returns a workspace with a core document and generated code, and a newer core document that lacks an operation.
fn workspace(test: &str) -> Small {
    let small = Small::new(test);
    small.vendor().ok();
    let out = crate_copy(&small.folder);
    small.generate(&out, &[]).ok();
    fs::write(small.folder.join("CHANGELOG.md"), CHANGELOG).expect("written");
    let mut newer = core();
    fields(&mut newer, "/paths").remove("/lamps/lamp/log");
    fs::write(&small.core, newer.to_string()).expect("written");
    small
}

fn git(small: &Small, arguments: &[&str]) {
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.test"];
    let mut command = Command::new("git");
    command
        .args(identity)
        .args(arguments)
        .current_dir(&small.folder);
    Run::of(&mut command).ok();
}

#[track_caller]
fn compared_and_raised(small: &Small, base: &str) {
    let manifest = || fs::read_to_string(small.folder.join("Cargo.toml")).expect("a file");
    let run = update(small);
    assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    assert!(
        run.out.contains(&format!("compared with {base}\n")),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("version 0.1.0 is 0.2.0 now"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("the new version, which is written there"),
        "{}",
        run.out
    );
    assert!(
        manifest().contains("\nversion = \"0.2.0\"\n"),
        "{}",
        manifest()
    );
    assert!(
        !manifest().contains("\"0.1.0\", default-features"),
        "{}",
        manifest()
    );
    // The release stays what it is, so nothing is raised again.
    let run = update(small).ok();
    assert!(run.out.contains("resuming the update"), "{}", run.out);
    assert!(
        run.out.contains(&format!("compared with {base}\n")),
        "{}",
        run.out
    );
    assert!(
        manifest().contains("\nversion = \"0.2.0\"\n"),
        "{}",
        manifest()
    );
    let next = update(small);
    assert!(
        next.out.contains("1 changes break"),
        "compared with the release, not with the last run: {}",
        next.out
    );
    assert!(
        next.out.contains("the version there is right for them"),
        "{}",
        next.out
    );
}

#[test]
fn update_compares_with_the_newest_tag_and_raises_the_version_once() {
    let small = workspace("update-tag");
    git(&small, &["init", "--quiet"]);
    git(&small, &["add", "openapi", "Cargo.toml"]);
    git(&small, &["commit", "--quiet", "--message", "release"]);
    git(&small, &["tag", "v0.1.0"]);
    compared_and_raised(&small, "the last release, v0.1.0");
}

#[test]
fn update_compares_with_the_recorded_release_and_raises_the_version_once() {
    let small = workspace("update-recorded");
    let recorded = small.openapi.join("released");
    fs::create_dir_all(&recorded).expect("a folder");
    for file in ["katapult-core.json", "katapult-public.json"] {
        fs::copy(small.openapi.join(file), recorded.join(file)).expect("a copy");
    }
    let changelog = format!("{CHANGELOG}\n## 0.1.0 - 2026-01-01\n");
    fs::write(small.folder.join("CHANGELOG.md"), changelog).expect("written");
    compared_and_raised(&small, "the last release, recorded in openapi/released");
}
