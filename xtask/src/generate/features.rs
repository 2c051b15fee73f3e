//! The Cargo features of the crates: one a resource, kept in step with the documents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::files;
use crate::generate::document::Document;

const BEGIN: &str = "# One feature a resource, kept by `cargo xtask generate`.";
const END: &str = "# End of what is kept.";

/// The feature of a resource: `virtual_machines` → `virtual-machines`.
pub(crate) fn name(resource: &str) -> String {
    resource.replace('_', "-")
}

/// The manifests of the crate around `folder`, and of the crate beside it that passes its features on.
pub(crate) fn manifests(folder: &Path, document: &Document) -> Result<Vec<(PathBuf, String)>> {
    let resources: BTreeSet<String> = document
        .operations
        .values()
        .map(|operation| name(operation.fact("resource")))
        .collect();
    let Some(crate_folder) = folder.parent().and_then(Path::parent) else {
        return Ok(Vec::new());
    };
    let mut manifests = Vec::new();
    let own = crate_folder.join("Cargo.toml");
    if own.exists() {
        let lines = resources
            .iter()
            .map(|feature| format!("{feature} = []\n"))
            .collect::<String>();
        let all = resources
            .iter()
            .map(|feature| format!("    \"{feature}\",\n"))
            .collect::<String>();
        manifests.push((
            own.clone(),
            replaced(&own, &format!("{lines}full = [\n{all}]\n"))?,
        ));
        let core = crate_folder
            .parent()
            .map(|folder| folder.join("katapult-core").join("Cargo.toml"));
        if let Some(core) = core.filter(|core| core.exists()) {
            let lines = resources
                .iter()
                .map(|feature| format!("{feature} = [\"katapult-gen/{feature}\"]\n"))
                .collect::<String>();
            let text = replaced(
                &core,
                &format!("{lines}full = [\n    \"katapult-gen/full\",\n{all}]\n"),
            )?;
            manifests.push((core, text));
        }
    }
    Ok(manifests)
}

fn replaced(path: &Path, lines: &str) -> Result<String> {
    let text = files::read(path)?;
    let begin = text.find(BEGIN).with_context(|| {
        format!(
            "{} has no line `{BEGIN}` under [features]: add it, and `{END}` below it",
            path.display()
        )
    })?;
    let Some(length) = text[begin..].find(END) else {
        bail!(
            "{} has no line `{END}` after `{BEGIN}`: add it",
            path.display()
        );
    };
    Ok(format!(
        "{}{BEGIN}\n{lines}{}",
        &text[..begin],
        &text[begin + length..]
    ))
}
