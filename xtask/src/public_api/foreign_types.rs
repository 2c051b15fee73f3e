//! `cargo xtask foreign-types`: compares the crates whose items the public API has with the list in the documentation.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::published::{self, Published};
use super::rustdoc::{self, Listing};
use crate::util::fs;

/// The list, a table whose first two columns are a crate of ours and the foreign one.
const LIST: &str = "docs/foreign-types.md";
/// Crates and types of the language, which no version of a dependency changes.
const LANGUAGE: [&str; 18] = [
    "alloc", "core", "std", "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "isize",
    "str", "u8", "u16", "u32", "u64", "usize",
];

/// Crates that are re-exported as a whole, for features of ours.
const REEXPORTED: [&str; 6] = ["bytes", "http", "httpmock", "jiff", "reqwest", "schemars"];

/// A crate of ours, and a foreign one with items in its public API.
type Pair = (String, String);

pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let crates = match published::document(root)? {
        Published::Json(crates) => crates,
        Published::NotRun(reason) => bail!("the crates cannot be documented: {reason}"),
    };
    let mut found = BTreeMap::new();
    for (name, json) in crates {
        let lines = match rustdoc::items(&json) {
            Listing::Items(lines) => lines,
            Listing::NotRun(reason) => bail!("{}: {reason}", json.display()),
        };
        for line in lines {
            for foreign in crates_of(&line) {
                let pair = (name.to_owned(), foreign.to_owned());
                found.entry(pair).or_insert_with(|| line.clone());
            }
        }
    }
    let listed = listed(&fs::read(&root.join(LIST))?);
    let problems = differences(&found, &listed);
    for problem in &problems {
        println!("{problem}");
    }
    println!("{} foreign crates in the public API", found.len());
    Ok(match problems.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Returns the foreign crates with which paths in a line of the public API begin, and the crate that it re-exports.
fn crates_of(line: &str) -> impl Iterator<Item = &str> {
    let reexport = line.strip_prefix("pub use ");
    let reexport = reexport.and_then(|path| Some(path.split_once("::")?.1));
    // Modules of ours are re-exported too, so only names of dependencies count.
    let reexport = reexport.filter(|name| REEXPORTED.contains(name));
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let paths = line.match_indices("::").filter_map(move |(at, _)| {
        let before = &line[..at];
        let start = before.rfind(|letter| !is_name(letter));
        let start = start.map_or(0, |index| index + 1);
        let (rest, name) = before.split_at(start);
        let first = name.starts_with(|letter: char| letter.is_ascii_lowercase());
        let ours = name.starts_with("katapult_") || LANGUAGE.contains(&name);
        (first && !ours && !rest.ends_with("::")).then_some(name)
    });
    paths.chain(reexport)
}

/// Returns the pairs of a table: the texts in backquotes of the first two columns.
fn listed(table: &str) -> Vec<Pair> {
    let rows = table.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|');
        let mut name = || Some(cells.next()?.trim().trim_matches('`').to_owned());
        Some((name()?, name()?))
    });
    rows.collect()
}

/// Returns a line for each foreign crate that is found and not listed, or listed and not found.
fn differences(found: &BTreeMap<Pair, String>, listed: &[Pair]) -> Vec<String> {
    let missing = found.iter().filter(|(pair, _)| !listed.contains(pair));
    let missing = missing.map(|((ours, foreign), line)| {
        format!("{LIST} lacks | `{ours}` | `{foreign}` |, which is public in {line}")
    });
    let stale = listed.iter().filter(|pair| !found.contains_key(pair));
    let stale = stale.map(|(ours, foreign)| {
        format!("{LIST} lists `{foreign}`, which is not public in {ours}: remove the row")
    });
    missing.chain(stale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_of_a_foreign_crate_is_found_anywhere_in_a_line() {
        for (line, expected) in [
            (
                "pub fn katapult_core::Error::status(&self) -> core::option::Option<http::status::StatusCode>",
                &["http"][..],
            ),
            (
                "impl<'de> serde_core::de::Deserialize<'de> for katapult_gen::Tag",
                &["serde_core"],
            ),
            ("pub use katapult_core::jiff", &["jiff"]),
            ("pub use katapult_core::tags", &[]),
            ("pub fn u8::from(katapult_core::Version) -> Self", &[]),
            (
                "pub fn katapult_core::Items<T>::next(&mut self) -> T::Item",
                &[],
            ),
            (
                "pub fn katapult_core::run(&bytes::bytes::Bytes, serde_json::Value)",
                &["bytes", "serde_json"],
            ),
        ] {
            assert_eq!(crates_of(line).collect::<Vec<_>>(), expected, "{line}");
        }
    }

    #[test]
    fn foreign_crate_that_is_not_listed_or_no_longer_public_is_a_difference() {
        let pair = |foreign: &str| ("katapult-core".to_owned(), foreign.to_owned());
        let list = "| Crate | Foreign |\n| --- | --- |\n| `katapult-core` | `http` | bodies |\n| `katapult-core` | `url` | no |\n";
        let listed = listed(list);
        assert_eq!(listed, [pair("http"), pair("url")]);
        let found = [
            (pair("http"), "a".to_owned()),
            (pair("bytes"), "b".to_owned()),
        ];
        let differences = differences(&found.into(), &listed);
        assert_eq!(differences.len(), 2, "{differences:?}");
        assert!(differences[0].contains("| `bytes` |"), "{differences:?}");
        assert!(differences[1].contains("lists `url`"), "{differences:?}");
    }
}
