//! The command line: verbs, options and their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::bench;

#[derive(Parser)]
#[command(name = "cargo xtask", about, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Subcommand)]
pub(crate) enum Task {
    /// Convert the upstream documents to the canonical ones
    Vendor {
        #[command(flatten)]
        upstream: Upstream,
        /// Folder of the canonical documents, names.yaml and corrections.yaml [default: openapi]
        #[arg(long, value_name = "DIR")]
        openapi: Option<PathBuf>,
    },
    /// Generate katapult-gen from the canonical documents
    Generate {
        /// Write nothing; fail if the generated files differ
        #[arg(long)]
        check: bool,
        /// Folder of the canonical documents [default: openapi]
        #[arg(long, value_name = "DIR")]
        openapi: Option<PathBuf>,
        /// Crate to write into [default: katapult-gen]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Report the changes between two versions of the documents and which of them break users
    ///
    /// OLD and NEW are each a folder with a core and a public document, or the core document's file with the
    /// public one in the same folder. Both can be canonical or upstream documents. Exits with 0 if nothing breaks, with
    /// 3 if something does, with 1 if the documents cannot be compared.
    Diff {
        /// The old documents
        old: PathBuf,
        /// The new documents
        new: PathBuf,
        /// Print JSON
        #[arg(long, conflicts_with = "markdown")]
        json: bool,
        /// Print Markdown, in the format of the changelog
        #[arg(long)]
        markdown: bool,
        /// Compare the result with the public API of the generated crates, as rustdoc lists it; takes about a minute
        #[arg(long, conflicts_with = "markdown")]
        verify: bool,
        /// Folder of names.yaml and corrections.yaml, used for upstream documents [default: openapi]
        #[arg(long, value_name = "DIR")]
        openapi: Option<PathBuf>,
    },
    /// Print fields drawn by a seed, with the text of their documentation and its source, for review
    Descriptions {
        /// Number of fields
        #[arg(long, value_name = "N", default_value_t = 100)]
        sample: usize,
        /// Seed: the same one draws the same fields
        #[arg(long, value_name = "N", default_value_t = 1)]
        seed: u64,
    },
    /// Search the documentation of katapult-core for every resource, operation, type and alias
    ///
    /// The pages must exist: `cargo doc --package katapult-core --features full`. Needs node, which runs
    /// the search that rustdoc writes for browsers; without it, prints NOT RUN.
    DocsSearch {
        /// Folder of the pages [default: target/doc]
        #[arg(long, value_name = "DIR")]
        docs: Option<PathBuf>,
    },
    /// Compare the foreign types of the public API, as rustdoc lists it, with docs/foreign-types.md
    ForeignTypes,
    /// Check the rules of the public API (docs/public-api.md) on all published crates
    PublicApi {
        /// Also write a listing of the public items of each crate to this folder
        #[arg(long, value_name = "DIR")]
        list: Option<PathBuf>,
    },
    /// Measure the cost of building and using the SDK against baselines; takes many minutes
    Bench(bench::Options),
    /// Update to new upstream documents: vendor, diff, generate, check, public API, replay, changelog
    ///
    /// Stops with exit code 3 if a person must decide, and names the file to edit. Run the same command again to resume.
    Update {
        #[command(flatten)]
        upstream: Upstream,
        /// Folder of recorded exchanges to replay [default: ../shared/recordings, if it exists]
        #[arg(long, value_name = "DIR")]
        recordings: Option<PathBuf>,
        /// Do not compare the public API from rustdoc's output, which takes about a minute
        #[arg(long)]
        skip_public_api: bool,
        /// Workspace to update [default: this one]
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
}

/// The upstream documents that a verb reads.
#[derive(Args)]
pub(crate) struct Upstream {
    /// The core API's document: a file or a URL
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) core: String,
    /// The public API's document: a file or a URL
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) public: String,
}
