//! The program as a service: its health, its container, its log for programs.

#![cfg(unix)] // the program is stopped by a signal

#[path = "support/program.rs"]
mod program;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use program::{Program, command, is_installed, skipped};
use serde_json::Value;

#[test]
fn health_is_the_exit_status() {
    let program = Program::start(["--quiet"]);
    let address = program.url.trim_start_matches("http://").to_owned();
    let health = || command().args(["health", &address]).output().unwrap();
    assert!(health().status.success());
    program.stop("-TERM");
    let output = health();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&address));
    // A server that is none.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || drop(other.accept()));
    let output = command().args(["health", &address]).output().unwrap();
    server.join().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn commands_of_the_dockerfile_run() {
    let dockerfile = include_str!("../Dockerfile");
    let arguments = |instruction: &str| {
        let (_, rest) = dockerfile.split_once(instruction).unwrap();
        let array = &rest[rest.find('[').unwrap()..=rest.find(']').unwrap()];
        let array: Vec<String> = serde_json::from_str(array).unwrap();
        assert_eq!(array[0], "katapult-sandbox");
        array[1..].to_vec()
    };
    let program = Program::start(arguments("\nENTRYPOINT "));
    let (_, port) = program.url.rsplit_once(':').unwrap();
    let mut health = command();
    // The port is free to choose on a test machine, and 8080 in a container.
    let health = health
        .args(arguments("\nHEALTHCHECK "))
        .arg(format!("127.0.0.1:{port}"));
    assert!(health.output().unwrap().status.success());
    let (status, _) = program.stop("-TERM");
    assert!(status.success());
}

#[test]
fn json_log_is_an_object_per_line() {
    if !is_installed("curl") {
        return skipped("json_log_is_an_object_per_line", "curl is not installed");
    }
    for (options, requests) in [(&[][..], 2), (&["--quiet"], 0)] {
        let arguments = [&["--log-format", "json", "--port", "0"], options].concat();
        let mut program = command()
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let mut events = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
        let started = events.next().unwrap();
        assert_eq!(started["event"], "started");
        let (url, token) = (started["url"].as_str(), started["token"].as_str());
        for path in ["organizations", "tasks/task?task[id]=task_none"] {
            let header = format!("Authorization: Bearer {}", token.unwrap());
            let url = format!("{}/core/v1/{path}", url.unwrap());
            let mut curl = Command::new("curl");
            curl.args(["-gs", "--noproxy", "*", "-H", &header, &url]);
            assert!(curl.output().unwrap().status.success());
        }
        // Before the signal: the log is written by a thread of its own, which the end does not wait for.
        let logged: Vec<_> = events.by_ref().take(requests).collect();
        assert!(logged.iter().all(|event| event["event"] == "request"));
        if let [listed, refused] = &logged[..] {
            assert_eq!(listed["status"], 200);
            assert_eq!(refused["operation"], "tasks.get");
            assert_eq!(refused["error_code"], "task_not_found");
        }
        let mut kill = Command::new("kill");
        kill.args(["-TERM", &program.id().to_string()]);
        assert!(kill.status().unwrap().success());
        let rest: Vec<_> = events.map(|event| event["event"].clone()).collect();
        assert_eq!(rest, ["stopped"]);
        assert!(program.wait().unwrap().success());
    }
}
