//! Runs programs and measures their resources.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4;

use crate::util::cargo;

/// The resources that a program and its children used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceUsage {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// The peak memory of the largest of these processes.
    pub(crate) peak_bytes: u64,
}

/// Runs a program. The error has its output, if it fails.
pub(crate) fn measured(command: &mut Command) -> Result<ResourceUsage> {
    let line = format!("{command:?}");
    let began = Instant::now();
    // A pipe that nobody reads fills up and blocks the program, so the output goes to a file.
    let log = std::env::temp_dir().join(format!("katapult-bench-{}.log", std::process::id()));
    let file = std::fs::File::create(&log).with_context(|| {
        format!(
            "cannot write {}: free the folder of temporary files",
            log.display()
        )
    })?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot run {line}: install the program"))?;
    let exit = child
        .wait4()
        .with_context(|| format!("cannot wait for {line}: run it again"))?;
    let wall = began.elapsed();
    let output = std::fs::read_to_string(&log).unwrap_or_default();
    let _ = std::fs::remove_file(&log);
    if !exit.status.success() {
        bail!("{line} failed:\n{output}");
    }
    Ok(ResourceUsage {
        wall,
        cpu: exit.rusage.utime + exit.rusage.stime,
        peak_bytes: exit.rusage.maxrss,
    })
}

/// Runs a program. Returns its standard output and its standard error.
pub(crate) fn output(command: &mut Command) -> Result<(String, String)> {
    let line = format!("{command:?}");
    let done = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {line}: install the program"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !done.status.success() {
        bail!("{line} failed:\n{}", text(&done.stderr));
    }
    Ok((text(&done.stdout), text(&done.stderr)))
}

/// Cargo in a folder, with a target folder.
pub(crate) struct Cargo {
    pub(crate) folder: PathBuf,
    pub(crate) target: PathBuf,
}

impl Cargo {
    pub(crate) fn command<I: Into<OsString>>(
        &self,
        arguments: impl IntoIterator<Item = I>,
    ) -> Command {
        let mut command = cargo::in_folder(&self.folder);
        command
            .args(arguments.into_iter().map(Into::into))
            // Users compile a dependency once, from scratch.
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }
}
