//! `cargo xtask update`: a new document, from taking it in to the changelog, stopping where a person must decide.

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
use checkpoint::{Seen, State};

/// Where everything is, and what is taken in.
pub(crate) struct Update {
    pub(crate) core: String,
    pub(crate) public: String,
    pub(crate) root: PathBuf,
    /// Recorded exchanges to replay, if there are any.
    pub(crate) recordings: Option<PathBuf>,
}

/// The exit code where a person must decide.
const DECIDE: u8 = 3;
const STEPS: [&str; 6] = ["vendor", "diff", "generate", "check", "replay", "changelog"];

/// Why a run stopped, and what to do.
struct Decision {
    why: String,
    file: PathBuf,
    todo: &'static str,
}

/// Does every step in order. A run that stopped is gone on with by running it again: what it compares with are the
/// documents from before the first run.
pub(crate) fn run(update: &Update) -> Result<ExitCode> {
    let mut state = State::begin(&update.root, &update.core, &update.public)?;
    if state.resumed {
        println!("going on with the update that was begun before");
    }
    let bar = ProgressBar::new(STEPS.len() as u64); // draws nothing where there is no terminal
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} [{bar:18}] {msg} {elapsed}");
    bar.set_style(style?);
    bar.enable_steady_tick(Duration::from_millis(120));
    let outcome = steps(update, &mut state, &bar);
    bar.finish_and_clear();
    match outcome? {
        Ok(remains) => {
            state.end()?;
            println!("\nremains for a person:");
            for one in remains {
                println!("- {one}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(decision) => {
            println!("\nstopped: {}", decision.why);
            println!("  file:  {}", shown(&update.root, &decision.file));
            println!("  to do: {}", decision.todo);
            println!("then run it again, and it goes on: {}", cargo::invocation());
            Ok(ExitCode::from(DECIDE))
        }
    }
}

fn steps(
    update: &Update,
    state: &mut State,
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
            // Where no file of ours is at fault, a correction is how the document is mended.
            let name = match why.contains("names.yaml") {
                true => "names.yaml",
                false => "corrections.yaml",
            };
            return Ok(Err(Decision {
                why,
                file: openapi.join(name),
                todo: "do what the message says; if the fault is the document's, correct it there, with the evidence",
            }));
        }
        Ok(added) if !added.is_empty() => {
            return Ok(Err(Decision {
                why: format!("{} names were made by rule", added.len()),
                file: openapi.join("names.yaml"),
                todo: "read them, and change what reads badly: once released, a name stays",
            }));
        }
        Ok(_) => {}
    }

    begin("diff");
    let report = diff::report(&state.before(), &openapi, &openapi)?;
    bar.suspend(|| println!("{}", report.table()));
    if report.breaking() > 0 && state.first(Seen::Breaking)? {
        return Ok(Err(Decision {
            why: format!("{} changes break: {}", report.breaking(), report.semver()),
            file: root.join("Cargo.toml"),
            todo: "set the version that the release will have, or leave it where the last one was never released",
        }));
    }

    begin("generate");
    let generated = bar.suspend(|| generate::run(&openapi, &root.join("katapult-gen"), false));
    if let Err(error) = generated {
        return Ok(Err(Decision {
            why: format!("{error:#}"),
            file: openapi.join("corrections.yaml"),
            todo: "do what the message says, here or in names.yaml",
        }));
    }

    begin("check");
    for package in ["katapult-gen", "katapult-core"] {
        if !root.join(package).exists() {
            continue;
        }
        if let Err(said) = run_cargo(root, &["check", "--package", package, "--features", "full"])?
        {
            return Ok(Err(Decision {
                why: format!("{package} does not compile:\n{said}"),
                file: root.join(package).join("src"),
                todo: "follow the change in the code that is written by hand; in src/generated it is the generator's fault (xtask/src/generate)",
            }));
        }
        bar.suspend(|| println!("{package} compiles with all features"));
    }

    begin("replay");
    match &update.recordings {
        Some(recordings) if root.join("tests").join("contract").exists() => {
            let folder = recordings
                .to_str()
                .context("the recordings' folder is no text: rename it")?;
            let replay = [
                "run",
                "--package",
                "katapult-contract",
                "--bin",
                "replay",
                "--",
                folder,
            ];
            if let Err(said) = run_cargo(root, &replay)? {
                return Ok(Err(Decision {
                    why: format!("the recordings are not understood:\n{said}"),
                    file: openapi.join("corrections.yaml"),
                    todo: "correct the document where it is not what the API does, with the recording as evidence",
                }));
            }
            bar.suspend(|| println!("all recordings are understood"));
        }
        _ => bar.suspend(|| println!("not run: no recordings (give --recordings DIR)")),
    }

    begin("changelog");
    if report.changes.is_empty() {
        bar.suspend(|| println!("nothing changed, so there is nothing to say"));
    } else {
        let path = root.join("CHANGELOG.md");
        let text = changelog::with_entry(&fs::read(&path)?, &report)
            .with_context(|| shown(root, &path))?;
        fs::write_all(&[(path, text)])?;
        bar.suspend(|| println!("CHANGELOG.md: an entry under \"Unreleased\""));
    }
    bar.set_position(STEPS.len() as u64);
    Ok(Ok(remains(update, &report)))
}

fn remains(update: &Update, report: &Report) -> Vec<String> {
    let mut remains = Vec::new();
    if report.breaking() > 0 {
        remains.push(format!(
            "say in CHANGELOG.md what users do about what breaks ({})",
            report.semver()
        ));
    }
    if update.recordings.is_none() {
        remains.push(
            "replay recordings of the API as it is now, or the corrections are only believed"
                .to_owned(),
        );
    }
    remains.push("write examples and workflows for what is new, where it deserves them".to_owned());
    let root = match update.root == fs::workspace_root() {
        true => String::new(),
        false => format!(" --root {}", update.root.display()),
    };
    remains.push(format!(
        "cargo xtask api{root}, and read the difference: it is what users see"
    ));
    remains.push(".ci/run, commit, release".to_owned());
    remains
}

/// Runs cargo quietly; gives what it said where it failed.
fn run_cargo(root: &Path, arguments: &[&str]) -> Result<Result<(), String>> {
    let done = cargo::output(cargo::in_folder(root).args(arguments))?;
    if done.status.success() {
        return Ok(Ok(()));
    }
    let said =
        String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout);
    let lines: Vec<&str> = said.lines().collect();
    Ok(Err(lines[lines.len().saturating_sub(30)..].join("\n")))
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
