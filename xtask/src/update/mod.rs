//! `cargo xtask update`: updates the project to new upstream documents, from vendor to the changelog. Stops if a person
//! must decide.

mod changelog;
mod checkpoint;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

use crate::diff::{self, Report};
use crate::util::{cargo, fs};
use crate::{generate, vendor};
use checkpoint::Checkpoint;

/// The arguments of an update.
pub(crate) struct Update {
    pub(crate) core: String,
    pub(crate) public: String,
    pub(crate) root: PathBuf,
    /// The folder of recorded exchanges to replay.
    pub(crate) recordings: Option<PathBuf>,
}

/// The exit code if a person must decide.
const DECIDE: u8 = 3; // not 1, which is an error
const STEPS: [&str; 6] = ["vendor", "diff", "generate", "check", "replay", "changelog"];

/// A decision that a person must make before the update can continue.
struct Decision {
    reason: String,
    file: PathBuf,
    todo: &'static str,
}

/// Runs every step in order. After a stop, the next run resumes: it compares with the documents from before the first
/// run.
pub(crate) fn run(update: &Update) -> Result<ExitCode> {
    let checkpoint = Checkpoint::begin(&update.root, &update.core, &update.public)?;
    if checkpoint.resumed {
        println!("resuming the update that an earlier run began");
    }
    let bar = ProgressBar::new(STEPS.len() as u64); // draws nothing without a terminal
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} [{bar:18}] {msg} {elapsed}");
    bar.set_style(style?);
    // Some steps print nothing for minutes: the spinner proves that they run.
    bar.enable_steady_tick(Duration::from_millis(120));
    let result = steps(update, &checkpoint, &bar);
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
                todo: "review them: a released name never changes",
            }));
        }
        Ok(_) => {}
    }

    begin("diff");
    let report = diff::report(&checkpoint.before(), &openapi, &openapi)?;
    bar.suspend(|| println!("{}", report.table()));
    if report.breaking() > 0 && checkpoint.acknowledge_breaking()? {
        return Ok(Err(Decision {
            reason: format!("{} changes break: {}", report.breaking(), report.semver()),
            file: root.join("Cargo.toml"),
            todo: "set the version of the next release, unless the current one is unreleased",
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
    Ok(Ok(remains(update, &report)))
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
    let root = match update.root == fs::workspace_root() {
        true => String::new(),
        false => format!(" --root {}", update.root.display()),
    };
    remains.push(format!(
        "run cargo xtask api{root} and review the difference: it is the change of the public API"
    ));
    remains.push(".ci/run, commit, release".to_owned());
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
