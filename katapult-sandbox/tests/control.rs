//! The control of a sandbox over HTTP, and the reset of one in the same process.

#[path = "support/program.rs"]
mod program;
mod support;

use std::process::Command;
use std::time::Duration;

use katapult_sandbox::{Fault, Sandbox};
use program::{Program, is_installed, skipped};
use serde_json::json;
use support::Raw;

#[tokio::test]
async fn reset_sandbox_is_as_at_its_start() {
    let raw = Raw::with(Sandbox::builder().fault(Fault::rate_limit().times(1))).await;
    let sandbox = &raw.sandbox;
    let objects = sandbox.snapshot();
    let ids = |sandbox: &Sandbox| {
        sandbox.world(|world| world.objects().map(|o| o.id.clone()).collect::<Vec<_>>())
    };
    let known = ids(sandbox);
    for round in 0..2 {
        assert_eq!(
            raw.send("GET", "/core/v1/zones", None).await.status,
            429,
            "round {round}"
        );
        let body = json!({"organization": {"sub_domain": "acme"}, "properties": {"name": "reset"}});
        let path = "/core/v1/organizations/organization/tags";
        // Refused the second time, if the tag were still there.
        assert_eq!(
            raw.send("POST", path, Some(&body)).await.status,
            200,
            "round {round}"
        );
        sandbox.advance(Duration::from_secs(60));
        sandbox.reset();
        assert_eq!(sandbox.snapshot(), objects);
        assert_eq!(ids(sandbox), known, "ids come from the seed");
        assert!(sandbox.requests().is_empty());
    }
}

#[tokio::test]
async fn restored_task_needs_the_rest_of_its_time() {
    let raw = Raw::start().await;
    let body = json!({"virtual_machine": {"fqdn": "web-1.acme.example"}});
    let stop = "/core/v1/virtual_machines/virtual_machine/stop";
    let task = raw.send("POST", stop, Some(&body)).await.id("task");
    let checkpoint = raw.sandbox.checkpoint();
    let path = format!("/core/v1/tasks/task?task[id]={task}");
    for _ in 0..2 {
        let status = async || raw.send("GET", &path, None).await.json()["task"]["status"].clone();
        assert_eq!(status().await, "pending");
        raw.sandbox.advance(Duration::from_secs(60));
        assert_eq!(status().await, "completed");
        raw.sandbox.restore(&checkpoint);
    }
}

#[tokio::test]
async fn late_execution_ends_with_the_world_of_its_request() {
    let late = "tags.create:late=50ms#1".parse().unwrap();
    let raw = Raw::with(Sandbox::builder().fault(late)).await;
    let body = json!({"organization": {"sub_domain": "acme"}, "properties": {"name": "late"}});
    let path = "/core/v1/organizations/organization/tags";
    assert_eq!(raw.send("POST", path, Some(&body)).await.status, 504);
    raw.sandbox.reset();
    let objects = raw.sandbox.snapshot();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(raw.sandbox.snapshot(), objects);
}

#[tokio::test]
async fn control_needs_permission_but_health_does_not() {
    let raw = Raw::start().await;
    let health = raw.send("GET", "/sandbox/health", None).await;
    assert_eq!(
        (health.status, &health.json()["status"]),
        (200, &json!("ok"))
    );
    let reset = raw.send("POST", "/sandbox/reset", None).await;
    assert_eq!(
        (reset.status, reset.code().as_str()),
        (404, "control_disabled")
    );
    assert!(
        raw.sandbox.requests().is_empty(),
        "control requests are not recorded"
    );
}

#[tokio::test]
async fn invalid_control_request_changes_nothing() {
    let raw = Raw::with(Sandbox::builder().control()).await;
    let cases = [
        (
            "POST",
            "faults",
            json!({"faults": ["zones.list:504", "nonsense"]}),
            400,
        ),
        ("POST", "faults", json!({}), 400),
        ("POST", "clock", json!({"advance": "soon"}), 400),
        ("POST", "restore", json!({"snapshot": "one"}), 400),
        ("POST", "restore", json!({"snapshot": 1}), 404),
        ("PUT", "clock", json!({}), 405),
        ("POST", "health", json!({}), 405),
        ("GET", "nowhere", json!({}), 404),
    ];
    for (method, path, body, expected) in cases {
        let response = raw
            .send(method, &format!("/sandbox/{path}"), Some(&body))
            .await;
        assert_eq!(
            response.status, expected,
            "{method} {path}: {}",
            response.body
        );
        assert!(!response.code().is_empty(), "{method} {path}");
    }
    let faults = raw.send("GET", "/sandbox/faults", None).await;
    assert_eq!(faults.json(), json!({"faults": []}));
}

#[test]
fn python_client_controls_the_program() {
    if !is_installed("python3") {
        return skipped(
            "python_client_controls_the_program",
            "python3 is not installed",
        );
    }
    let sandbox = Program::start(["--control", "--quiet"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/control.py");
    let output = sandbox.run_client(Command::new("python3").arg(script));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(errors.contains("OK"), "{errors}");
}

#[tokio::test]
async fn recorded_requests_are_the_newest_within_the_bounds() {
    let builder = Sandbox::builder().max_recorded_requests(3);
    let raw = Raw::with(builder.max_recorded_bytes(20_000)).await;
    let send = async |name: usize, size: usize| {
        let body = json!({"name": "x".repeat(size)});
        let path = format!("/core/v1/zones/{name}");
        raw.send("POST", &path, Some(&body)).await;
        let requests = raw.sandbox.requests();
        let names = requests
            .iter()
            .map(|request| request.target[15..].to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(send(1, 0).await, "1");
    assert_eq!(send(2, 0).await, "1 2");
    assert_eq!(send(3, 0).await, "1 2 3");
    assert_eq!(send(4, 0).await, "2 3 4");
    assert_eq!(send(5, 12_000).await, "3 4 5");
    assert_eq!(send(6, 12_000).await, "6");
    assert_eq!(send(7, 30_000).await, "7");
}
