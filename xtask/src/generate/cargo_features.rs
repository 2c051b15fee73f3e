//! The Cargo features of the crates: one per resource.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use katapult_openapi::Schema;

use crate::generate::section;
use crate::generate::usage::users;
use crate::naming::reserved::identifier;
use crate::spec::Document;
use crate::util::fs as files;

const BEGIN: &str = "# One feature per resource, written by `cargo xtask generate`.";
const END: &str = "# End of the generated features.";

/// Features of katapult-gen that a resource enables if its files contain a text: parts of the crate
/// that only some resources need. As in other crates, `__` marks them as private.
const PRIVATE: &[(&str, &str)] = &[("__one-or-many", "one_or_many")];

/// The private feature of resources whose types include a lookup.
const LOOKUP: &str = "__lookup";

/// The private feature of resources whose types include a tagged union.
const TAGGED_UNION: &str = "__tagged-union";

/// The highest number of features that the documentation of an item shows: more hide the item among them.
pub(crate) const MAX_SHOWN: usize = 3;

/// Returns the feature of a resource: `virtual-machines` for `virtual_machines`.
pub(crate) fn name(resource: &str) -> String {
    resource.replace('_', "-")
}

/// Returns the manifests of the crate, and of katapult-core next to it, which passes the
/// features on. `files` are the generated files by name.
pub(crate) fn manifests(
    crate_folder: &Path,
    document: &Document,
    files: &BTreeMap<String, String>,
) -> Result<Vec<(PathBuf, String)>> {
    let resources: BTreeSet<String> = document.resources().into_iter().map(name).collect();
    let mut manifests = Vec::new();
    let own = crate_folder.join("Cargo.toml");
    if own.exists() {
        let all = resources
            .iter()
            .map(|feature| format!("    \"{feature}\",\n"))
            .collect::<String>();
        let lines = own_features(document, files);
        manifests.push((
            own.clone(),
            with_features(&own, &format!("{lines}full = [\n{all}]\n"))?,
        ));
        // A copy of katapult-gen alone, as tests make it, has no such neighbour.
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
            let text = with_features(
                &core,
                &format!("{lines}full = [\n    \"katapult-gen/full\",\n{all}]\n"),
            )?;
            manifests.push((core, text));
        }
    }
    Ok(manifests)
}

/// Returns the features of the resources whose types include a lookup.
pub(crate) fn with_lookup(document: &Document) -> BTreeSet<String> {
    let users = users(document);
    let types = document.types.iter();
    let lookups = types.filter(|(_, schema)| Schema::new(schema, schema).is_lookup());
    let users = lookups.filter_map(|(name, _)| users.get(name));
    users.flatten().map(|resource| name(resource)).collect()
}

/// Returns the lines of katapult-gen's features.
fn own_features(document: &Document, files: &BTreeMap<String, String>) -> String {
    let (users, with_lookup) = (users(document), with_lookup(document));
    let mut lines = String::new();
    for resource in document.resources() {
        let file = format!("{}.rs", identifier(resource));
        let text = files.get(&file).map_or("", String::as_str);
        let by_text = PRIVATE
            .iter()
            .filter(|(_, marker)| text.contains(marker))
            .map(|(feature, _)| *feature);
        let has_tagged_union = document.types.iter().any(|(name, schema)| {
            let is_used = users
                .get(name)
                .is_some_and(|users| users.contains(resource));
            is_used && Schema::new(schema, schema).is_tagged_union()
        });
        let by_type = [
            (LOOKUP, with_lookup.contains(&name(resource))),
            (TAGGED_UNION, has_tagged_union),
        ];
        let by_type = by_type.into_iter().filter(|(_, uses)| *uses);
        let features: BTreeSet<&str> = by_text.chain(by_type.map(|(name, _)| name)).collect();
        let list: Vec<String> = features.iter().map(|name| format!("{name:?}")).collect();
        lines += &format!("{} = [{}]\n", name(resource), list.join(", "));
    }
    // All are declared, since the crate's `cfg`s name them whether a resource enables them or not.
    let private = PRIVATE
        .iter()
        .map(|(name, _)| *name)
        .chain([LOOKUP, TAGGED_UNION]);
    for name in private {
        lines += &format!("{name} = []\n");
    }
    lines
}

/// Returns an error if a hand-written feature names a resource that does not exist: Cargo could not
/// read the manifest.
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
        // `dep:name` and `crate/feature` are not features of this crate.
        let elsewhere = named.contains([':', '/']);
        if !elsewhere && !defined.contains(named) && !resources.contains(named) {
            bail!(
                "a hand-written feature names `{named}`, and the documents have no such resource: remove it, and the code that uses it"
            );
        }
    }
    Ok(())
}

/// Returns the manifest with these generated features.
fn with_features(path: &Path, lines: &str) -> Result<String> {
    section::replaced(path, BEGIN, END, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_written_feature_of_an_unknown_resource_is_refused() {
        let manifest = |list: &str| {
            format!(
                "[package]\n\n[features]\ndefault = [\"spec\", \"tls\", \"tasks\"]\n# \"why\"\n\
                 spec = [\"dep:xml\"]\ntls = [\"http/tls\"]\nflows = [\n    {list}\n]\n{BEGIN}\nzones = []\n{END}\n"
            )
        };
        let resources = BTreeSet::from(["tasks".to_owned(), "disks".to_owned()]);
        check_by_hand(&manifest("\"disks\","), &resources).expect("known resources");
        let error = check_by_hand(&manifest("\"disks\",\n    \"zones\","), &resources)
            .expect_err("an unknown resource");
        assert!(error.to_string().contains("names `zones`"), "{error}");
    }
}
