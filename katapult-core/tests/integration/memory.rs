//! The memory that a hostile response takes, in a process of its own.

use std::process::Command;

use katapult_core::test_util::ScriptedResponse;

use crate::support::*;

/// Bytes of the error response.
const BODY: usize = 14 << 20;

/// The program of the test below.
#[tokio::test(start_paused = true)]
#[ignore = "run by the other test, in a process of its own"]
async fn process_of_a_large_error() {
    let filler = "[],".repeat(BODY / 3);
    let body = format!(r#"{{"error":{{"code":"c","description":"d","detail":[{filler}1]}}}}"#);
    let (client, _) = client_of([ScriptedResponse::new(422, body)]);
    let error = post(&client).send().await.unwrap_err();
    assert!(error.is_validation() && !error.to_string().is_empty());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("peak:{}", peak.unwrap());
}

#[test]
fn large_error_body_takes_few_times_its_size() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command
        .args(["--exact", "memory::process_of_a_large_error"])
        .args(["--ignored", "--nocapture"])
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let peak = output.lines().find_map(|line| line.split_once("peak:"));
    let (_, peak) = peak.unwrap_or_else(|| panic!("{output}"));
    let kib: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    // The body itself twice, as the script and its source, and the program. A value takes 12 times as much.
    assert!(kib < 120 << 10, "{kib} KiB");
}
