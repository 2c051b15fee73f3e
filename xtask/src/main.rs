//! The maintainers' one door: `cargo xtask vendor`, `cargo xtask generate`.

mod files;
mod generate;
mod text;
mod vendor;

use std::path::PathBuf;
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
            vendor::run(&core, &public, &folder, &repository)
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
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
