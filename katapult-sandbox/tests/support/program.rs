//! The program, on a free port.
#![allow(dead_code)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A limit that no command of these tests reaches.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A sandbox in its own process, which is killed on drop.
pub(crate) struct Program {
    child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Program {
    /// Starts the program and waits until it prints its URL.
    pub(crate) fn start<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        Self::start_as(command(), arguments)
    }

    /// Starts the program by a command that passes arguments to it.
    pub(crate) fn start_as<S: AsRef<std::ffi::OsStr>>(
        mut command: Command,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut child = command
            .args(arguments)
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut exported = |name: &str| loop {
            let mut line = String::new();
            assert!(
                out.read_line(&mut line).unwrap() > 0,
                "the program ended without its URL"
            );
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

    /// Returns the processor time that the program has used.
    #[cfg(target_os = "linux")]
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name of the program, in parentheses, may contain spaces; user and system time are fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |index: usize| fields[index].parse::<u64>().unwrap();
        Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }

    /// Returns the number of files and connections that the program has open.
    #[cfg(target_os = "linux")]
    pub(crate) fn open_files(&self) -> usize {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        files.unwrap().count()
    }

    /// Returns the memory that the program uses, in MiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident_mebibytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let (_, resident) = status.split_once("VmRSS:").unwrap();
        let kibibytes = resident.split_whitespace().next().unwrap();
        kibibytes.parse::<u64>().unwrap() / 1024
    }

    /// Sends a signal, and returns the exit status with the remaining output.
    pub(crate) fn stop(mut self, signal: &str) -> (std::process::ExitStatus, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        let mut output = String::new();
        self.out.read_to_string(&mut output).unwrap();
        (self.child.wait().unwrap(), output)
    }

    /// Sends a signal, and returns the exit status without having read the output.
    pub(crate) fn stop_unread(mut self, signal: &str) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap()
    }

    /// Runs a command with the sandbox's URL and token in its environment.
    pub(crate) fn run_client(&self, command: &mut Command) -> Output {
        let mut child = command
            .env("KATAPULT_API_URL", &self.url)
            .env("KATAPULT_API_KEY", &self.token)
            .env("no_proxy", "*")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let end = Instant::now() + TIMEOUT;
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
        // An error if `stop` has ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the command that starts the program.
pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_katapult-sandbox"))
}

/// Reports a skipped test on standard error, which the test harness does not capture this way.
pub(crate) fn skipped(name: &str, reason: &str) {
    let _ = writeln!(std::io::stderr(), "NOT RUN: {name}: {reason}");
}

/// Returns `true` if a program is installed.
pub(crate) fn is_installed(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}
