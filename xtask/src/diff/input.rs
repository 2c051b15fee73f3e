//! Reads the documents to compare: canonical ones, or upstream ones that are converted in memory.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use katapult_openapi::Api;
use serde_json::Value;

use crate::diff::facts::Facts;
use crate::spec::Document;
use crate::util::fs;
use crate::vendor;

/// The canonical documents of one side of a comparison.
pub(crate) struct Source {
    /// The version that the core document states.
    pub(crate) version: String,
    pub(crate) document: Document,
    pub(crate) facts: Facts,
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
    // A canonical document differs from an upstream one in form, so a mixture would report every item as changed.
    let canonical = documents
        .iter()
        .filter(|document| katapult_openapi::Document::is_canonical(document))
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
    united(documents).with_context(|| match canonical {
        0 => format!(
            "{} cannot be made canonical: pin another name in names.yaml, or correct it in corrections.yaml",
            place.display()
        ),
        _ => format!(
            "{} is not a valid canonical document: make it again with `cargo xtask vendor --core FILE --public FILE --openapi {}`",
            place.display(),
            core.parent().unwrap_or(place).display()
        ),
    })
}

/// Unites the core and the public document.
fn united(documents: [Value; 2]) -> Result<Source> {
    let mut source = Source {
        version: "unknown".to_owned(),
        document: Document::default(),
        facts: Facts::default(),
    };
    for (api, value) in Api::ALL.into_iter().zip(documents) {
        source.facts.add(&value);
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
        // Both documents have the version in their names, so only the API differs.
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
