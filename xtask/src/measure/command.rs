//! Running programs, and what they used.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4;

use crate::util::cargo;

/// What a program and those that it started used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) wall: Duration,
    /// The largest of them.
    pub(crate) peak_bytes: u64,
}

/// Runs a program that must succeed, in silence unless it fails.
pub(crate) fn used(command: &mut Command) -> Result<Usage> {
    let told = format!("{command:?}");
    let began = Instant::now();
    // Where there is much to say the pipe would fill: what is said goes to a file.
    let log = std::env::temp_dir().join(format!("katapult-bench-{}.log", std::process::id()));
    let file =
        std::fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot run {told}"))?;
    let used = child
        .wait4()
        .with_context(|| format!("cannot wait for {told}"))?;
    let wall = began.elapsed();
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    let _ = std::fs::remove_file(&log);
    if !used.status.success() {
        bail!("{told} failed:\n{said}");
    }
    Ok(Usage {
        wall,
        peak_bytes: used.rusage.maxrss,
    })
}

/// Runs a program that must succeed, and gives what it wrote to its output and to its errors.
pub(crate) fn said(command: &mut Command) -> Result<(String, String)> {
    let told = format!("{command:?}");
    let done = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {told}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !done.status.success() {
        bail!("{told} failed:\n{}", text(&done.stderr));
    }
    Ok((text(&done.stdout), text(&done.stderr)))
}

/// Cargo in a folder, with a target folder that nothing else uses.
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
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    pub(crate) fn rustc_version(root: &Path) -> Result<String> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let (version, _) = said(Command::new(rustc).arg("--version").current_dir(root))?;
        Ok(version.trim().to_owned())
    }
}
