//! Reads the documents to compare: canonical ones, or upstream ones that are converted in memory.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::generate::document::Document;
use crate::util::fs;
use crate::vendor;

/// The canonical documents of one side of a comparison.
pub(crate) struct Source {
    pub(crate) documents: [Value; 2],
    pub(crate) document: Document,
}

impl Source {
    /// Returns the version that the core document states.
    pub(crate) fn version(&self) -> &str {
        self.documents[0]["info"]["version"]
            .as_str()
            .unwrap_or("unknown")
    }
}

/// Reads a folder with a core and a public document, or a core document's file and the public one in the same folder.
/// Upstream documents are converted with the names and corrections of `openapi`.
pub(crate) fn read(place: &Path, openapi: &Path) -> Result<Source> {
    let (core, public) = pair(place)?;
    let texts = [fs::read(&core)?, fs::read(&public)?];
    let mut documents = Vec::new();
    for (path, text) in [&core, &public].into_iter().zip(&texts) {
        let document: Value = serde_json::from_str(text).with_context(|| {
            format!(
                "{} is not JSON: give an upstream document or a canonical one",
                path.display()
            )
        })?;
        documents.push(document);
    }
    let canonical = documents
        .iter()
        .filter(|document| document.get("x-katapult-error-codes").is_some())
        .count();
    let documents: [Value; 2] = match (canonical, <[Value; 2]>::try_from(documents)) {
        (2, Ok(documents)) => documents,
        (0, _) => {
            vendor::convert(
                text(&core)?,
                text(&public)?,
                &openapi.join("names.yaml"),
                &openapi.join("corrections.yaml"),
            )?
            .documents
        }
        _ => bail!(
            "one of {} and {} is canonical and the other is an upstream document: give two of one kind",
            core.display(),
            public.display()
        ),
    };
    let mut document = Document::default();
    for (api, value) in ["core", "public"].into_iter().zip(&documents) {
        document.add(api, value).with_context(|| {
            format!(
                "{} is not a valid canonical document: run `cargo xtask vendor --core FILE --public FILE --openapi {}`",
                place.display(),
                core.parent().unwrap_or(place).display()
            )
        })?;
    }
    Ok(Source {
        documents,
        document,
    })
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{}: the path is not valid UTF-8: rename it", path.display()))
}

/// Returns the files of the core and the public document.
fn pair(place: &Path) -> Result<(PathBuf, PathBuf)> {
    if !place.is_dir() {
        let name = place
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        if !name.contains("core") {
            bail!(
                "{}: give the core document, named …core….json, with the public one in the same folder, named the same with `public`; or a folder with one of each",
                place.display()
            );
        }
        return Ok((
            place.to_owned(),
            place.with_file_name(name.replacen("core", "public", 1)),
        ));
    }
    let mut found: [Vec<PathBuf>; 2] = [Vec::new(), Vec::new()];
    for entry in std::fs::read_dir(place)
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
                "{} has no file …{api}….json: give a folder with a core and a public document",
                place.display()
            ),
            several => bail!(
                "{} has {} files …{api}….json: give the core document's file instead",
                place.display(),
                several.len()
            ),
        }
    };
    Ok((one(0, "core")?, one(1, "public")?))
}
