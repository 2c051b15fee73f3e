//! The program `quota` with requests that fit into one minute, so that nothing waits.

use std::process::Command;

use serde_json::Value;

#[test]
fn requests_within_the_quota_are_neither_delayed_nor_refused() {
    for pace in ["on", "off"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quota"));
        command.args(["--workers", "4", "--requests", "102", "--permitted", "1000"]);
        let output = command.args(["--pace", pace, "--json"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        let summary: Value = serde_json::from_str(&text).unwrap();
        let keys: Vec<_> = summary.as_object().unwrap().keys().cloned().collect();
        let mut expected = ["makespan", "ideal", "ratio", "refused", "refused_ratio"];
        expected.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(
            (&summary["refused"], &summary["ratio"]),
            (&0.into(), &1.0.into())
        );
    }
}

#[test]
fn zero_quota_is_rejected() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quota"));
    let output = command.args(["--permitted", "0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
