//! The steps that each mutant goes through, and the table of results.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::common::{Run, copy, crate_copy, folder, is_long, print, root, text, tree, xtask};

/// The required result of a mutant; `None` where none is required.
#[derive(Clone, Debug, Default)]
pub(crate) struct Required {
    pub(crate) name: String,
    /// `ok` or `stop`.
    pub(crate) vendor: Option<String>,
    pub(crate) rust: Option<bool>,
    pub(crate) wire: Option<bool>,
    /// Texts that `vendor` prints.
    pub(crate) prints: Vec<String>,
    /// Texts of the generated code.
    pub(crate) code: Vec<String>,
    /// Texts that the generated code does not have.
    pub(crate) no_code: Vec<String>,
    /// A change after a stop or a note, so that the same document is accepted without it.
    pub(crate) remedy: Remedy,
}

/// A change of the maintainer's files.
#[derive(Clone, Debug, Default)]
pub(crate) enum Remedy {
    #[default]
    None,
    /// Text to add to `corrections.yaml`.
    Correction(String),
    /// A line of `names.yaml` to add to `operations`.
    Operation(String),
}

/// A mutant in files.
pub(crate) struct Mutant {
    pub(crate) required: Required,
    pub(crate) core: PathBuf,
    pub(crate) public: PathBuf,
    /// The documents, names and corrections of before.
    pub(crate) before: PathBuf,
}

/// The result of a mutant.
#[derive(Default)]
pub(crate) struct Row {
    vendor: String,
    rust: Option<bool>,
    wire: Option<bool>,
    generate: Option<String>,
    compile: Option<String>,
    unmet: Vec<String>,
}

/// Returns `true` if `KATAPULT_MUTANT`, a part of its name, chooses a mutant. Default: all.
pub(crate) fn is_chosen(name: &str) -> bool {
    std::env::var("KATAPULT_MUTANT").map_or(true, |part| name.contains(&part))
}

/// Returns `ok`, `stop: MESSAGE`, or `panic: MESSAGE`.
fn verdict(run: &Run) -> String {
    match run.code {
        Some(0) => "ok".to_owned(),
        Some(1) if run.err.starts_with("error: ") => format!("stop: {}", run.err.trim_end()),
        _ => format!("panic: {}", run.err.trim_end()),
    }
}

/// Runs `vendor` in a folder.
pub(crate) fn vendor(core: &Path, public: &Path, openapi: &Path) -> Run {
    let (core, public) = (text(core), text(public));
    let openapi = text(openapi);
    xtask([
        "vendor",
        "--core",
        core,
        "--public",
        public,
        "--openapi",
        openapi,
    ])
}

fn apply(remedy: &Remedy, openapi: &Path) {
    let file = openapi.join(match remedy {
        Remedy::None => return,
        Remedy::Correction(_) => "corrections.yaml",
        Remedy::Operation(_) => "names.yaml",
    });
    let text = fs::read_to_string(&file).expect("a file");
    let text = match remedy {
        Remedy::None => text,
        Remedy::Correction(more) => text + more,
        Remedy::Operation(line) => {
            text.replacen("\noperations:\n", &format!("\noperations:\n  {line}\n"), 1)
        }
    };
    fs::write(&file, text).expect("written");
}

/// Returns the texts of a folder's files.
fn contents(folder: &Path) -> Vec<String> {
    tree(folder).into_values().collect()
}

/// Takes a mutant through all steps.
pub(crate) fn run(mutant: &Mutant) -> Row {
    let required = &mutant.required;
    // Mutants of several documents have the same name.
    let folder = mutant.core.with_extension("");
    let openapi = folder.join("openapi");
    copy(&mutant.before, &openapi);
    let mut row = Row::default();
    let vendored = vendor(&mutant.core, &mutant.public, &openapi);
    row.vendor = verdict(&vendored);
    let kind = row.vendor.split(':').next().unwrap_or_default().to_owned();
    if kind == "panic"
        || required
            .vendor
            .as_ref()
            .is_some_and(|wanted| *wanted != kind)
    {
        row.unmet.push("vendor".to_owned());
    }
    let printed = format!("{}{}", vendored.out, vendored.err);
    let missing = required
        .prints
        .iter()
        .filter(|text| !printed.contains(*text));
    row.unmet
        .extend(missing.map(|text| format!("vendor prints {text:?}: {printed}")));
    if kind != "ok" {
        if contents(&openapi) != contents(&mutant.before) {
            row.unmet.push("nothing written".to_owned());
        }
        if matches!(required.remedy, Remedy::None) {
            return row;
        }
    }
    if !matches!(required.remedy, Remedy::None) {
        apply(&required.remedy, &openapi);
        let again = vendor(&mutant.core, &mutant.public, &openapi);
        if again.code != Some(0) {
            row.unmet.push(format!("remedy: {}", again.err));
            return row;
        }
    }
    diff(mutant, &openapi, &mut row);
    generate(required, &openapi, &folder, &mut row);
    let _ = fs::remove_dir_all(&folder);
    row
}

