//! `descriptions.yaml`: our own words for the documentation.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::util::fs;

/// The name of the file, in the folder of the canonical documents.
pub(crate) const FILE: &str = "descriptions.yaml";

/// Words for the documentation. What is not in the documents, such as a resource that is gone, is ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Descriptions {
    /// What people search for, by resource or by operation.
    #[serde(default)]
    aliases: BTreeMap<String, Vec<String>>,
    /// Methods that katapult-core has for the call of an operation, besides those of its roles.
    #[serde(default)]
    methods: BTreeMap<String, Vec<String>>,
}

impl Descriptions {
    /// Reads the file in a folder. A missing file has no descriptions.
    pub(super) fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        serde_saphyr::from_str(&fs::read(&path)?).with_context(|| {
            format!(
                "{}: unknown section, or invalid key or value: correct the line named below",
                path.display()
            )
        })
    }

    /// Returns what people search for when they mean this resource or operation.
    pub(crate) fn aliases(&self, id: &str) -> &[String] {
        self.aliases.get(id).map_or(&[], Vec::as_slice)
    }

    /// Returns the methods of katapult-core for the call of this operation, besides those of its roles.
    pub(crate) fn methods(&self, id: &str) -> &[String] {
        self.methods.get(id).map_or(&[], Vec::as_slice)
    }

    /// Returns the resources and operations that have a description.
    #[cfg(test)]
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.aliases
            .keys()
            .chain(self.methods.keys())
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::spec;
    use crate::util::fs;

    #[test]
    fn everything_described_is_in_the_documents() {
        let root = fs::workspace_root().expect("the workspace");
        let document = spec::load(&root.join("openapi")).expect("the documents");
        let resources = document.resources().into_iter();
        let known: BTreeSet<&str> = resources
            .chain(document.operations.keys().map(String::as_str))
            .collect();
        let unknown: Vec<&str> = document
            .descriptions
            .ids()
            .filter(|id| !known.contains(id))
            .collect();
        assert!(
            unknown.is_empty(),
            "remove them from descriptions.yaml: {unknown:?}"
        );
    }
}
