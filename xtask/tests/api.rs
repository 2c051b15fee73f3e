//! `cargo xtask api`: lists changes of the public API, and no others.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{copy, folder, root, text, xtask};

fn crates(test: &str) -> PathBuf {
    let folder = folder(test);
    for name in ["katapult-gen", "katapult-core"] {
        copy(
            &root().join(name).join("src"),
            &folder.join(name).join("src"),
        );
    }
    folder
}

fn append(file: &Path, more: &str) {
    let text = fs::read_to_string(file).expect("a file");
    fs::write(file, text + more).expect("written");
}

#[test]
fn committed_listing_matches_the_sources() {
    xtask(["api", "--check"]).ok();
}

#[test]
fn public_change_is_listed_and_private_code_is_not() {
    let folder = crates("api");
    let base = ["api", "--root", text(&folder)];
    xtask(base).ok();
    let check = || xtask(base.into_iter().chain(["--check"]));
    check().ok();

    let tasks = folder
        .join("katapult-gen")
        .join("src")
        .join("generated")
        .join("tasks.rs");
    append(
        &tasks,
        "fn private() {}\npub(crate) struct Hidden;\n#[cfg(test)]\nmod tests { pub fn test() {} }\n",
    );
    check().ok();

    append(
        &tasks,
        "impl<T: Transport> Tasks<T> { pub fn shiny(&self, id: &str) -> bool { true } }\n",
    );
    append(
        &tasks,
        "open_enum! {\n    /// Hue.\n    pub enum Hue { Red = \"red\", }\n}\n",
    );
    // What is public by way of two private modules, and what a macro of the crate makes there.
    let core = folder.join("katapult-core").join("src");
    append(
        &core.join("waiter").join("resources").join("tasks.rs"),
        "impl TaskCondition { pub fn shiny(&self) {} }\n",
    );
    let run = check();
    assert_eq!(run.code, Some(1));
    for line in [
        "+ katapult_gen::tasks::Tasks::shiny: fn shiny(&self, id: &str) -> bool in Tasks<T>",
        "+ katapult_gen::tasks::Hue: open_enum!",
        "+ katapult_gen::tasks::Hue::Red = \"red\"",
        "+ katapult_core::TaskCondition::shiny: fn shiny(&self) in TaskCondition",
        "run `cargo xtask api --root ",
    ] {
        assert!(run.out.contains(line), "no {line:?} in {}", run.out);
    }
    assert_eq!(run.out.lines().count(), 5, "{}", run.out);

    xtask(base).ok();
    let listed = fs::read_to_string(folder.join("api").join("katapult-gen.txt")).expect("a file");
    for line in [
        "katapult_gen::Call::group: fn group(self, group: impl Into<crate::Patch<crate::types::VirtualMachineGroupLookup>>) -> Self in Call<T, Update> in the module virtual_machines",
        "katapult_gen::tasks::Tasks::get: fn get(&self, task: impl Into<crate::types::TaskLookup>) -> Call<T, Get> in Tasks<T>",
    ] {
        assert!(listed.contains(line), "no {line:?}");
    }
}
