//! `cargo xtask descriptions`: a sample of the documented fields, for a person who checks the texts.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::documented_fields::{self, DocumentedField};
use crate::spec;

/// Prints `size` fields, drawn by a seed, as a table in Markdown: the field, its text and the source of the text.
pub(crate) fn run(openapi: &Path, size: usize, seed: u64) -> Result<()> {
    let document = spec::load(openapi)?;
    let fields = documented_fields::all(&document);
    println!("| field | text | source |\n| --- | --- | --- |");
    for index in drawn(fields.len(), size, seed) {
        println!("{}", row(&fields[index]));
    }
    Ok(())
}

fn row(DocumentedField { place, documented }: &DocumentedField<'_>) -> String {
    let source = match documented.source {
        None => "rule".to_owned(),
        Some(sources) => {
            let names = sources.iter().map(|source| json!(source));
            let names: Vec<String> = names
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect();
            names.join(", ")
        }
    };
    format!("| `{place}` | {} | {source} |", documented.text)
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
        let fields = documented_fields::all(&document);
        let rows: Vec<String> = fields.iter().map(row).collect();
        for start in ["| `Disk.wwn` | World Wide Name", "| `disks.get.disk` | "] {
            let row = rows.iter().find(|row| row.starts_with(start));
            let row = row.unwrap_or_else(|| panic!("{start} is missing"));
            assert_eq!(row.matches(" |").count(), 3, "{row}");
        }
    }
}
