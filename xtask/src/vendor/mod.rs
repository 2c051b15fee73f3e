//! `cargo xtask vendor`: converts the upstream documents to the canonical ones.

mod assign_names;
mod canonical;
mod classes;
mod corrections;
mod lookups;
mod model;
mod nested_fields;
mod object_types;
mod operation_name;
mod pinned_names;
mod pinned_operations;
mod query_form;
mod query_parameters;
mod required_arguments;
mod roles;
mod secrets;
mod survey;
mod tagged_unions;
mod upstream;
mod wait_states;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::naming::reserved::taken_resource;
use crate::util::fs;
use crate::{generate, spec};

/// The canonical documents and their names, before they are written.
pub(crate) struct Vendored {
    /// The core and the public document.
    pub(crate) documents: [Value; 2],
    /// The text of `names.yaml`, with the names that were made by rule.
    names: String,
    /// The pins that the documents no longer have, one line each.
    stale: Vec<String>,
    /// The names that were made by rule in this run, one line each.
    pub(crate) added: Vec<String>,
    /// Each thing that is dropped or becomes a raw JSON value, one line each.
    notes: Vec<String>,
}

/// Reads both upstream documents and writes the canonical ones and the names into `folder`. Returns the names that were
/// made by rule.
///
/// `repository` is the folder of the names and corrections that are used if `folder` has none of its own.
pub(crate) fn run(
    core: &str,
    public: &str,
    folder: &Path,
    repository: &Path,
) -> Result<Vec<String>> {
    // Before the documents are read, since a download can take long.
    fs::check_folder(folder)?;
    let own_or_ours = |file: &str| {
        let own = folder.join(file);
        if own.exists() {
            own
        } else {
            repository.join(file)
        }
    };
    let corrections = own_or_ours("corrections.yaml");
    let vendored = convert(core, public, &own_or_ours("names.yaml"), &corrections)?;
    // The generator refuses what Rust cannot express, which must be known before anything is written.
    spec::unite(&vendored.documents)
        .and_then(|document| generate::sources(&document))
        .context("no code can be generated from the documents")?;
    let mut written: Vec<(PathBuf, String)> = Vec::new();
    for (api, document) in ["core", "public"].into_iter().zip(&vendored.documents) {
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
    for note in &vendored.notes {
        println!("note: {note}");
    }
    for added in &vendored.added {
        println!("named by rule: {added}");
    }
    for stale in &vendored.stale {
        println!("pinned but not in the documents: {stale}");
    }
    written.push((folder.join("names.yaml"), vendored.names));
    // A folder of its own gets a copy, so that its next run does not depend on the repository.
    if corrections.exists() && folder != repository {
        written.push((folder.join("corrections.yaml"), fs::read(&corrections)?));
    }
    fs::write_all(&written)?;
    println!("wrote {}", folder.display());
    Ok(vendored.added)
}

/// Converts the upstream documents by the given files of names and corrections. Writes nothing.
pub(crate) fn convert(
    core: &str,
    public: &str,
    names_file: &Path,
    corrections_file: &Path,
) -> Result<Vendored> {
    let mut names = pinned_names::Names::load(names_file)?;
    let corrections = corrections::load(corrections_file)?;
    let ignored = corrections::ignored(&corrections);
    let mut notes = Vec::new();
    let mut correction_use = corrections::CorrectionUse::default();
    let mut core = upstream::read(core, &fetch(core)?, &ignored)?;
    let mut public = upstream::read(public, &fetch(public)?, &ignored)?;
    // Before types are named, since two places share the type of a request only if their schema is the same.
    let mut operations = names.clone();
    for (api, upstream) in [("core", &mut core), ("public", &mut public)] {
        let operations = operations.operations_of(api, upstream);
        correction_use.require_arguments(&corrections, upstream, &operations);
    }
    // First the pinned places of both documents, so that nothing new takes the name of one that comes later.
    let mut pinned = names.clone();
    for (api, upstream) in [("core", &core), ("public", &public)] {
        assign_names::name(api, upstream, &mut pinned)?;
    }
    names.known = Some(pinned.survey);
    let mut document = |api: &'static str, upstream: &upstream::Upstream| -> Result<Value> {
        notes.extend(upstream.notes.iter().map(|note| format!("{api}: {note}")));
        let mut model = assign_names::name(api, upstream, &mut names)?;
        correction_use.apply(&corrections, upstream, &mut model)?;
        notes.extend(model.notes.iter().map(|note| format!("{api}: {note}")));
        notes.extend(model.undistinguished().map(|place| {
            format!(
                "{api}: {place}: becomes a raw JSON value: a `oneOf` whose kinds no correction distinguishes (rule `polymorph`)"
            )
        }));
        let mut canonical = canonical::write(api, upstream, &model)?;
        upstream.carried.add_to(&mut canonical);
        Ok(sorted(canonical))
    };
    let mut documents = [document("core", &core)?, document("public", &public)?];
    // Over both documents, since a correction may concern only one of them.
    correction_use.check(&corrections, corrections_file)?;
    for (place, name) in &names.operations {
        let resource = name.split('.').next().unwrap_or(name);
        if let Some(what) = taken_resource(resource) {
            anyhow::bail!(
                "operation {place}: the resource {resource} has the name of {what}: pin another name for the operation in names.yaml, as `{place}: other_{name}`"
            );
        }
    }
    // The names of the file were checked when it was read: an error here is about a name made by rule.
    names
        .check()
        .context("a name made by rule cannot be used: pin another one in names.yaml")?;
    nested_fields::pin(&mut names.nested, &mut documents);
    Ok(Vendored {
        stale: names.stale(),
        documents: documents.map(sorted),
        names: names.to_yaml()?,
        added: names.added,
        notes,
    })
}

/// Reads a document's text from a file or a URL.
fn fetch(source: &str) -> Result<String> {
    if source.starts_with("https://") || source.starts_with("http://") {
        let get = || reqwest::blocking::get(source)?.error_for_status()?.text();
        return get().with_context(|| {
            format!("cannot fetch {source}: check the address and the network, or give a file")
        });
    }
    fs::read(Path::new(source))
}

/// Sorts the keys of every object, so that the same facts give the same bytes.
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
