//! The methods that katapult-core has for the calls of single operations, as the pages of its traits list them.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

use crate::naming::reserved::identifier;
use crate::spec::Document;
use crate::util::fs;

/// Returns what `descriptions.yaml` says otherwise about these methods than the pages in a folder, a line each.
pub(super) fn differences(document: &Document, folder: &Path) -> Result<Vec<String>> {
    let mut implemented = BTreeSet::new();
    for folder in [folder.to_owned(), folder.join("prelude")] {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("trait.") {
                implemented.extend(of_page(&fs::read(&path)?));
            }
        }
    }
    let mut lines = Vec::new();
    for operation in document.operations.values() {
        let id = &operation.spec.id;
        let module = identifier(&operation.spec.resource).to_string();
        let place = (module, document.operation_type(operation));
        let of_operation = implemented.iter().filter(|(found, _)| *found == place);
        let found: BTreeSet<&str> = of_operation.map(|(_, method)| method.as_str()).collect();
        let described = document.descriptions.methods(id).iter();
        let described: BTreeSet<&str> = described.map(String::as_str).collect();
        if found != described {
            lines.push(format!(
                "methods of {id}: descriptions.yaml has {described:?}, katapult-core has {found:?}"
            ));
        }
    }
    Ok(lines)
}

/// An operation's module and type, and a method.
type Method = ((String, String), String);

/// Returns the methods that a trait's page lists for the calls of single operations.
fn of_page(page: &str) -> Vec<Method> {
    let methods: Vec<&str> = page
        .split("id=\"tymethod.")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0))
        .collect();
    let operations = page.split("type.Call.html\"").skip(1).filter_map(operation);
    operations
        .flat_map(|operation| {
            let methods = methods.iter();
            methods.map(move |method| (operation.clone(), (*method).to_owned()))
        })
        .collect()
}

/// Returns the operation in the heading of an implementation for its calls, of which the text begins after the link to
/// the type of calls.
fn operation(rest: &str) -> Option<(String, String)> {
    let (heading, _) = rest.split_once("</h3>")?;
    let (_, link) = heading.split_once("</a>&lt;<a class=\"struct\" href=\"")?;
    let (path, _) = link.split_once(".html")?;
    let (folder, name) = path.rsplit_once("/struct.")?;
    let module = folder.rsplit('/').next().unwrap_or(folder);
    Some((module.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn implementation_for_the_call_of_an_operation_is_read_from_a_page() {
        let page = "<section id=\"tymethod.wait\"> <h3>impl <a href=\"trait.Wait.html\">Wait</a> for \
            <a class=\"type\" href=\"../type.Call.html\" title=\"\">Call</a>&lt;<a class=\"struct\" \
            href=\"../lamps/struct.Flash.html\">Flash</a>&gt;</h3> \
            <h3>impl Wait for <a class=\"type\" href=\"../type.Call.html\">Call</a>&lt;O&gt;</h3>";
        let flash = ("lamps".to_owned(), "Flash".to_owned());
        assert_eq!(of_page(page), [(flash, "wait".to_owned())]);
    }
}
