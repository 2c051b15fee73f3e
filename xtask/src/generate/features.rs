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
        .map(|operation| name(&operation.spec.resource))
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
            check_by_hand(&files::read(&core)?, &resources)
                .with_context(|| core.display().to_string())?;
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

/// Whether the features that are written by hand name only what is there: else no cargo could read the manifest.
fn check_by_hand(manifest: &str, resources: &BTreeSet<String>) -> Result<()> {
    let features = manifest
        .split_once("[features]\n")
        .map_or("", |(_, rest)| rest);
    let by_hand = features
        .split_once(BEGIN)
        .map_or(features, |(before, _)| before);
    let lines = || by_hand.lines().filter(|line| !line.starts_with('#'));
    let defined: BTreeSet<&str> = lines()
        .filter_map(|line| Some(line.split_once(" = [")?.0))
        .collect();
    for named in lines().flat_map(|line| line.split('"').skip(1).step_by(2)) {
        let elsewhere = named.contains([':', '/']);
        if !elsewhere && !defined.contains(named) && !resources.contains(named) {
            bail!(
                "a feature that is written by hand names `{named}`, and the documents have no such resource: take it out, and follow in the code that uses it"
            );
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_that_is_gone_is_not_named_by_hand() {
        let manifest = |list: &str| {
            format!(
                "[package]\n\n[features]\ndefault = [\"spec\", \"tls\", \"tasks\"]\n# \"why\"\n\
                 spec = [\"dep:xml\"]\ntls = [\"http/tls\"]\nflows = [\n    {list}\n]\n{BEGIN}\nzones = []\n{END}\n"
            )
        };
        let resources = BTreeSet::from(["tasks".to_owned(), "disks".to_owned()]);
        for (list, gone) in [
            ("\"disks\",", None),
            ("\"disks\",\n    \"zones\",", Some("names `zones`")),
        ] {
            let said =
                check_by_hand(&manifest(list), &resources).map_err(|error| error.to_string());
            assert_eq!(said.is_err(), gone.is_some(), "{list}");
            assert!(
                gone.is_none_or(|gone| said.is_err_and(|said| said.contains(gone))),
                "{list}"
            );
        }
    }
}
