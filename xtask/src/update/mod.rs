//! `cargo xtask update`: updates the project to new upstream documents, from vendor to the changelog. Stops if a person
//! must decide.

mod changelog;
mod checkpoint;
mod release;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

use crate::diff::{self, Report};
use crate::util::{cargo, fs};
use crate::{generate, vendor};
use checkpoint::Checkpoint;
use release::Release;
use verify::Verified;

/// The arguments of an update.
pub(crate) struct Update {
    pub(crate) core: String,
    pub(crate) public: String,
    pub(crate) root: PathBuf,
    /// `true` to compare no public API, which takes about a minute.
    pub(crate) skip_public_api: bool,
    /// The folder of recorded exchanges to replay.
    pub(crate) recordings: Option<PathBuf>,
}

/// The exit code if a person must decide.
const DECIDE: u8 = 3; // not 1, which is an error
const STEPS: [&str; 7] = [
    "vendor",
    "diff",
    "generate",
    "check",
    "public API",
    "replay",
    "changelog",
];

/// A decision that a person must make before the update can continue.
struct Decision {
    reason: String,
    file: PathBuf,
    todo: &'static str,
}

/// Runs every step in order. After a stop, the next run resumes: it compares with the last release, or, before the first
/// release, with the documents from before the first run.
pub(crate) fn run(update: &Update) -> Result<ExitCode> {
    let release = Release::last(&update.root)?;
    let checkpoint = Checkpoint::begin(&update.root, release.as_ref())?;
    if checkpoint.resumed {
        println!("resuming the update that an earlier run began");
    }
    let bar = ProgressBar::new(STEPS.len() as u64); // draws nothing without a terminal
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} [{bar:18}] {msg} {elapsed}");
    bar.set_style(style?);
    // Some steps print nothing for minutes: the spinner proves that they run.
    bar.enable_steady_tick(Duration::from_millis(120));
    let result = steps(update, release.as_ref(), &checkpoint, &bar);
    bar.finish_and_clear();
    match result? {
        Ok(remains) => {
            checkpoint.end()?;
            println!("\nleft for a person:");
            for one in remains {
                println!("- {one}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(decision) => {
            println!("\nstopped: {}", decision.reason);
            println!("  file:  {}", relative(&update.root, &decision.file));
            println!("  to do: {}", decision.todo);
            println!("then run it again to resume: {}", cargo::invocation());
            Ok(ExitCode::from(DECIDE))
        }
    }
}

fn steps(
    update: &Update,
    release: Option<&Release>,
    checkpoint: &Checkpoint,
    bar: &ProgressBar,
) -> Result<Result<Vec<String>, Decision>> {
    let root = &update.root;
    let openapi = root.join("openapi");
    let begin = |step: &'static str| {
        bar.set_message(step);
        let number = STEPS.iter().position(|known| *known == step).unwrap_or(0);
        bar.set_position(number as u64);
        bar.suspend(|| println!("\n== {step}"));
    };

    begin("vendor");
    let named = bar.suspend(|| vendor::run(&update.core, &update.public, &openapi, &openapi));
    match named {
        Err(error) => {
            let why = format!("{error:#}");
            // If no file of ours is at fault, the document is, and a correction repairs it.
            let name = match why.contains("names.yaml") {
                true => "names.yaml",
                false => "corrections.yaml",
            };
            return Ok(Err(Decision {
                reason: why,
                file: openapi.join(name),
                todo: "follow the message; if the document is wrong, correct it there, with the evidence",
            }));
        }
        Ok(added) if !added.is_empty() => {
            return Ok(Err(Decision {
                reason: format!("{} names were made by rule", added.len()),
                file: openapi.join("names.yaml"),
                todo: "review them: they can change until the next release, and never after it",
            }));
        }
        Ok(_) => {}
    }

    begin("diff");
    let report = diff::report(&checkpoint.before(), &openapi, &openapi)?;
    let base = release.map_or(
        "the documents from before this update: nothing is released".to_owned(),
        Release::describe,
    );
    bar.suspend(|| println!("compared with {base}\n{}", report.table()));
    let version = next_version(root, release, &report)?;
    if report.breaking() > 0 && checkpoint.acknowledge_breaking(&report.markdown())? {
        return Ok(Err(Decision {
            reason: format!("{} changes break: {}", report.breaking(), report.semver()),
            file: root.join("Cargo.toml"),
            todo: match version {
                Some(_) => "review the changes and the new version, which is written there",
                None => "review the changes; the version there is right for them",
            },
        }));
    }

    begin("generate");
    let generated = bar.suspend(|| generate::run(&openapi, &root.join("katapult-gen"), false));
    if let Err(error) = generated {
        return Ok(Err(Decision {
            reason: format!("{error:#}"),
            file: openapi.join("corrections.yaml"),
            todo: "follow the message, here or in names.yaml",
        }));
    }

    begin("check");
    for package in ["katapult-gen", "katapult-core"] {
        // A workspace of `--root` may have the generated crate alone.
        if !root.join(package).exists() {
            continue;
        }
        if let Err(output) =
            run_cargo(root, &["check", "--package", package, "--features", "full"])?
        {
            return Ok(Err(Decision {
                reason: format!("{package} does not compile:\n{output}"),
                file: root.join(package).join("src"),
                todo: "adapt the handwritten code; for an error in src/generated, repair the generator (xtask/src/generate)",
            }));
        }
        bar.suspend(|| println!("{package} compiles with all features"));
    }

    begin("public API");
    let mut remains = remains(update, &report);
    match verified(update, checkpoint, &report)? {
        Verified::NotRun(reason) => {
            bar.suspend(|| println!("NOT RUN: {reason}"));
            remains.push("compare the public API: that step was not run".to_owned());
        }
        Verified::Compared {
            removed,
            missed,
            unfounded,
        } => bar.suspend(|| {
            println!("{removed} listed items are gone or changed");
            for (what, items) in [
                ("the prediction lacks", &missed),
                ("predicted, and not found", &unfounded),
            ] {
                for item in items {
                    println!("{what}: {item}");
                }
                if !items.is_empty() {
                    remains.push(format!(
                        "repair xtask/src/diff ({what}: {} items)",
                        items.len()
                    ));
                }
            }
            if missed.is_empty() && unfounded.is_empty() {
                println!("the prediction has all of them, and no others");
            }
        }),
    }

    begin("replay");
    match &update.recordings {
        Some(recordings) if root.join("tests").join("contract").exists() => {
            let folder = recordings
                .to_str()
                .context("the path of the recordings is not valid UTF-8: rename the folder")?;
            let replay = [
                "run",
                "--package",
                "katapult-contract",
                "--bin",
                "replay",
                "--",
                folder,
            ];
            if let Err(output) = run_cargo(root, &replay)? {
                return Ok(Err(Decision {
                    reason: format!("the recordings do not match the document:\n{output}"),
                    file: openapi.join("corrections.yaml"),
                    todo: "correct the document where it differs from the API, with the recording as evidence",
                }));
            }
            bar.suspend(|| println!("all recordings match the document"));
        }
        _ => bar.suspend(|| println!("not run: no recordings (give --recordings DIR)")),
    }

    begin("changelog");
    if report.changes.is_empty() {
        bar.suspend(|| println!("nothing changed, so there is no entry"));
    } else {
        let path = root.join("CHANGELOG.md");
        let text = changelog::with_entry(&fs::read(&path)?, &report)
            .with_context(|| relative(root, &path))?;
        fs::write_all(&[(path, text)])?;
        bar.suspend(|| println!("CHANGELOG.md: entry written under \"Unreleased\""));
    }
    bar.set_position(STEPS.len() as u64);
    remains.push(".ci/run, commit, release".to_owned());
    Ok(Ok(remains))
}

