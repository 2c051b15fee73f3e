//! `cargo xtask descriptions`: a sample of the documented fields, for a person who checks the texts.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::descriptions::{Owner, describe_field};
use crate::spec::{self, Document, is_custom};

/// Prints `size` fields, drawn by a seed, as a table in Markdown: the field, its text and the source of the text.
pub(crate) fn run(openapi: &Path, size: usize, seed: u64) -> Result<()> {
    let document = spec::load(openapi)?;
    let rows = rows(&document);
    println!("| field | text | source |\n| --- | --- | --- |");
    for index in drawn(rows.len(), size, seed) {
        println!("{}", rows[index]);
    }
    Ok(())
}

/// Returns a row of the table for each field of a type, a request or a response.
fn rows(document: &Document) -> Vec<String> {
    let mut rows = Vec::new();
    let mut add = |owner: Owner<'_>, place: &str, name: &str, schema: &Value| {
        let field = describe_field(document, owner, name, schema);
        let source = match field.source {
            None => "rule".to_owned(),
            Some(sources) => {
                let names = sources.iter().map(|source| serde_json::json!(source));
                let names: Vec<String> = names
                    .filter_map(|name| name.as_str().map(str::to_owned))
                    .collect();
                names.join(", ")
            }
        };
        rows.push(format!("| `{place}.{name}` | {} | {source} |", field.text));
    };
    let types = document
        .types
        .iter()
        .filter(|(_, schema)| !is_custom(schema));
    for (place, schema) in types {
        for (name, field) in properties(schema) {
            add(Owner::Type(place), place, name, field);
        }
    }
    for (id, operation) in &document.operations {
        for (name, parameter) in &operation.query {
            add(Owner::Request(operation), id, name, &parameter.schema);
        }
        for (name, field) in operation.body.iter().flat_map(properties) {
            add(Owner::Request(operation), id, name, field);
        }
        let place = format!("{id}.response");
        for (name, field) in operation.response.iter().flat_map(properties) {
            add(Owner::Response(operation), &place, name, field);
        }
    }
    rows
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// Returns `size` different numbers below `all` in ascending order; the same ones for the same seed.
fn drawn(all: usize, size: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..all).collect();
    order.sort_by_key(|index| mixed(mixed(seed).wrapping_add(*index as u64)));
    order.truncate(size);
    order.sort_unstable();
    order
}

/// Returns a number whose bits depend on all bits of `number`: the finalizer of SplitMix64.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::fs;

    #[test]
    fn sample_is_repeatable_and_without_duplicates() {
        let first = drawn(1000, 100, 1);
        assert_eq!(first, drawn(1000, 100, 1));
        assert_ne!(first, drawn(1000, 100, 2));
        assert!(first.is_sorted_by(|one, next| one < next), "{first:?}");
        assert_eq!((first.len(), drawn(3, 100, 1).len()), (100, 3));
    }

    #[test]
    fn row_has_text_and_source() {
        let root = fs::workspace_root().expect("the workspace");
        let document = spec::load(&root.join("openapi")).expect("the documents");
        let rows = rows(&document);
        for start in ["| `Disk.wwn` | World Wide Name", "| `disks.get.disk` | "] {
            let row = rows.iter().find(|row| row.starts_with(start));
            let row = row.unwrap_or_else(|| panic!("{start} is missing"));
            assert_eq!(row.matches(" |").count(), 3, "{row}");
        }
    }
}
