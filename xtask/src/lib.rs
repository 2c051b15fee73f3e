//! The maintainers' tasks. Each verb of `flags::Task` has a module of its own.

mod bench;
mod diff;
mod docs_search;
mod flags;
mod generate;
mod naming;
mod public_api;
mod spec;
mod update;
mod util;
mod vendor;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use serde_json::Value;

use crate::flags::{Cli, Task};

/// Runs the verb of the command line.
pub fn run() -> ExitCode {
    let task = Cli::parse().task;
    let done = util::fs::workspace_root().and_then(|root| dispatch(task, root));
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Converts upstream documents as `vendor` does, by the names and corrections in `openapi`. Writes nothing.
///
/// # Errors
///
/// If a document is not one that can be converted.
pub fn canonical_documents(core: &Path, public: &Path, openapi: &Path) -> Result<[Value; 2]> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let files = ["names.yaml", "corrections.yaml"].map(|file| openapi.join(file));
    let vendored = vendor::convert(&path(core), &path(public), &files[0], &files[1])?;
    Ok(vendored.documents)
}

fn dispatch(task: Task, workspace: PathBuf) -> Result<ExitCode> {
    let or_ours = |openapi: Option<PathBuf>| openapi.unwrap_or_else(|| workspace.join("openapi"));
    match task {
        Task::Vendor { upstream, openapi } => {
            let (folder, ours) = (or_ours(openapi), workspace.join("openapi"));
            vendor::run(&upstream.core, &upstream.public, &folder, &ours)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Generate {
            check,
            openapi,
            out,
        } => {
            let out = out.unwrap_or_else(|| workspace.join("katapult-gen"));
            generate::run(&or_ours(openapi), &out, check)
        }
        Task::Diff {
            old,
            new,
            json,
            markdown,
            verify,
            openapi,
        } => {
            let format = diff::Format::of_flags(json, markdown);
            let pair = diff::Pair::read(&old, &new, &or_ours(openapi))?;
            diff::run(&pair, format, verify.then_some(workspace.as_path()))
        }
        Task::Descriptions { sample, seed } => {
            generate::sample::run(&workspace.join("openapi"), sample, seed)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::DocsSearch { docs } => {
            let docs = docs.unwrap_or_else(|| util::cargo::target(&workspace).join("doc"));
            docs_search::run(&workspace.join("openapi"), &docs)
        }
        Task::PublicApi { list } => public_api::run(&workspace, list.as_deref()),
        Task::ForeignTypes => public_api::foreign_types::run(&workspace),
        Task::Bench(options) => bench::run(&workspace, &options),
        Task::Update {
            upstream,
            recordings,
            skip_public_api,
            root,
        } => {
            let root = root.unwrap_or(workspace);
            let recordings = recordings.or_else(|| default_recordings(&root));
            update::run(&update::Update {
                core: upstream.core,
                public: upstream.public,
                root,
                skip_public_api,
                recordings,
            })
        }
    }
}

/// Returns the folder of recordings next to a workspace, if it exists.
fn default_recordings(root: &Path) -> Option<PathBuf> {
    // Not in the repository, because they are of real accounts.
    let folder = root.join("..").join("shared").join("recordings");
    folder.exists().then_some(folder)
}
