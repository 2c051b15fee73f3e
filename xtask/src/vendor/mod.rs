//! `cargo xtask vendor`: the publisher's documents → the canonical ones.

mod assign_names;
mod canonical;
mod corrections;
mod model;
mod pinned_names;
mod upstream;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::util::fs;

/// Canonical documents with their names, not yet written.
pub(crate) struct Vendored {
    /// The core and the public document.
    pub(crate) documents: [Value; 2],
    /// `names.yaml` with what was named by rule.
    names: String,
    /// What was named by rule.
    pub(crate) added: Vec<String>,
}

/// Reads both documents, and writes both and the names; all of them or none. Gives what was named by rule.
///
/// `repository` is the folder whose names and corrections hold where `folder` has none of its own.
pub(crate) fn run(
    core: &str,
    public: &str,
    folder: &Path,
    repository: &Path,
) -> Result<Vec<String>> {
    fs::check_folder(folder)?;
    let ours = |file: &str| {
        let own = folder.join(file);
        if own.exists() {
            own
        } else {
            repository.join(file)
        }
    };
    let corrections = ours("corrections.yaml");
    let made = make(core, public, &ours("names.yaml"), &corrections)?;
    let mut written: Vec<(PathBuf, String)> = Vec::new();
    for (api, document) in ["core", "public"].into_iter().zip(&made.documents) {
        let text = serde_json::to_string_pretty(document)? + "\n";
        written.push((folder.join(format!("katapult-{api}.json")), text));
        let count = |value: &Value| value.as_object().map_or(0, serde_json::Map::len);
        let paths = document["paths"].as_object().into_iter().flatten();
        println!(
            "{api}: {} operations, {} error codes",
            paths.map(|(_, path)| count(path)).sum::<usize>(),
            count(&document["x-katapult-error-codes"])
        );
    }
    for added in &made.added {
        println!("named by rule: {added}");
    }
    written.push((folder.join("names.yaml"), made.names));
    if corrections.exists() && folder != repository {
        written.push((folder.join("corrections.yaml"), fs::read(&corrections)?));
    }
    fs::write_all(&written)?;
    println!("wrote {}", folder.display());
    Ok(made.added)
}

/// Makes the canonical documents of the publisher's, by files of names and corrections. Writes nothing.
pub(crate) fn make(
    core: &str,
    public: &str,
    names_file: &Path,
    corrections_file: &Path,
) -> Result<Vendored> {
    let mut names = pinned_names::Names::load(names_file)?;
    let corrections = corrections::load(corrections_file)?;
    let mut tally = corrections::Tally::default();
    let mut document = |api: &'static str, source: &str| -> Result<Value> {
        let upstream = upstream::read(source, &fetch(source)?)?;
        let mut model = assign_names::name(api, &upstream, &mut names)?;
        tally.apply(&corrections, &upstream, &mut model)?;
        Ok(sorted(canonical::write(api, &upstream, &model)?))
    };
    let documents = [document("core", core)?, document("public", public)?];
    tally.check(&corrections, corrections_file)?;
    names
        .check()
        .context("a name made by rule does not do: pin another in names.yaml")?;
    Ok(Vendored {
        documents,
        names: names.to_yaml()?,
        added: names.added,
    })
}

/// A document's text, from a file or from the web.
fn fetch(source: &str) -> Result<String> {
    if source.starts_with("https://") || source.starts_with("http://") {
        let get = || reqwest::blocking::get(source)?.error_for_status()?.text();
        return get().with_context(|| {
            format!("cannot fetch {source}: check the address and the network, or give a file")
        });
    }
    fs::read(Path::new(source))
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
