//! Leave-one-out cross-validation of the corrections.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Parser;
use katapult_contract::drift::{self, Drift};
use serde::Deserialize;

/// Checks that the corrections cover responses that were not recorded.
///
/// For each family of recordings, removes the corrections that only this family supports, generates the SDK
/// from the rest, and replays the family's responses. Exits with 1 when a response cannot be decoded.
/// Works in target/cross-validate.
#[derive(Parser)]
#[command(name = "cross-validate")]
struct Arguments {
    /// The upstream document of the core API: a file or a URL
    #[arg(long, value_name = "FILE|URL")]
    core: String,
    /// The upstream document of the public API: a file or a URL
    #[arg(long, value_name = "FILE|URL")]
    public: String,
    /// The recorded exchanges. Default: those next to the workspace
    #[arg(long, value_name = "DIR")]
    recordings: Option<PathBuf>,
}

/// The fields of `replay --json` that are used here.
#[derive(Deserialize)]
struct Report {
    exchanges: usize,
    decoded: usize,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cross-validate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().context("the workspace has moved")?;
    let default = root.join("../shared/recordings");
    let recordings = arguments.recordings.as_ref().unwrap_or(&default);
    let recordings = recordings.canonicalize().with_context(|| {
        format!(
            "cannot read {}: give --recordings DIR",
            recordings.display()
        )
    })?;
    let drift = drift::read(&[recordings]).map_err(anyhow::Error::from_boxed)?;
    let supported_alone = supported_alone(&drift);
    let copy = root.join("target/cross-validate");
    let corrections = std::fs::read_to_string(root.join("openapi/corrections.yaml"))?;
    let mut failed = 0;
    let mut lines = Vec::new();
    for (family, paths) in &drift.families {
        let Some(left_out) = supported_alone.get(family.as_str()) else {
            lines.push(format!("{family}: supports no correction alone"));
            continue;
        };
        copy_workspace(&root, &copy)?;
        let openapi = copy.join("openapi");
        write_if_changed(
            &openapi.join("corrections.yaml"),
            &without(&corrections, left_out),
        )?;
        let gen_crate = copy.join("katapult-gen");
        let mut vendor = xtask("vendor", &openapi);
        run_quietly(vendor.args(["--core", &arguments.core, "--public", &arguments.public]))?;
        run_quietly(xtask("generate", &openapi).arg("--out").arg(gen_crate))?;
        let report = replay(&root, &copy, paths)
            .with_context(|| format!("{family}: the generated SDK does not work"))?;
        let rules = left_out
            .iter()
            .map(|index| drift.corrections[*index].rule.as_str());
        lines.push(summary(family, &rules.collect::<Vec<_>>(), &report));
        failed += usize::from(report.decoded < report.exchanges);
    }
    println!("\n{}", lines.join("\n"));
    println!(
        "\n{} families, {} support a correction alone, {failed} not covered by the other corrections",
        drift.families.len(),
        supported_alone.len()
    );
    Ok(match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Returns the corrections that each family supports alone, by their index in the file.
fn supported_alone(drift: &Drift) -> BTreeMap<&str, BTreeSet<usize>> {
    let mut alone: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (index, support) in drift.corrections.iter().enumerate() {
        // Without it the workspace does not compile, and responses are read in the same way.
        if support.changes_arguments {
            continue;
        }
        let mut families = support.families.keys();
        if let (Some(only), None) = (families.next(), families.next()) {
            alone.entry(only).or_default().insert(index);
        }
    }
    alone
}

/// Returns the text of a file of corrections without those at the indices `left_out`.
fn without(corrections: &str, left_out: &BTreeSet<usize>) -> String {
    const START: &str = "\n- rule:";
    let mut parts = corrections.split(START);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        if !left_out.contains(&index) {
            kept.push_str(START);
            kept.push_str(part);
        }
    }
    kept
}

fn summary(family: &str, rules: &[&str], report: &Report) -> String {
    let Report { exchanges, decoded } = report;
    let rules = rules.join(" and ");
    let result = match exchanges.saturating_sub(*decoded) {
        0 => "covered by the others".to_owned(),
        failed => format!("{failed} not covered: widen these rules"),
    };
    format!("{family}: without {rules}: {decoded} of {exchanges} responses decoded; {result}")
}

/// Copies the text files of the workspace.
fn copy_workspace(root: &Path, copy: &Path) -> Result<()> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listed = run_quietly(git.current_dir(root))?;
    for file in listed.lines() {
        // A file that is deleted but still in git's index cannot be read, nor can one that is not text.
        if let Ok(text) = std::fs::read_to_string(root.join(file)) {
            write_if_changed(&copy.join(file), &text)?;
        }
    }
    Ok(())
}

