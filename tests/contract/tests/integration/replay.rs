//! The program `replay`: real recordings where they are available, and its report.
//!
//! The faults that it finds are in `replay_detects_faults.rs`.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// The folder of real recordings, next to the workspace.
fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings")
}

fn replay(arguments: &[&str], path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_replay"))
        .args(arguments)
        .arg(path)
        .output()
        .unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Prints a line even if the test passes: the test harness captures only the macros' output.
fn print(line: &str) {
    io::stderr()
        .write_all(format!("{line}\n").as_bytes())
        .unwrap();
}

#[test]
fn real_recordings_are_read_without_loss() {
    let path = recordings();
    if !path.is_dir() {
        print("replay: skipped, there are no recordings in ../shared/recordings");
        return;
    }
    let output = replay(&["--json"], &path);
    let report = report(&output);
    print(&format!(
        "replay: read {} exchanges of {} files",
        report["exchanges"], report["files"]
    ));
    let first = report["failures"]
        .as_array()
        .unwrap()
        .iter()
        .take(5)
        .collect::<Vec<_>>();
    assert_eq!(report["failed"], 0, "{first:#?}");
    assert_eq!(report["unmatched"], 0);
    assert_eq!(report["decoded"], report["exchanges"]);
    let count = |key: &str| report[key].as_u64().unwrap();
    assert_eq!(report["requests"], report["exchanges"]);
    assert_eq!(count("requests_failed"), 0, "{first:#?}");
    assert!(
        count("requests_excused") * 200 <= count("requests"),
        "too many are excused"
    );
    assert!(output.status.success());
}

/// A folder with one file of recordings.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, lines: &[String]) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("replay-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("story.jsonl"), lines.join("\n") + "\n").unwrap();
        Self(path)
    }
}

fn line(method: &str, path: &str, status: u16, body: &Value) -> String {
    let mut headers = json!({"content-type": "application/json"});
    if status >= 400 {
        headers["x-api-schema"] = json!("json-error");
    }
    json!({
        "method": method,
        "url": format!("https://api.katapult.io/core/v1{path}"),
        "request_body": "",
        "status": status,
        "headers": headers,
        "response_body": body.to_string(),
    })
    .to_string()
}

fn task(body: &Value) -> String {
    line("GET", "/tasks/task_abc", 200, &json!({ "task": body }))
}

fn good() -> Vec<String> {
    let not_found = json!({"error": {"code": "virtual_machine_not_found", "description": "None", "detail": {}}});
    vec![
        task(&json!({"id": "task_abc", "name": "Stop", "status": "running", "mood": "new"})),
        line(
            "POST",
            "/virtual_machines/_/shutdown?virtual_machine[id]=vm_1",
            200,
            &json!({"task": {"id": "task_1", "name": "Shut down", "status": "paused"}}),
        ),
        line(
            "GET",
            "/virtual_machines/_?virtual_machine[id]=vm_1",
            404,
            &not_found,
        ),
    ]
}

#[test]
fn report_counts_exchanges_and_operations() {
    let folder = Folder::new("good", &good());
    let output = replay(&["--json"], &folder.0);
    let mut report = report(&output);
    assert!(report["seconds"].is_number());
    report["seconds"] = json!(0);
    assert_eq!(
        report,
        json!({
            "files": 1, "exchanges": 3, "decoded": 3, "failed": 0, "unmatched": 0, "failures": [],
            "requests": 3, "requests_equal": 3, "requests_excused": 0, "requests_failed": 0,
            "unknown_fields": {"tasks.get.task.mood": 1},
            "error_codes": {"virtual_machine_not_found": 1},
            "operations": {"tasks.get": 1, "virtual_machines.shutdown": 1, "virtual_machines.get": 1},
            "seconds": 0,
        })
    );
    assert!(output.status.success());

    let output = replay(&[], &folder.0.join("story.jsonl"));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.ends_with("3 decoded, 0 failed, 0 of these unmatched\n"),
        "{table}"
    );
    assert!(output.status.success());
}