fn diff(mutant: &Mutant, openapi: &Path, row: &mut Row) {
    let (old, new) = (text(&mutant.before), text(openapi));
    let diff = xtask(["diff", old, new, "--json", "--openapi", new]);
    let Ok(report) = serde_json::from_str::<Value>(&diff.out) else {
        row.unmet.push(format!("diff: {}", diff.err));
        return;
    };
    let breaks = |side: &str| {
        let mut changes = report["changes"].as_array().into_iter().flatten();
        changes.any(|change| change[side] == true)
    };
    let (rust, wire) = (breaks("breaks_rust"), breaks("breaks_wire"));
    (row.rust, row.wire) = (Some(rust), Some(wire));
    if mutant.required.rust.is_some_and(|wanted| wanted != rust) {
        row.unmet.push("rust".to_owned());
    }
    if mutant.required.wire.is_some_and(|wanted| wanted != wire) {
        row.unmet.push("wire".to_owned());
    }
}

fn generate(required: &Required, openapi: &Path, folder: &Path, row: &mut Row) {
    let out = folder.join("generated");
    let generated = xtask(["generate", "--openapi", text(openapi), "--out", text(&out)]);
    row.generate = Some(verdict(&generated));
    if generated.code != Some(0) {
        row.unmet.push("generate".to_owned());
        return;
    }
    let code: String = tree(&out).into_values().collect();
    let missing = required.code.iter().filter(|text| !code.contains(*text));
    row.unmet
        .extend(missing.map(|text| format!("code {text:?}")));
    let present = required.no_code.iter().filter(|text| code.contains(*text));
    row.unmet
        .extend(present.map(|text| format!("no code {text:?}")));
    if is_long() {
        let result = compile(openapi);
        if result != "ok" {
            row.unmet.push("compile".to_owned());
        }
        row.compile = Some(result);
    }
}

/// Compiles the crate that a mutant gives, with all features.
fn compile(openapi: &Path) -> String {
    // One folder for all mutants, so that the compiler's output does not add up; used by one at a time.
    static COMPILER: Mutex<()> = Mutex::new(());
    let _alone = COMPILER.lock();
    let folder = folder("mutants-compile");
    let out = crate_copy(&folder);
    let generated = xtask(["generate", "--openapi", text(openapi), "--out", text(&out)]);
    if generated.code != Some(0) {
        return verdict(&generated);
    }
    let done = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--all-features"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", root().join("target").join("xtask-2024"))
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    if done.status.success() {
        return "ok".to_owned();
    }
    let err = String::from_utf8_lossy(&done.stderr);
    let errors = err.lines().skip_while(|line| !line.starts_with("error"));
    errors.take(6).collect::<Vec<_>>().join("\n")
}

/// Runs all mutants, writes the table of their results, and returns the rows that do not have the required ones.
/// `mutant` writes the files of one of them.
pub(crate) fn table(
    title: &str,
    mutants: &[Required],
    mutant: &(dyn Fn(&Required) -> Mutant + Sync),
) -> Vec<String> {
    let rows: Mutex<Vec<(usize, Row)>> = Mutex::default();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(required) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let row = run(&mutant(required));
                    let at = mutants.iter().position(|other| other.name == required.name);
                    let at = at.unwrap_or_default();
                    rows.lock().expect("no panic").push((at, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().expect("no panic");
    rows.sort_by_key(|(at, _)| *at);
    let flag = |flag: Option<bool>| flag.map_or("-", |flag| if flag { "breaks" } else { "fits" });
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let mut table = "| mutant | vendor | rust | wire | generate | compile | result |\n".to_owned();
    table += "| --- | --- | --- | --- | --- | --- | --- |\n";
    let mut wrong = Vec::new();
    for (required, (_, row)) in mutants.iter().zip(&rows) {
        let result = match row.unmet.is_empty() {
            true => "as required".to_owned(),
            false => row.unmet.join("; "),
        };
        let line = format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            required.name,
            cell(&row.vendor),
            flag(row.rust),
            flag(row.wire),
            cell(row.generate.as_deref().unwrap_or("-")),
            cell(row.compile.as_deref().unwrap_or("-")),
            cell(&result),
        );
        if !row.unmet.is_empty() {
            wrong.push(line.clone());
        }
        table += &line;
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{title}.md"));
    fs::write(&file, &table).expect("written");
    print(&format!("{} mutants: {}", mutants.len(), file.display()));
    wrong
}