fn verified(update: &Update, checkpoint: &Checkpoint, report: &Report) -> Result<Verified> {
    if update.skip_public_api {
        return Ok(Verified::NotRun("--skip-public-api".to_owned()));
    }
    verify::verify(&update.root, &checkpoint.before(), &report.breaks)
}

/// Writes the version that the changes need, everywhere in the workspace, and returns it. Returns `None` if the version
/// is right: nothing is released, or an earlier update changed it.
fn next_version(
    root: &Path,
    release: Option<&Release>,
    report: &Report,
) -> Result<Option<[u64; 3]>> {
    let Some(released) = release.and_then(|release| release.version) else {
        return Ok(None);
    };
    let next = report.bump.next(released);
    if report.version >= next {
        return Ok(None);
    }
    let [from, to] =
        [report.version, next].map(|version| version.map(|number| number.to_string()).join("."));
    let path = root.join("Cargo.toml");
    let manifest = release::with_version(&fs::read(&path)?, &from, &to);
    fs::write_all(&[(path, manifest)])?;
    println!("Cargo.toml: version {from} is {to} now");
    Ok(Some(next))
}

/// Lists the work that remains after an update.
fn remains(update: &Update, report: &Report) -> Vec<String> {
    let mut remains = Vec::new();
    if report.breaking() > 0 {
        remains.push(format!(
            "explain in CHANGELOG.md how users migrate ({})",
            report.semver()
        ));
    }
    if update.recordings.is_none() {
        remains.push(
            "replay recent recordings of the API: without them, nothing proves the corrections"
                .to_owned(),
        );
    }
    remains.push("write examples and workflows for new operations that deserve them".to_owned());
    remains
}

/// Runs cargo quietly. If it fails, returns the end of its output.
fn run_cargo(root: &Path, arguments: &[&str]) -> Result<Result<(), String>> {
    let done = cargo::output(cargo::in_folder(root).args(arguments))?;
    if done.status.success() {
        return Ok(Ok(()));
    }
    let output =
        String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout);
    let lines: Vec<&str> = output.lines().collect();
    // The errors are at the end, and a terminal shows about so many lines.
    Ok(Err(lines[lines.len().saturating_sub(30)..].join("\n")))
}

/// Returns a path relative to the workspace, for messages.
fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
