//! Running cargo.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result};

/// The cargo that runs this, in a folder.
pub(crate) fn in_folder(folder: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(folder);
    command
}

/// What a run of it prints.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    command.output().context("cannot run cargo: install Rust")
}
