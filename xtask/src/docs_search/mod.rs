//! `cargo xtask docs-search`: searches the documentation of katapult-core for everything that the documents have.

mod methods;
mod queries;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use crate::spec;
use queries::{Query, queries};

/// The crate whose documentation is searched.
const CRATE: &str = "katapult_core";

/// The number of links that a person looks at.
const LOOKED_AT: usize = 10;

/// Runs the search of rustdoc's pages outside of a browser.
const SCRIPT: &str = include_str!("search.js");

/// Searches the pages in `docs` for all resources, operations, types and aliases; fails if one is not found.
pub(crate) fn run(openapi: &Path, docs: &Path) -> Result<ExitCode> {
    let page = docs.join(CRATE).join("index.html");
    if !page.exists() {
        bail!(
            "{} does not exist: run `cargo doc --package katapult-core --features full`",
            page.display()
        );
    }
    let document = spec::load(openapi)?;
    let differences = methods::differences(&document, &docs.join(CRATE))?;
    for difference in &differences {
        println!("{difference}");
    }
    let queries = queries(&document);
    let Some(found) = search(docs, &queries)? else {
        println!("NOT RUN: there is no node, which runs the search of the pages");
        return Ok(ExitCode::SUCCESS);
    };
    let missing = missing(&queries, &found);
    for (query, found) in &missing {
        println!(
            "{}: not found by \"{}\": {}",
            query.page,
            query.text,
            found.first().map_or("no result", String::as_str)
        );
    }
    println!(
        "{} of {} searches find what they are for",
        queries.len() - missing.len(),
        queries.len()
    );
    Ok(match missing.is_empty() && differences.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Returns the queries that do not find their page, with the links that they find.
fn missing<'a>(queries: &'a [Query], found: &'a [Vec<String>]) -> Vec<(&'a Query, &'a [String])> {
    let pairs = queries.iter().zip(found);
    pairs
        .filter(|(query, found)| {
            let mut first = found.iter().take(LOOKED_AT);
            !first.any(|link| query.is_found_by(link))
        })
        .map(|(query, found)| (query, found.as_slice()))
        .collect()
}

/// Returns the links that each query finds; `None` if nothing can run the search.
fn search(docs: &Path, queries: &[Query]) -> Result<Option<Vec<Vec<String>>>> {
    let child = Command::new("node")
        .args(["--eval", SCRIPT, "--"])
        .args([docs.as_os_str(), CRATE.as_ref()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        return Ok(None);
    };
    let texts: Vec<&str> = queries.iter().map(|query| query.text.as_str()).collect();
    let mut input = child.stdin.take().context("node has no standard input")?;
    input.write_all(&serde_json::to_vec(&texts)?)?;
    drop(input);
    let done = child.wait_with_output()?;
    if !done.status.success() {
        bail!("the search of rustdoc's pages failed: {}", done.status);
    }
    let found: Vec<Vec<String>> = serde_json::from_slice(&done.stdout)?;
    if found.len() != queries.len() {
        bail!("{} queries have {} results", queries.len(), found.len());
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_among_the_links_is_found_and_another_is_missing() {
        let queries = [
            Query::new("firewall", "security_groups/struct.SecurityGroups.html"),
            Query::new("Disk", "types/*.Disk.html"),
            Query::new("Zone", "types/*.Zone.html"),
        ];
        let link = |page: &str| vec![format!("../katapult_core/{page}")];
        let found = [
            link("security_groups/struct.SecurityGroups.html"),
            link("types/struct.Disk.html"),
            link("types/struct.DnsZone.html"),
        ];
        let missing = missing(&queries, &found);
        let missing: Vec<&str> = missing
            .iter()
            .map(|(query, _)| query.text.as_str())
            .collect();
        assert_eq!(missing, ["Zone"]);
    }
}
