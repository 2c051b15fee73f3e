//! Mutants of the upstream document, if they are next to the workspace: each goes through `vendor`, `diff` and
//! `generate`, and with `KATAPULT_LONG_TESTS=1` through the compiler, and is compared with its required result.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use common::{Run, copy, crate_copy, folder, root, shared, text, xtask};
use serde_json::Value;

/// Rows whose `rust` or `wire` need not have the required value yet.
const NOT_PREDICTED: &[&str] = &[
    "create_alone_requires_a_field",
    "field_moves_out_of_properties",
    "id_gone_at_the_top_of_one_response",
    "id_nullable_at_the_top_of_one_response",
    "lookup_gains_an_integer_key",
    "lookup_moves_from_body_to_query",
    "required_argument_becomes_optional",
    "second_success_status",
];

/// The required result of a mutant; `None` where none is required.
struct Required {
    name: String,
    vendor: Option<String>,
    rust: Option<bool>,
    wire: Option<bool>,
    compile: Option<bool>,
}

impl Required {
    /// Reads a line of `mutate.py --list`: `name: vendor ok; rust False; …`.
    fn parse(line: &str) -> Self {
        let (name, facts) = line.split_once(": ").expect("a name");
        let fact = |key: &str| {
            let mut facts = facts.split("; ");
            facts.find_map(|fact| fact.strip_prefix(key)?.strip_prefix(' '))
        };
        let flag = |key: &str| fact(key).map(|value| value == "True");
        Self {
            name: name.to_owned(),
            vendor: fact("vendor").map(str::to_owned),
            rust: flag("rust"),
            wire: flag("wire"),
            compile: flag("compile"),
        }
    }
}

/// The result of a mutant.
#[derive(Default)]
struct Row {
    vendor: String,
    rust: Option<bool>,
    wire: Option<bool>,
    generate: Option<String>,
    compile: Option<String>,
}

/// Returns the program that writes the mutants, or `None` with one printed line.
fn mutate() -> Option<PathBuf> {
    let program = shared().join("mutants/mutate.py");
    let python = Command::new("python3").arg("--version").output();
    let reason = match (program.exists(), python) {
        (true, Ok(_)) => return Some(program),
        (false, _) => "no mutants in ../shared/mutants",
        (true, Err(_)) => "no python3",
    };
    // The test harness captures `eprintln!`, so that nobody would see the message.
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
    None
}

fn is_long() -> bool {
    std::env::var("KATAPULT_LONG_TESTS").is_ok_and(|value| value == "1")
}

fn public() -> PathBuf {
    shared().join("upstream/katapult-public-2.68.0.json")
}

fn result(program: &Path, name: &str) -> Row {
    let folder = folder(&format!("mutant-{name}"));
    let core = folder.join("core.json");
    Run::of(Command::new("python3").args([text(program), name, text(&core)])).ok();
    let openapi = folder.join("openapi");
    copy(&root().join("openapi"), &openapi);
    let before = common::tree(&openapi);
    let public = public();
    let (core, public) = (text(&core), text(&public));
    let vendored = xtask([
        "vendor",
        "--core",
        core,
        "--public",
        public,
        "--openapi",
        text(&openapi),
    ]);
    let mut row = Row {
        vendor: verdict(&vendored),
        ..Row::default()
    };
    if row.vendor != "ok" {
        assert!(
            common::tree(&openapi) == before,
            "{name}: the folder is partly written"
        );
        return row;
    }
    let ours = root().join("openapi");
    let diff = xtask([
        "diff",
        text(&ours),
        text(&openapi),
        "--json",
        "--openapi",
        text(&openapi),
    ]);
    match serde_json::from_str::<Value>(&diff.out) {
        Ok(report) => {
            let breaks = |side: &str| {
                let mut changes = report["changes"].as_array().into_iter().flatten();
                changes.any(|change| change[side] == true)
            };
            row.rust = Some(breaks("breaks_rust"));
            row.wire = Some(breaks("breaks_wire"));
        }
        Err(error) => row.vendor = format!("diff: {error}: {}", diff.err),
    }
    let out = match is_long() {
        true => crate_copy(&folder),
        false => folder.join("generated"),
    };
    let generated = xtask(["generate", "--openapi", text(&openapi), "--out", text(&out)]);
    row.generate = Some(verdict(&generated));
    if is_long() && generated.code == Some(0) {
        row.compile = Some(compile(&folder));
    }
    let _ = fs::remove_dir_all(&folder);
    row
}

