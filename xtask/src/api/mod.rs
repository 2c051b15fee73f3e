//! `cargo xtask api`: the public API of the library crates as text, so that a change of it shows in a diff.
//!
//! Made from the sources with `syn`, since rustdoc's own output for machines is not stable. It follows modules and
//! re-exports; of what a macro of the crates defines it lists the call, and once what the macro makes of it.

mod crate_tree;
mod item;
mod listing;
mod text;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::util::{cargo, fs};

const CRATES: [&str; 2] = ["katapult-gen", "katapult-core"];

/// Writes the listings into `api/`, or tells where they differ.
pub(crate) fn run(root: &Path, check: bool) -> Result<ExitCode> {
    let mut wanted = Vec::new();
    for name in CRATES {
        let tree = crate_tree::read(&root.join(name).join("src"))?;
        let text = listing::list(&name.replace('-', "_"), &tree);
        wanted.push((root.join("api").join(format!("{name}.txt")), text));
    }
    if !check {
        fs::write_all(&wanted)?;
        for (path, text) in &wanted {
            println!("{}: {} lines", path.display(), text.lines().count());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut differs = false;
    for (path, text) in &wanted {
        let there = std::fs::read_to_string(path).unwrap_or_default();
        for (sign, lines) in [("-", only_in(&there, text)), ("+", only_in(text, &there))] {
            for line in lines {
                differs = true;
                println!("{sign} {line}");
            }
        }
        differs |= there != *text;
    }
    if differs {
        println!(
            "the public API is not that of api/: run `{}`, and read the difference",
            cargo::without_check()
        );
        return Ok(ExitCode::FAILURE);
    }
    println!("the public API is that of api/");
    Ok(ExitCode::SUCCESS)
}

fn only_in<'a>(text: &'a str, other: &str) -> Vec<&'a str> {
    let known: std::collections::BTreeSet<&str> = other.lines().collect();
    text.lines().filter(|line| !known.contains(line)).collect()
}