/// Writes a file unless it has this text already: cargo rebuilds by modification time.
fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|current| current == text) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn xtask(verb: &str, openapi: &Path) -> Command {
    let mut command = cargo();
    command.args(["xtask", verb, "--openapi"]).arg(openapi);
    command
}

/// Replays the responses of recordings with the SDK of the workspace `copy`.
fn replay(root: &Path, copy: &Path, paths: &[PathBuf]) -> Result<Report> {
    let mut command = cargo();
    command
        .args(["run", "--quiet", "--package", "katapult-contract"])
        .args(["--bin", "replay", "--", "--responses-only", "--json"])
        .args(paths)
        .current_dir(copy)
        // One target folder for all families, so that dependencies are built once.
        .env("CARGO_TARGET_DIR", root.join("target"));
    let output = command.output().context("cannot run cargo")?;
    // It fails where a response is not decoded, and reports that all the same.
    serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Runs a command and returns what it prints.
fn run_quietly(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_owned();
    let program = Path::new(&program).display();
    let output = command
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{program} {} failed: {}",
            arguments.join(" "),
            stderr.trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use katapult_contract::drift::Support;

    #[test]
    fn correction_of_one_family_is_left_out_for_it() {
        let support = |rule: &str, families: &[&str]| Support {
            rule: rule.to_owned(),
            families: families
                .iter()
                .map(|name| ((*name).to_owned(), 2))
                .collect(),
            unreadable_without: None,
            changes_arguments: rule == "arguments",
        };
        let drift = Drift {
            corrections: vec![
                support("a", &["Lamp", "Boat"]),
                support("b", &["Lamp"]),
                support("c", &[]),
                support("d", &["Lamp"]),
                support("e", &["Boat"]),
                support("arguments", &["Boat"]),
            ],
            ..Drift::default()
        };
        let expected = BTreeMap::from([
            ("Boat", BTreeSet::from([4])),
            ("Lamp", BTreeSet::from([1, 3])),
        ]);
        assert_eq!(supported_alone(&drift), expected);
    }

    #[test]
    fn correction_is_removed_with_its_comment_lines() {
        let file =
            "# Why.\n\n- rule:\n    a: {}\n  evidence: x\n\n- rule:\n    b: {}\n  evidence: y\n";
        assert_eq!(without(file, &BTreeSet::new()), file);
        assert_eq!(
            without(file, &BTreeSet::from([0])),
            "# Why.\n\n- rule:\n    b: {}\n  evidence: y\n"
        );
        assert_eq!(without(file, &BTreeSet::from([0, 1])), "# Why.\n");
    }

    #[test]
    fn summary_names_the_rules_that_are_too_narrow() {
        let of = |decoded| {
            let exchanges = 3;
            let rules = ["envelope", "add: Lamp.{colour}"];
            summary("Lamp", &rules, &Report { exchanges, decoded })
        };
        assert_eq!(
            of(3),
            "Lamp: without envelope and add: Lamp.{colour}: 3 of 3 responses decoded; covered by the others"
        );
        assert!(of(1).ends_with("2 not covered: widen these rules"));
    }
}
