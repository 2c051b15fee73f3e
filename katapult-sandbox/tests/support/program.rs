//! The program, started on a free port.
#![allow(dead_code)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A sandbox in a process of its own; it is killed when this is dropped.
pub(crate) struct Program {
    child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Program {
    /// Starts it with these arguments, and waits until it says where it is.
    pub(crate) fn start<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        let mut child = command()
            .args(arguments)
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut exported = |name: &str| loop {
            let mut line = String::new();
            assert!(out.read_line(&mut line).unwrap() > 0, "it ended too early");
            let found = line.trim().strip_prefix(&format!("export {name}="));
            if let Some(value) = found {
                return value.to_owned();
            }
        };
        let (url, token) = (exported("KATAPULT_API_URL"), exported("KATAPULT_API_KEY"));
        Self {
            child,
            out,
            url,
            token,
        }
    }

    /// Sends it a signal, and gives how it ended and what else it said.
    pub(crate) fn stop(mut self, signal: &str) -> (std::process::ExitStatus, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        let mut said = String::new();
        self.out.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap(), said)
    }

    /// Runs a command that finds the sandbox by its environment.
    pub(crate) fn beside(&self, command: &mut Command) -> Output {
        let mut child = command
            .env("KATAPULT_API_URL", &self.url)
            .env("KATAPULT_API_KEY", &self.token)
            .env("no_proxy", "*")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let end = Instant::now() + PATIENCE;
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > end {
                child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.wait_with_output().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already, where it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, not started yet.
pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_katapult-sandbox"))
}

/// Says in one line, past the test's capture, that something was not run.
pub(crate) fn not_run(what: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "NOT RUN: {what}: {why}");
}

/// Whether a program is there.
pub(crate) fn is_there(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output();
    there.is_ok_and(|output| output.status.success())
}
