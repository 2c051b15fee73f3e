//! The generated files: one of operations and one of types a resource, one of types that several share, the
//! catalogue of errors, and the list of all.

mod error_codes;
mod list;
mod print;
mod resource;
mod types;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use syn::ItemStruct;

use crate::generate::document::{Document, is_ours};
use crate::generate::prepare;
use crate::generate::progenitor::{self, Generated};
use crate::generate::types::{Ways, finish};
use crate::text::identifier;

pub(crate) use print::HEADER;

/// All files by name.
pub(crate) fn files(document: &Document) -> Result<BTreeMap<String, String>> {
    let ours = document.types.iter().filter(|(_, schema)| is_ours(schema));
    let generated = progenitor::run(
        &prepare::prepare(document)?,
        ours.map(|(name, _)| name.as_str()),
    )?;
    let emitter = Emitter {
        document,
        generated,
        uses: usage::uses(document),
        ways: usage::ways(document),
    };
    let mut files = BTreeMap::new();
    for resource in emitter.resources() {
        files.insert(
            format!("{}.rs", identifier(&resource)),
            emitter.resource(&resource)?,
        );
        if let Some(types) = emitter.own_types(&resource)? {
            files.insert(format!("types/{}.rs", identifier(&resource)), types);
        }
    }
    files.insert("types.rs".to_owned(), emitter.shared_types()?);
    files.insert("error_codes.rs".to_owned(), emitter.error_codes()?);
    files.insert("mod.rs".to_owned(), emitter.list()?);
    Ok(files)
}

struct Emitter<'a> {
    document: &'a Document,
    generated: Generated,
    /// The resources that use each type; none for a type that every build has.
    uses: BTreeMap<String, BTreeSet<String>>,
    ways: BTreeMap<String, Ways>,
}

impl Emitter<'_> {
    /// The types that only this resource uses.
    fn only_of(&self, resource: &str) -> Vec<&str> {
        let uses = self.uses.iter();
        uses.filter(|(_, users)| users.len() == 1 && users.contains(resource))
            .map(|(name, _)| name.as_str())
            .collect()
    }

    fn resources(&self) -> BTreeSet<String> {
        self.document
            .operations
            .values()
            .map(|operation| operation.spec.resource.clone())
            .collect()
    }

    fn structure(&self, name: &str) -> Result<ItemStruct> {
        self.generated
            .structs
            .get(name)
            .cloned()
            .with_context(|| {
                format!(
                    "progenitor made no struct of {name}: pin a name whose only capitals begin words, like IpAddress"
                )
            })
    }

    fn finished(&self, name: &str) -> Result<ItemStruct> {
        let ways = self.ways.get(name).copied().unwrap_or_default();
        Ok(finish(self.structure(name)?, ways))
    }
}
