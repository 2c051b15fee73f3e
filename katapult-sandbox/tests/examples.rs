//! The README's examples in other languages, where their interpreters are installed.

#![cfg(unix)] // the shell

#[path = "support/program.rs"]
mod program;

use std::path::PathBuf;
use std::process::{Command, Output};

use program::{Program, is_installed, skipped};

const README: &str = include_str!("../README.md");

/// Returns the code in a language from the README's section of examples.
fn example(language: &str) -> &'static str {
    let (_, section) = README
        .split_once("## Examples in other languages\n")
        .unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let (_, code) = section.split_once(&format!("```{language}\n")).unwrap();
    code.split("```").next().unwrap()
}

/// Runs a client of a sandbox that permits control, and checks the result that the README states.
fn check(mut client: Command) {
    let sandbox = Program::start(["--control", "--quiet"]);
    let Output {
        status,
        stdout,
        stderr,
    } = sandbox.run_client(&mut client);
    let errors = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{errors}");
    assert_eq!(String::from_utf8_lossy(&stdout), "stopped\n", "{errors}");
}

#[test]
fn curl_example_stops_a_machine() {
    if !is_installed("curl") {
        return skipped("curl_example_stops_a_machine", "curl is not installed");
    }
    let mut shell = Command::new("sh");
    shell.args(["-euc", example("sh")]);
    check(shell);
}

#[test]
fn python_example_stops_a_machine() {
    if !is_installed("python3") {
        return skipped("python_example_stops_a_machine", "python3 is not installed");
    }
    let mut python = Command::new("python3");
    python.args(["-c", example("python")]);
    check(python);
}

#[test]
fn go_example_stops_a_machine() {
    let version = Command::new("go").arg("version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return skipped("go_example_stops_a_machine", "go is not installed");
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (source, program) = (folder.join("example.go"), folder.join("example-in-go"));
    std::fs::write(&source, example("go")).unwrap();
    // Compiled first: the standard library takes a minute the first time, more than a client may.
    let mut compiler = Command::new("go");
    let compiler = compiler.arg("build").arg("-o").arg(&program).arg(&source);
    // Without a C compiler, which cgo would need.
    let compiled = compiler.env("CGO_ENABLED", "0").output().unwrap();
    assert!(
        compiled.status.success(),
        "{}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    check(Command::new(program));
}