/// Returns `ok`, `stop: MESSAGE`, or `panic: MESSAGE`.
fn verdict(run: &Run) -> String {
    match run.code {
        Some(0) => "ok".to_owned(),
        Some(1) if run.err.starts_with("error: ") => format!("stop: {}", run.err.trim_end()),
        _ => format!("panic: {}", run.err.trim_end()),
    }
}

fn compile(folder: &Path) -> String {
    // One target folder for all mutants, so that dependencies are built once; used by one at a time.
    static COMPILER: Mutex<()> = Mutex::new(());
    let _alone = COMPILER.lock();
    let done = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--features", "full"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", root().join("target").join("xtask-2024"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    match done.status.success() {
        true => "ok".to_owned(),
        false => String::from_utf8_lossy(&done.stderr)
            .lines()
            .take(6)
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// Returns the requirements that a row does not meet.
fn unmet(required: &Required, row: &Row) -> Vec<&'static str> {
    let mut unmet = Vec::new();
    let kind = row.vendor.split(':').next().unwrap_or_default();
    if kind == "panic"
        || kind == "diff"
        || required
            .vendor
            .as_ref()
            .is_some_and(|wanted| wanted != kind)
    {
        unmet.push("vendor");
    }
    // A stop is a result of its own where `vendor` may do either.
    if kind != "ok" {
        return unmet;
    }
    if row.generate.as_deref() != Some("ok") {
        unmet.push("generate");
    }
    if required.rust.is_some_and(|wanted| row.rust != Some(wanted)) {
        unmet.push("rust");
    }
    if required.wire.is_some_and(|wanted| row.wire != Some(wanted)) {
        unmet.push("wire");
    }
    if required.compile == Some(true) && row.compile.as_ref().is_some_and(|result| result != "ok") {
        unmet.push("compile");
    }
    unmet
}

#[test]
fn mutants_of_the_upstream_document_give_the_required_results() {
    let Some(program) = mutate() else { return };
    let list = Run::of(Command::new("python3").args([text(&program), "--list"])).ok();
    let only = std::env::var("KATAPULT_MUTANT").ok();
    let required: Vec<Required> = (list.out.lines().map(Required::parse))
        .filter(|required| {
            only.as_ref()
                .is_none_or(|only| required.name.contains(only))
        })
        .collect();
    let rows: Mutex<Vec<(usize, Row)>> = Mutex::default();
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(required) = required.get(at) else {
                        break;
                    };
                    let row = result(&program, &required.name);
                    rows.lock().expect("no panic").push((at, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().expect("no panic");
    rows.sort_by_key(|(at, _)| *at);
    let mut table = String::new();
    let mut wrong = BTreeSet::new();
    for (required, (_, row)) in required.iter().zip(&rows) {
        let unmet = unmet(required, row);
        table += &format!(
            "{:<50} rust {:?}/{:?} wire {:?}/{:?} generate {:?} compile {:?} unmet {unmet:?}\n    {}\n",
            required.name,
            required.rust,
            row.rust,
            required.wire,
            row.wire,
            row.generate,
            row.compile,
            row.vendor
        );
        // The prediction of `diff` has a list of its own.
        if unmet.iter().any(|unmet| !["rust", "wire"].contains(unmet)) {
            wrong.insert(required.name.as_str());
        }
        let predicted = !unmet.iter().any(|unmet| ["rust", "wire"].contains(unmet));
        if !predicted && !NOT_PREDICTED.contains(&required.name.as_str()) {
            wrong.insert(required.name.as_str());
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{wrong:#?}\n{table}");
}
