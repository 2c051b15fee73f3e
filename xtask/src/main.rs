//! The maintainers' one door: each verb is a file or a folder beside this one.

mod api;
mod cargo;
mod command;
mod diff;
mod files;
mod generate;
mod measure;
mod msrv;
mod package;
mod text;
mod update;
mod vendor;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Turn the publisher's documents into the canonical ones
    Vendor {
        /// The core API's document: a file or a URL
        #[arg(long, value_name = "FILE|URL")]
        core: String,
        /// The public API's document: a file or a URL
        #[arg(long, value_name = "FILE|URL")]
        public: String,
        /// Where the canonical documents, the names and the corrections are
        #[arg(long, value_name = "DIR")]
        openapi: Option<PathBuf>,
    },
    /// Generate katapult-gen from the canonical documents
    Generate {
        /// Only tell what differs from what is there
        #[arg(long)]
        check: bool,
        /// Where the canonical documents are
        #[arg(long, value_name = "DIR")]
        openapi: Option<PathBuf>,
        /// The crate to write into
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Tell what changes from one document to another, and for whom
    ///
    /// OLD and NEW are each a folder with a core and a public document, or the core document's file with the
    /// public one beside it. They can be canonical or the publisher's. Exits with 0 where nothing breaks, with
    /// 3 where something does, with 1 where they cannot be compared.
    Diff {
        /// The documents before
        old: PathBuf,
        /// The documents after
        new: PathBuf,
        /// Write JSON
        #[arg(long, conflicts_with = "markdown")]
        json: bool,
        /// Write Markdown, as for the changelog
        #[arg(long)]
        markdown: bool,
        /// Where the names and corrections are, for the publisher's documents
        #[arg(long, value_name = "DIR")]
        openapi: Option<PathBuf>,
    },
    /// List the public API of the library crates in api/
    Api {
        /// Only tell what differs from what is there
        #[arg(long)]
        check: bool,
        /// The workspace to look at
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
    /// Package the library crates, and run the README's code in a crate built from the packages
    Package,
    /// Check that what the library crates depend on needs no newer Rust than is promised
    Msrv,
    /// Measure what building and using the SDK costs, against something honest; takes many minutes
    Measure(measure::Options),
    /// Take in a new document: vendor, diff, generate, check, replay, changelog
    ///
    /// Stops where a person must decide, with the exit code 3, and says which file to edit. Run again, it goes on.
    Update {
        /// The core API's document: a file or a URL
        #[arg(long, value_name = "FILE|URL")]
        core: String,
        /// The public API's document: a file or a URL
        #[arg(long, value_name = "FILE|URL")]
        public: String,
        /// Recorded exchanges to replay; those beside the workspace if there are any
        #[arg(long, value_name = "DIR")]
        recordings: Option<PathBuf>,
        /// The workspace to work in
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
}

/// The recordings beside a workspace, if there are any.
fn beside(root: &Path) -> Option<PathBuf> {
    let beside = root.join("..").join("shared").join("recordings");
    beside.exists().then_some(beside)
}

fn main() -> ExitCode {
    let root = files::workspace_root();
    let done = match Cli::parse().task {
        Task::Vendor {
            core,
            public,
            openapi,
        } => {
            let repository = root.join("openapi");
            let folder = openapi.unwrap_or_else(|| repository.clone());
            vendor::run(&core, &public, &folder, &repository).map(|_| ExitCode::SUCCESS)
        }
        Task::Generate {
            check,
            openapi,
            out,
        } => {
            let openapi = openapi.unwrap_or_else(|| root.join("openapi"));
            let out = out.unwrap_or_else(|| root.join("katapult-gen"));
            generate::run(&openapi, &out, check)
        }
        Task::Diff {
            old,
            new,
            json,
            markdown,
            openapi,
        } => {
            let openapi = openapi.unwrap_or_else(|| root.join("openapi"));
            let form = match (json, markdown) {
                (true, _) => diff::Form::Json,
                (_, true) => diff::Form::Markdown,
                _ => diff::Form::Table,
            };
            diff::run(&old, &new, &openapi, form)
        }
        Task::Api { check, root: other } => api::run(&other.unwrap_or(root), check),
        Task::Measure(options) => measure::run(&root, &options),
        Task::Package => package::run(&root),
        Task::Msrv => msrv::run(&root),
        Task::Update {
            core,
            public,
            recordings,
            root: other,
        } => {
            let root = other.unwrap_or(root);
            let recordings = recordings.or_else(|| beside(&root));
            update::run(&update::Update {
                core,
                public,
                root,
                recordings,
            })
        }
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
