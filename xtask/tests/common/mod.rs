//! Test helpers: a small invented API, folders, and runs of the built `xtask`.

#![allow(dead_code, unused_imports)] // each test file uses a part of them

mod lamps;
mod mutants;
mod mutate;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use lamps::*;
pub(crate) use mutants::*;
pub(crate) use mutate::*;

/// The result of a run of `xtask`.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Runs a command.
    pub(crate) fn of(command: &mut Command) -> Self {
        let done = command.output().expect("it runs");
        Self {
            code: done.status.code(),
            out: String::from_utf8(done.stdout).expect("UTF-8"),
            err: String::from_utf8(done.stderr).expect("UTF-8"),
        }
    }

    /// Asserts that the run succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self
    }
}

/// Returns `true` if the tests that take minutes run: `KATAPULT_LONG_TESTS=1`, which `.ci/nightly` sets.
pub(crate) fn is_long() -> bool {
    std::env::var("KATAPULT_LONG_TESTS").is_ok_and(|value| value == "1")
}

/// Prints past the test harness, which captures `eprintln!`.
pub(crate) fn print(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

pub(crate) fn xtask<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Run {
    Run::of(Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments))
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the folder with the upstream documents and their mutants: `KATAPULT_SHARED`. Default: `../shared`.
pub(crate) fn shared() -> PathBuf {
    std::env::var_os("KATAPULT_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from)
}

/// Returns the version of the canonical documents.
pub(crate) fn current_version() -> String {
    let document =
        fs::read_to_string(root().join("openapi/katapult-core.json")).expect("a document");
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    document["info"]["version"]
        .as_str()
        .expect("a version")
        .to_owned()
}

/// Returns the upstream document of the canonical one.
pub(crate) fn current_document(api: &str) -> PathBuf {
    let version = current_version();
    shared().join(format!("upstream/katapult-{api}-{version}.json"))
}

/// Creates an empty folder for one test.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Returns the files of a folder, recursively, with their text.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    if folder.is_file() {
        let bytes = fs::read(folder).expect("a file");
        files.insert(
            folder.to_owned(),
            String::from_utf8_lossy(&bytes).into_owned(),
        );
        return files;
    }
    for entry in fs::read_dir(folder).expect("a folder") {
        files.extend(tree(&entry.expect("an entry").path()));
    }
    files
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let from = entry.expect("an entry").path();
        let to = to.join(from.file_name().expect("a name"));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a copy");
        }
    }
}

/// Creates a workspace with a copy of katapult-gen. Returns the folder of the crate.
pub(crate) fn crate_copy(folder: &Path) -> PathBuf {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let (before, members) = manifest.split_once("\nmembers = [").expect("members");
    let (_, after) = members.split_once(']').expect("the end of members");
    let after: String = after
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("default-members"))
        .collect();
    fs::write(
        folder.join("Cargo.toml"),
        format!("{before}\nmembers = [\"katapult-gen\"]{after}"),
    )
    .expect("written");
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("a copy");
    let copied = folder.join("katapult-gen");
    copy(
        &root().join("katapult-gen").join("src"),
        &copied.join("src"),
    );
    let own = root().join("katapult-gen");
    fs::copy(own.join("README.md"), copied.join("README.md")).expect("a copy");
    let manifest = fs::read_to_string(own.join("Cargo.toml")).expect("a manifest");
    let sections: String = manifest
        .split_inclusive("\n\n")
        .filter(|section| !section.starts_with("[[test]]")) // the tests are not copied
        .collect();
    fs::write(copied.join("Cargo.toml"), sections).expect("written");
    copied
}

/// Runs cargo in a workspace of [`crate_copy`]. All tests share the target folder, so dependencies are built once.
#[track_caller]
pub(crate) fn cargo(folder: &Path, arguments: &[&str]) {
    let done = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--quiet", "--all-features"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", root().join("target").join("xtask-2024"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let err = String::from_utf8_lossy(&done.stderr);
    let out = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "cargo {arguments:?}: {err}{out}");
}

/// The documents of the small API, and its folder of names and corrections.
pub(crate) struct Small {
    pub(crate) folder: PathBuf,
    pub(crate) openapi: PathBuf,
    pub(crate) core: PathBuf,
    pub(crate) public: PathBuf,
}

impl Small {
    /// Writes the documents.
    pub(crate) fn new(test: &str) -> Self {
        Self::with(test, &core().to_string())
    }

    /// Writes the documents, with another text for the core document.
    pub(crate) fn with(test: &str, core: &str) -> Self {
        let folder = folder(test);
        let small = Self {
            openapi: folder.join("openapi"),
            core: folder.join("core.json"),
            public: folder.join("public.json"),
            folder,
        };
        fs::create_dir_all(&small.openapi).expect("a folder");
        fs::write(&small.core, core).expect("written");
        fs::write(&small.public, public().to_string()).expect("written");
        fs::write(small.openapi.join("names.yaml"), NAMES).expect("written");
        fs::write(small.openapi.join("corrections.yaml"), CORRECTIONS).expect("written");
        small
    }

    pub(crate) fn vendor(&self) -> Run {
        xtask([
            "vendor",
            "--core",
            text(&self.core),
            "--public",
            text(&self.public),
            "--openapi",
            text(&self.openapi),
        ])
    }

    pub(crate) fn generate(&self, out: &Path, more: &[&str]) -> Run {
        let base = [
            "generate",
            "--openapi",
            text(&self.openapi),
            "--out",
            text(out),
        ];
        xtask(base.into_iter().chain(more.iter().copied()))
    }

    pub(crate) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.openapi.join(name)).expect("a file")
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
