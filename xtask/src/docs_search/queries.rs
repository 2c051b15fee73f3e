//! What people search for, and the pages that they mean.

use crate::generate::{aliases_of_operation, aliases_of_resource, exported_types};
use crate::naming::case::snake;
use crate::naming::reserved::identifier;
use crate::spec::Document;

/// A query, and the page that it must find.
pub(super) struct Query {
    pub(super) text: String,
    /// The page in the folder of the crate; `*` is any kind of item.
    pub(super) page: String,
}

impl Query {
    pub(super) fn new(text: impl Into<String>, page: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            page: page.into(),
        }
    }

    /// Returns `true` if a link leads to the page.
    pub(super) fn is_found_by(&self, link: &str) -> bool {
        let page = link.trim_start_matches("../");
        let page = page.split_once('/').map_or(page, |(_, page)| page);
        match self.page.split_once('*') {
            None => page == self.page,
            Some((before, after)) => {
                let kind = page.strip_prefix(before);
                let kind = kind.and_then(|rest| rest.strip_suffix(after));
                kind.is_some_and(|kind| !kind.contains(['/', '.']))
            }
        }
    }
}

/// Returns a query for each resource, operation and type by its name, and one for each alias.
pub(super) fn queries(document: &Document) -> Vec<Query> {
    let mut queries = Vec::new();
    for resource in document.resources() {
        let (module, handle) = (identifier(resource), document.handle(resource));
        let page = format!("{module}/struct.{handle}.html");
        queries.push(Query::new(
            module.to_string(),
            format!("{module}/index.html"),
        ));
        queries.push(Query::new(&handle, &page));
        let aliases = aliases_of_resource(document, resource).into_iter();
        queries.extend(aliases.map(|alias| Query::new(alias, &page)));
    }
    for operation in document.operations.values() {
        let module = identifier(&operation.spec.resource);
        let handle = document.handle(&operation.spec.resource);
        let method = identifier(&snake(&operation.spec.action)).to_string();
        let page = format!("{module}/struct.{handle}.html#method.{method}");
        queries.push(Query::new(format!("{handle}::{method}"), &page));
        let name = document.operation_type(operation);
        queries.push(Query::new(
            format!("{module}::{name}"),
            format!("{module}/struct.{name}.html"),
        ));
        let aliases = aliases_of_operation(document, &operation.spec, &method).into_iter();
        queries.extend(aliases.map(|alias| Query::new(alias, &page)));
    }
    for name in exported_types(document).keys() {
        queries.push(Query::new(name, format!("types/*.{name}.html")));
    }
    queries
}
