//! The dependencies of katapult-core: CONTRIBUTING.md gives the reason for each.

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::root;

#[test]
fn contributing_lists_the_dependencies_of_core() {
    let manifest = fs::read_to_string(root().join("katapult-core/Cargo.toml")).expect("a file");
    let section = |from: &str| {
        let rest = manifest.split_once(from).expect("the section").1;
        rest.split_once("\n[")
            .expect("a section after it")
            .0
            .to_owned()
    };
    let depends: BTreeSet<String> = section("[dependencies]\n")
        .lines()
        .filter_map(|line| Some(line.split(['.', ' ']).next()?.to_owned()))
        .filter(|name| !name.is_empty())
        .collect();
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("a file");
    let table = text
        .split_once("| crate | for |\n| --- | --- |\n")
        .expect("the table")
        .1;
    let table = table.split_once("\n\n").expect("its end").0;
    let listed: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect();
    assert_eq!(
        listed, depends,
        "left: the table of CONTRIBUTING.md; right: katapult-core/Cargo.toml"
    );
}
