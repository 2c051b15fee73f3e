//! The parsed modules of a crate.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use syn::{Attribute, Item, Meta, Visibility};

use crate::util::fs;

pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) public: bool,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) items: Vec<Item>,
    pub(crate) modules: Vec<Module>,
}

impl Module {
    pub(crate) fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.name == name)
    }

    /// Returns this module and all modules in it.
    pub(crate) fn all(&self) -> Vec<&Module> {
        let mut all = vec![self];
        all.extend(self.modules.iter().flat_map(Module::all));
        all
    }
}

/// Parses the crate whose `lib.rs` is in `src`.
pub(crate) fn read(src: &Path) -> Result<Module> {
    module(&src.join("lib.rs"), src, String::new(), true, Vec::new())
}

fn module(
    file: &Path,
    folder: &Path,
    name: String,
    public: bool,
    attributes: Vec<Attribute>,
) -> Result<Module> {
    let parsed = syn::parse_file(&fs::read(file)?).with_context(|| {
        format!(
            "{} is not valid Rust: build the crate to see the error",
            file.display()
        )
    })?;
    build(parsed.items, folder, name, public, attributes)
}

fn build(
    items: Vec<Item>,
    folder: &Path,
    name: String,
    public: bool,
    attributes: Vec<Attribute>,
) -> Result<Module> {
    let mut kept = Vec::new();
    let mut modules = Vec::new();
    for item in items {
        let Item::Mod(item) = item else {
            kept.push(item);
            continue;
        };
        if is_for_tests(&item.attrs) {
            continue;
        }
        let name = item.ident.to_string();
        let public = matches!(item.vis, Visibility::Public(_));
        let below = folder.join(&name);
        modules.push(match item.content {
            Some((_, items)) => build(items, &below, name, public, item.attrs)?,
            None => module(&file_of(folder, &name)?, &below, name, public, item.attrs)?,
        });
    }
    Ok(Module {
        name,
        public,
        attributes,
        items: kept,
        modules,
    })
}

fn file_of(folder: &Path, name: &str) -> Result<PathBuf> {
    let files = [
        folder.join(format!("{name}.rs")),
        folder.join(name).join("mod.rs"),
    ];
    match files.iter().find(|file| file.exists()) {
        Some(file) => Ok(file.clone()),
        None => bail!(
            "module {name} has no file in {}: build the crate to see the error",
            folder.display()
        ),
    }
}

/// Returns `true` if an item is compiled for tests only.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => {
            let tokens = list.tokens.to_string();
            list.path.is_ident("cfg") && (tokens == "test" || tokens.contains("doctest"))
        }
        _ => false,
    })
}
