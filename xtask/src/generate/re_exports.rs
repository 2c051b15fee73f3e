//! The re-exports of katapult-core: each resource and each type by its name.
//!
//! The compiler names the feature of a missing item if the re-export of that item is absent from the module that the
//! program names. A re-export of everything, or one in another module, would leave it with "not found".

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::generate::files::HEADER;
use crate::generate::usage::exported_types;
use crate::generate::{cargo_features, section};
use crate::naming::reserved::identifier;
use crate::spec::Document;

const BEGIN: &str = "// One re-export per resource, written by `cargo xtask generate`.";
const END: &str = "// End of the generated re-exports.";

/// Returns the root module of the katapult-core next to katapult-gen, whose folder is `gen_crate`, and its module of
/// types. None if there is none: a copy of katapult-gen alone, as tests make it, has no such neighbour.
pub(super) fn of_core(gen_crate: &Path, document: &Document) -> Result<Vec<(PathBuf, String)>> {
    let core = gen_crate.parent();
    let core = core.map(|workspace| workspace.join("katapult-core").join("src"));
    let Some(core) = core.filter(|core| core.join("lib.rs").exists()) else {
        return Ok(Vec::new());
    };
    let root = core.join("lib.rs");
    let text = section::replaced(&root, BEGIN, END, &resources(document))?;
    Ok(vec![(root, text), (core.join("types.rs"), types(document))])
}

/// Returns the re-exports of the resources.
fn resources(document: &Document) -> String {
    let resources = document.resources().into_iter().map(|resource| {
        let feature = cargo_features::name(resource);
        re_export(&identifier(resource).to_string(), &[feature])
    });
    // katapult-gen has it behind a private feature, which is not visible here.
    let with_lookup: Vec<String> = cargo_features::with_lookup(document).into_iter().collect();
    let error = re_export("LookupError", &with_lookup);
    // In the order of rustfmt, which would move it to the front.
    [error].into_iter().chain(resources).collect()
}

/// Returns the file with the re-exports of the types, one for all that have the same features.
fn types(document: &Document) -> String {
    let mut groups: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (name, resources) in exported_types(document) {
        let features = resources
            .iter()
            .map(|resource| cargo_features::name(resource));
        groups.entry(features.collect()).or_default().push(name);
    }
    let re_exports = groups
        .iter()
        .map(|(features, names)| match names.as_slice() {
            [only] => re_export(&format!("types::{only}"), features),
            several => re_export(
                &format!("types::{{\n    {},\n}}", several.join(",\n    ")),
                features,
            ),
        });
    format!(
        "{HEADER}\n//! Types of requests and responses.\n//!\n\
         //! A type that states no feature is used by many resources: it exists if one of them is enabled.\n\n{}",
        re_exports.collect::<String>()
    )
}

/// Returns the re-export of an item that any of these features enables, or that always exists if there are none.
fn re_export(item: &str, features: &[String]) -> String {
    let feature = |name: &String| format!("feature = {name:?}");
    let gate = match features {
        [] => String::new(),
        [only] => format!("#[cfg({})]\n", feature(only)),
        several => {
            let several: Vec<String> = several.iter().map(feature).collect();
            let hidden = match several.len() > cargo_features::MAX_SHOWN {
                true => "#[cfg_attr(docsrs, doc(auto_cfg = false))]\n",
                false => "",
            };
            format!(
                "#[cfg(any(\n    {},\n))]\n{hidden}",
                several.join(",\n    ")
            )
        }
    };
    format!("{gate}#[doc(inline)]\npub use katapult_gen::{item};\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use syn::{Item, UseTree, Visibility};

    use crate::util::fs;

    /// Adds the names that a `use` brings in, except for those of a glob.
    fn names(tree: &UseTree, found: &mut BTreeSet<String>) {
        match tree {
            UseTree::Path(path) => names(&path.tree, found),
            UseTree::Name(name) => {
                found.insert(name.ident.to_string());
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, found)),
            UseTree::Rename(_) | UseTree::Glob(_) => {}
        }
    }

    /// Returns the public names in the root of a crate, and in a file whose items it exports.
    fn public(files: &[&str]) -> BTreeSet<String> {
        let root = fs::workspace_root().expect("the workspace");
        let mut found = BTreeSet::new();
        for file in files {
            let text = fs::read(&root.join(file)).expect("a file");
            for item in syn::parse_file(&text).expect("Rust").items {
                match item {
                    Item::Use(item) if matches!(item.vis, Visibility::Public(_)) => {
                        names(&item.tree, &mut found);
                    }
                    Item::Const(item) if matches!(item.vis, Visibility::Public(_)) => {
                        found.insert(item.ident.to_string());
                    }
                    Item::Mod(item) if matches!(item.vis, Visibility::Public(_)) => {
                        found.insert(item.ident.to_string());
                    }
                    Item::Macro(item) => found.extend(item.ident.map(|name| name.to_string())),
                    _ => {}
                }
            }
        }
        found
    }

    #[test]
    fn everything_in_the_root_of_gen_is_exported_from_core() {
        let of_gen = public(&[
            "katapult-gen/src/lib.rs",
            "katapult-gen/src/generated/mod.rs",
        ]);
        let of_core = public(&["katapult-core/src/lib.rs"]);
        // What gen has for core alone, and the transport that it has for programs without core.
        let own = ["__private", "PlainError", "PlainTransport"];
        let missing = of_gen
            .difference(&of_core)
            .filter(|name| !own.contains(&name.as_str()));
        let missing: Vec<&String> = missing.collect();
        assert!(
            missing.is_empty(),
            "katapult-core/src/lib.rs lacks {missing:?}"
        );
    }
}
