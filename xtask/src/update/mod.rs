//! `cargo xtask update`: updates the project to new upstream documents, from vendor to the changelog. Stops if a person
//! must decide.

mod changelog;
mod checkpoint;
mod progress;
mod release;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::diff::{self, Report, Verified};
use crate::generate::documented_fields::new_without_text;
use crate::util::{cargo, fs};
use crate::{generate, spec, vendor};
use checkpoint::Checkpoint;
use progress::Progress;
use release::Release;

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
    let mut progress = Progress::new()?;
    let result = steps(update, release.as_ref(), &checkpoint, &mut progress);
    let times = progress.end();
    match result? {
        Ok(remains) => {
            checkpoint.end()?;
            println!("\nleft for a person:");
            for one in remains {
                println!("- {one}");
            }
            println!("took {times}");
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
    progress: &mut Progress,
) -> Result<Result<Vec<String>, Decision>> {
    let root = &update.root;
    let openapi = root.join("openapi");
    progress.begin("vendor");
    let named =
        progress.while_hidden(|| vendor::run(&update.core, &update.public, &openapi, &openapi));
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

    progress.begin("diff");
    let pair = diff::Pair::read(&checkpoint.before(), &openapi, &openapi)?;
    let mut report = pair.report()?;
    if let Some(released) = release.and_then(|release| release.version) {
        report.version = released; // an earlier run may have changed the workspace's
    }
    let base = release.map_or(
        "the documents from before this update: nothing is released".to_owned(),
        Release::describe,
    );
    progress.print(format!("compared with {base}\n{}", report.table()));
    let released = release.and_then(|release| release.version);
    let version = match released {
        Some(released) => release::raise_version(root, report.bump.next(released))?,
        None => None,
    };
    if let Some([from, to]) = &version {
        progress.print(format!("Cargo.toml: version {from} is {to} now"));
    }
    if report.breaking() > 0 && checkpoint.acknowledge_breaking(&report.markdown())? {
        return Ok(Err(Decision {
            reason: format!("{} changes break: {}", report.breaking(), report.semver()),
            file: root.join("Cargo.toml"),
            todo: match (&version, released) {
                (Some(_), _) => "review the changes and the new version, which is written there",
                (None, None) => {
                    "review the changes; nothing is released, so the version there can stay"
                }
                (None, Some(_)) => "review the changes; the version there is right for them",
            },
        }));
    }

    progress.begin("generate");
    let generated =
        progress.while_hidden(|| generate::run(&openapi, &root.join("katapult-gen"), false));
    if let Err(error) = generated {
        return Ok(Err(Decision {
            reason: format!("{error:#}"),
            file: openapi.join("corrections.yaml"),
            todo: "follow the message, here or in names.yaml",
        }));
    }

    progress.begin("check");
    // katapult-core compiles katapult-gen with all features too; a workspace of `--root` may have the latter alone.
    let package = match root.join("katapult-core").exists() {
        true => "katapult-core",
        false => "katapult-gen",
    };
    let check = ["check", "--package", package, "--features", "full"];
    if let Err(output) = run_cargo(root, &check)? {
        let at_fault = match output.contains("could not compile `katapult-gen`") {
            true => "katapult-gen",
            false => package,
        };
        return Ok(Err(Decision {
            reason: format!("{at_fault} does not compile:\n{output}"),
            file: root.join(at_fault).join("src"),
            todo: "adapt the handwritten code; for an error in src/generated, repair the generator (xtask/src/generate)",
        }));
    }
    progress.print(format!("{package} compiles with all features"));

    progress.begin("public API");
    let [before, after] = [&checkpoint.before(), &openapi].map(|folder| spec::load(folder));
    let mut remains = remains(update, &report);
    remains.extend(to_describe(&new_without_text(&before?, &after?)));
    let verified = match update.skip_public_api {
        true => Verified::NotRun("--skip-public-api".to_owned()),
        false => pair.verify(root, &report.breaks)?,
    };
    progress.print(verified.lines().join("\n"));
    remains.extend(verified.remains());

    progress.begin("replay");
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
            progress.print("all recordings match the document");
        }
        _ => progress.print("not run: no recordings (give --recordings DIR)"),
    }

    progress.begin("changelog");
    if report.changes.is_empty() {
        progress.print("nothing changed, so there is no entry");
    } else {
        let path = root.join("CHANGELOG.md");
        let text = changelog::with_entry(&fs::read(&path)?, &report)
            .with_context(|| relative(root, &path))?;
        fs::write_all(&[(path, text)])?;
        progress.print("CHANGELOG.md: entry written under \"Unreleased\"");
    }
    remains.push(".ci/run, commit, release".to_owned());
    Ok(Ok(remains))
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

/// Returns what remains to be done for fields that have no description; nothing if there are none.
fn to_describe(places: &[String]) -> Option<String> {
    const SHOWN: usize = 5;
    let shown = places.iter().take(SHOWN).map(String::as_str);
    let mut shown = shown.collect::<Vec<_>>().join(", ");
    match places.len() {
        0 => return None,
        1..=SHOWN => {}
        more => shown += &format!(" and {} more", more - SHOWN),
    }
    Some(format!(
        "describe new fields in openapi/descriptions.yaml: {shown}"
    ))
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
