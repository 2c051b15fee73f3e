//! Words that people type into the search of the documentation.

use katapult_openapi::Operation;

use crate::naming::case::english;
use crate::naming::inflect::singular;
use crate::spec::Document;

/// Verbs of methods by which people search, where the title of the operation has another one.
const VERBS: &[&str] = &["create", "delete", "get", "list", "update"];

/// Returns what people search for when they mean a resource.
pub(crate) fn of_resource(document: &Document, resource: &str) -> Vec<String> {
    distinct(
        document.descriptions.aliases(resource).iter().cloned(),
        &document.handle(resource),
    )
}

/// Returns what people search for when they mean an operation: its title, and the title with other verbs and nouns.
pub(crate) fn of_operation(document: &Document, spec: &Operation, method: &str) -> Vec<String> {
    let mut titles = vec![spec.title.clone()];
    // `create` builds a virtual machine.
    let verb = method.split('_').next().unwrap_or_default();
    if let Some((first, rest)) = spec.title.split_once(' ')
        && VERBS.contains(&verb)
        && first != verb
    {
        titles.push(format!("{verb} {rest}"));
    }
    let noun = singular(&english(&spec.resource));
    for synonym in document.descriptions.aliases(&spec.resource) {
        if spec.title.contains(&noun) {
            titles.push(spec.title.replacen(&noun, synonym, 1));
        }
    }
    titles.extend(document.descriptions.aliases(&spec.id).iter().cloned());
    distinct(titles.into_iter(), method)
}

/// Returns the aliases of an item that rustdoc accepts: without quotes, not the item's name, and none twice.
fn distinct(aliases: impl Iterator<Item = String>, name: &str) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for alias in aliases {
        if alias != name && !alias.contains(['"', '\'']) && !distinct.contains(&alias) {
            distinct.push(alias);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_that_rustdoc_refuses_are_left_out() {
        let given = ["get", "get lamp", "get lamp", "get \"lamp\""].map(str::to_owned);
        assert_eq!(distinct(given.into_iter(), "get"), ["get lamp"]);
    }
}