#[test]
fn text_and_html_responses_are_accepted() {
    let exchange = |path: &str, status: u16, kind: &str, body: &str| {
        json!({
            "method": "GET", "url": format!("https://api.katapult.io/core/v1{path}"), "status": status,
            "headers": {"content-type": kind}, "response_body": body,
        })
        .to_string()
    };
    let keys = "ssh-ed25519 AAAA someone@example.com\n";
    let folder = Folder::new(
        "text",
        &[
            exchange("/virtual_machine/authorized_keys", 200, "text/plain", keys),
            exchange("/tasks/_", 502, "text/html", "<html>"),
            exchange("/tasks/_", 404, "text/html", ""),
        ],
    );
    let output = replay(&["--json", "--responses-only"], &folder.0);
    let report = report(&output);
    assert_eq!(report["decoded"], 3, "{report}");
}

#[test]
fn failing_line_is_reported_with_its_number() {
    let cases = [
        (
            "a wrong type",
            task(&json!({"id": "task_1", "name": 7})),
            Some("tasks.get"),
            "task.name: 7 is not a value of type string",
        ),
        (
            "unknown address",
            line("GET", "/moons/_", 200, &json!({})),
            None,
            "no operation of the document is GET /moons/_",
        ),
        (
            "unknown method",
            line("PATCH", "/tasks/task", 200, &json!({})),
            None,
            "no operation of the document is PATCH /tasks/task",
        ),
        (
            "no exchange",
            "{}".to_owned(),
            None,
            "not a recorded exchange: missing field `method`",
        ),
    ];
    for (name, bad, operation, why) in cases {
        let mut lines = good();
        lines.insert(1, bad);
        let folder = Folder::new("bad", &lines);
        let output = replay(&["--json", "--responses-only"], &folder.0);
        let report = report(&output);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert_eq!(
            (&report["exchanges"], &report["decoded"], &report["failed"]),
            (&json!(4), &json!(3), &json!(1)),
            "{name}: {report}"
        );
        let failure = &report["failures"][0];
        assert!(
            failure["file"].as_str().unwrap().ends_with("story.jsonl"),
            "{name}: {failure}"
        );
        assert_eq!(failure["line"], 2, "{name}");
        assert_eq!(
            failure["operation"].as_str(),
            operation,
            "{name}: {failure}"
        );
        assert!(
            failure["why"].as_str().unwrap().starts_with(why),
            "{name}: {failure}"
        );
        let unmatched = usize::from(why.starts_with("no operation"));
        assert_eq!(report["unmatched"], unmatched, "{name}");
    }
}

#[test]
fn request_without_a_required_property_is_excused_only_if_it_was_refused() {
    let path = "/organizations/organization/tags";
    let error = json!({"error": {"code": "validation_error", "description": "Invalid", "detail": {"errors": ["Name can't be blank"]}}});
    let tag = json!({"tag": {"id": "tag_1"}});
    for (status, response, excused) in [(422, error, 1), (201, tag, 0)] {
        let mut exchange: Value =
            serde_json::from_str(&line("POST", path, status, &response)).unwrap();
        let body = json!({"organization": {"sub_domain": "acme"}, "properties": {}});
        exchange["request_body"] = json!(body.to_string());
        let folder = Folder::new("refused", &[exchange.to_string()]);
        let report = report(&replay(&["--json"], &folder.0));
        assert_eq!(report["requests_excused"], excused, "{report}");
        assert_eq!(report["requests_failed"], 1 - excused, "{report}");
    }
}

#[test]
fn empty_replay_is_a_failure() {
    let folder = Folder::new("empty", &[]);
    let output = replay(&["--json"], &folder.0);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report(&output)["exchanges"], 0);

    let output = replay(&["--json"], &folder.0.join("missing.jsonl"));
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("missing.jsonl"), "{message}");
}
