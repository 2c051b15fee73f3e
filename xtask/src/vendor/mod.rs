//! `cargo xtask vendor`: the publisher's documents → the canonical ones.

mod canonical;
mod corrections;
mod model;
mod names;
mod naming;
mod upstream;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::files;

/// Reads both documents, and writes both and the names; all of them or none.
///
/// `repository` is the folder whose names and corrections hold where `folder` has none of its own.
pub(crate) fn run(core: &str, public: &str, folder: &Path, repository: &Path) -> Result<ExitCode> {
    files::check_folder(folder)?;
    let ours = |file: &str| {
        let own = folder.join(file);
        if own.exists() {
            own
        } else {
            repository.join(file)
        }
    };
    let mut names = names::Names::load(&ours("names.yaml"))?;
    let corrections_text = ours("corrections.yaml");
    let corrections = corrections::load(&corrections_text)?;
    let mut tally = corrections::Tally::default();
    let mut written: Vec<(PathBuf, String)> = Vec::new();
    for (api, source) in [("core", core), ("public", public)] {
        let upstream = upstream::read(source, &fetch(source)?)?;
        let mut model = naming::name(api, &upstream, &mut names)?;
        tally.apply(&corrections, &upstream, &mut model)?;
        let document = sorted(canonical::write(api, &upstream, &model)?);
        let text = serde_json::to_string_pretty(&document)?;
        written.push((folder.join(format!("katapult-{api}.json")), text + "\n"));
        println!(
            "{api}: {} operations, {} error codes",
            model.operations.len(),
            model.codes.len()
        );
    }
    tally.check(&corrections, &corrections_text)?;
    names
        .check()
        .context("a name made by rule does not do: pin another in names.yaml")?;
    for added in &names.added {
        println!("named by rule: {added}");
    }
    written.push((folder.join("names.yaml"), names.to_yaml()?));
    if corrections_text.exists() && folder != repository {
        written.push((
            folder.join("corrections.yaml"),
            files::read(&corrections_text)?,
        ));
    }
    files::write_all(&written)?;
    println!("wrote {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

/// A document's text, from a file or from the web.
fn fetch(source: &str) -> Result<String> {
    if source.starts_with("https://") || source.starts_with("http://") {
        let get = || reqwest::blocking::get(source)?.error_for_status()?.text();
        return get().with_context(|| {
            format!("cannot fetch {source}: check the address and the network, or give a file")
        });
    }
    files::read(Path::new(source))
}

/// The same value with every object's keys in order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(
                fields
                    .into_iter()
                    .map(|(key, value)| (key, sorted(value)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
