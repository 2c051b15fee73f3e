//! `cargo xtask prove`: whether the corrections are wide enough to have foreseen each family of recordings.
//!
//! For each family, the corrections that only its own recordings support are switched off in a copy of the
//! workspace; what is generated there must read the family's responses all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::util::{cargo, fs as files};
use crate::{generate, vendor};

/// What `replay --drift --json` tells, as far as it is used here.
#[derive(Deserialize)]
struct Drift {
    corrections: Vec<Support>,
    families: BTreeMap<String, Vec<PathBuf>>,
}

#[derive(Deserialize)]
struct Support {
    rule: String,
    families: BTreeMap<String, usize>,
}

/// What `replay --json` tells, as far as it is used here.
#[derive(Deserialize)]
struct Replayed {
    exchanges: usize,
    decoded: usize,
}

/// Proves it, and prints a table. Fails where a family could not have been read.
pub(crate) fn run(
    root: &Path,
    core: &str,
    public: &str,
    recordings: Option<&Path>,
) -> Result<ExitCode> {
    let recordings = recordings.context("there are no recordings: give --recordings DIR")?;
    let path = recordings.canonicalize();
    let recordings = path.with_context(|| format!("cannot read {}", recordings.display()))?;
    let said = replay(
        root,
        root,
        &["--drift".as_ref(), "--json".as_ref(), recordings.as_ref()],
    )?;
    let drift: Drift = serde_json::from_str(&said)
        .with_context(|| format!("replay --drift failed: {}", last_line(&said)))?;
    let alone = alone(&drift);
    let copy = root.join("target").join("xtask-prove");
    let corrections = files::read(&root.join("openapi").join("corrections.yaml"))?;
    let mut narrow = 0;
    let mut table = Vec::new();
    for (family, paths) in &drift.families {
        let Some(off) = alone.get(family.as_str()) else {
            table.push(format!("{family}: no correction rests on it alone"));
            continue;
        };
        make_copy(root, &copy)?;
        let openapi = copy.join("openapi");
        let kept = without(&corrections, off);
        files::write_all(&[(openapi.join("corrections.yaml"), kept)])?;
        vendor::run(core, public, &openapi, &openapi)?;
        generate::run(&openapi, &copy.join("katapult-gen"), false)?;
        let mut arguments = vec!["--responses-only".as_ref(), "--json".as_ref()];
        arguments.extend(paths.iter().map(|path| path.as_os_str()));
        let said = replay(root, &copy, &arguments)?;
        let replayed: Replayed = serde_json::from_str(&said).with_context(|| {
            format!(
                "{family}: what is generated does not work: {}",
                last_line(&said)
            )
        })?;
        let rules: Vec<&str> = off
            .iter()
            .map(|index| drift.corrections[*index].rule.as_str())
            .collect();
        table.push(verdict(family, &rules, &replayed));
        narrow += usize::from(replayed.decoded < replayed.exchanges);
    }
    println!("\n{}", table.join("\n"));
    println!(
        "\n{} families, {} that support a correction alone, {narrow} that could not have been foreseen",
        drift.families.len(),
        alone.len()
    );
    Ok(match narrow {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The corrections that each family supports alone, by their place in the file.
fn alone(drift: &Drift) -> BTreeMap<&str, BTreeSet<usize>> {
    let mut alone: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (index, support) in drift.corrections.iter().enumerate() {
        let mut families = support.families.keys();
        if let (Some(only), None) = (families.next(), families.next()) {
            alone.entry(only).or_default().insert(index);
        }
    }
    alone
}

/// The file of corrections without some of them.
fn without(corrections: &str, off: &BTreeSet<usize>) -> String {
    const BEGIN: &str = "\n- rule:";
    let mut parts = corrections.split(BEGIN);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        if !off.contains(&index) {
            kept.push_str(BEGIN);
            kept.push_str(part);
        }
    }
    kept
}

fn verdict(family: &str, rules: &[&str], replayed: &Replayed) -> String {
    let Replayed { exchanges, decoded } = replayed;
    let failed = exchanges.saturating_sub(*decoded);
    let judged = match failed {
        0 => "foreseen".to_owned(),
        failed => format!("{failed} could not have been foreseen: state these rules more widely"),
    };
    format!(
        "{family}: without {}: {decoded} of {exchanges} responses are read; {judged}",
        rules.join(" and ")
    )
}

/// Copies what belongs to the workspace; what is as it was is not touched, so that cargo need not build it again.
fn make_copy(root: &Path, copy: &Path) -> Result<()> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot run git: install it")?;
    if !listed.status.success() {
        bail!("{} is no repository of git", root.display());
    }
    let mut texts = Vec::new();
    for file in String::from_utf8_lossy(&listed.stdout).lines() {
        if let Ok(text) = std::fs::read_to_string(root.join(file)) {
            texts.push((copy.join(file), text));
        }
    }
    files::write_all(&texts)
}

/// What `replay` of a workspace prints, or what went wrong instead.
fn replay(root: &Path, workspace: &Path, arguments: &[&std::ffi::OsStr]) -> Result<String> {
    let mut command = cargo::in_folder(workspace);
    command
        .args([
            "run",
            "--quiet",
            "--package",
            "katapult-contract",
            "--bin",
            "replay",
            "--",
        ])
        .args(arguments)
        .env("CARGO_TARGET_DIR", root.join("target"));
    let done = cargo::output(&mut command)?;
    let said = if done.stdout.is_empty() {
        done.stderr
    } else {
        done.stdout
    };
    Ok(String::from_utf8_lossy(&said).into_owned())
}

fn last_line(text: &str) -> &str {
    text.trim_end()
        .lines()
        .last()
        .unwrap_or("it printed nothing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rests_on_one_family_is_switched_off_for_it() {
        let drift: Drift = serde_json::from_value(serde_json::json!({
            "corrections": [
                { "rule": "a", "families": { "Lamp": 2, "Boat": 1 } },
                { "rule": "b", "families": { "Lamp": 7 } },
                { "rule": "c", "families": {} },
                { "rule": "d", "families": { "Lamp": 1 } },
                { "rule": "e", "families": { "Boat": 1 } },
            ],
            "families": { "Boat": [], "Lamp": [], "Tag": [] },
        }))
        .unwrap();
        let expected = BTreeMap::from([
            ("Boat", BTreeSet::from([4])),
            ("Lamp", BTreeSet::from([1, 3])),
        ]);
        assert_eq!(alone(&drift), expected);
    }

    #[test]
    fn corrections_are_left_out_whole() {
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
    fn a_family_that_is_not_read_whole_tells_which_rules_are_too_narrow() {
        let of = |decoded| {
            let replayed = Replayed {
                exchanges: 3,
                decoded,
            };
            verdict("Lamp", &["envelope", "add: Lamp.{colour}"], &replayed)
        };
        assert_eq!(
            of(3),
            "Lamp: without envelope and add: Lamp.{colour}: 3 of 3 responses are read; foreseen"
        );
        assert!(of(1).ends_with("2 could not have been foreseen: state these rules more widely"));
    }
}
