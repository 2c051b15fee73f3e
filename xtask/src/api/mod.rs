//! `cargo xtask api`: lists the public API of the library crates as text, so that a review sees every change of it.
//!
//! The list is made from the sources with `syn`, because rustdoc's JSON is not stable. It follows modules and re-exports.
//! An item that a macro of the crates defines is listed as the macro's call, and each macro's expansion once.

mod crate_tree;
mod item;
mod listing;
mod text;
mod tokens;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::util::{cargo, fs};

const CRATES: [&str; 2] = ["katapult-gen", "katapult-core"];

/// Writes the listings into `api/`, or prints the differences to them.
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
        // A missing listing differs in every line.
        let current = std::fs::read_to_string(path).unwrap_or_default();
        for (sign, lines) in [
            ("-", only_in(&current, text)),
            ("+", only_in(text, &current)),
        ] {
            for line in lines {
                differs = true;
                println!("{sign} {line}");
            }
        }
        // Catches lines in another order, which the comparison of sets does not.
        differs |= current != *text;
    }
    if differs {
        println!(
            "the public API differs from api/: run `{}` and review the difference",
            cargo::without_check()
        );
        return Ok(ExitCode::FAILURE);
    }
    println!("the public API matches api/");
    Ok(ExitCode::SUCCESS)
}

fn only_in<'a>(text: &'a str, other: &str) -> Vec<&'a str> {
    let known: std::collections::BTreeSet<&str> = other.lines().collect();
    text.lines().filter(|line| !known.contains(line)).collect()
}
