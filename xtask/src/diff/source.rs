//! What is compared: canonical documents as they lie there, or the publisher's, made canonical in memory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use katapult_openapi::Api;
use serde_json::Value;

use crate::generate::document::Document;
use crate::{files, vendor};

/// Both canonical documents of one side.
pub(crate) struct Source {
    /// The version that the core document states.
    pub(crate) version: String,
    pub(crate) document: Document,
}

/// Reads a folder with a core and a public document, or a core document's file with the public one beside it.
/// The publisher's documents take their names and corrections from `openapi`.
pub(crate) fn read(place: &Path, openapi: &Path) -> Result<Source> {
    let (core, public) = pair(place)?;
    let texts = [files::read(&core)?, files::read(&public)?];
    let mut documents = Vec::new();
    for (path, text) in [&core, &public].into_iter().zip(&texts) {
        let document: Value = serde_json::from_str(text).with_context(|| {
            format!(
                "{} is not JSON: give the publisher's document, or a canonical one",
                path.display()
            )
        })?;
        documents.push(document);
    }
    let canonical = documents
        .iter()
        .filter(|document| katapult_openapi::Document::is_canonical(document))
        .count();
    let documents: [Value; 2] = match (canonical, <[Value; 2]>::try_from(documents)) {
        (2, Ok(documents)) => documents,
        (0, _) => {
            vendor::make(
                text(&core)?,
                text(&public)?,
                &openapi.join("names.yaml"),
                &openapi.join("corrections.yaml"),
            )?
            .documents
        }
        _ => bail!(
            "one of {} and {} is canonical and the other is the publisher's: give two of a kind",
            core.display(),
            public.display()
        ),
    };
    united(documents).with_context(|| {
        format!(
            "{} gives no canonical document: run `cargo xtask vendor --core FILE --public FILE --openapi {}`",
            place.display(),
            core.parent().unwrap_or(place).display()
        )
    })
}

fn united(documents: [Value; 2]) -> Result<Source> {
    let mut source = Source {
        version: "unknown".to_owned(),
        document: Document::default(),
    };
    for (api, value) in Api::ALL.into_iter().zip(documents) {
        let document = katapult_openapi::Document::from_json(api, value)?;
        source.document.add(&document)?;
        if let (Api::Core, Some(version)) = (api, document.version()) {
            version.clone_into(&mut source.version);
        }
    }
    Ok(source)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is no text: rename it", path.display()))
}

/// The core and the public document's files.
fn pair(place: &Path) -> Result<(PathBuf, PathBuf)> {
    if !place.is_dir() {
        let name = place
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        if !name.contains("core") {
            bail!(
                "{}: give the core document, called …core….json, with the public one beside it, called the same with `public`; or a folder that holds one of each",
                place.display()
            );
        }
        return Ok((
            place.to_owned(),
            place.with_file_name(name.replacen("core", "public", 1)),
        ));
    }
    let mut found: [Vec<PathBuf>; 2] = [Vec::new(), Vec::new()];
    for entry in fs::read_dir(place)
        .with_context(|| format!("cannot read the folder {}", place.display()))?
    {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        if name.ends_with(".json") {
            for (api, found) in ["core", "public"].into_iter().zip(&mut found) {
                if name.contains(api) {
                    found.push(path.clone());
                }
            }
        }
    }
    let mut one = |at: usize, api: &str| -> Result<PathBuf> {
        found[at].sort();
        match found[at].as_slice() {
            [only] => Ok(only.clone()),
            [] => bail!(
                "{} holds no …{api}….json: give a folder with a core and a public document",
                place.display()
            ),
            several => bail!(
                "{} holds {} documents called …{api}….json: give the core document's file instead",
                place.display(),
                several.len()
            ),
        }
    };
    Ok((one(0, "core")?, one(1, "public")?))
}
