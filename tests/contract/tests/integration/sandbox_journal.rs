//! The journal of the sandbox is a recording: all of it passes the replay through the client.

use std::path::PathBuf;

use katapult_contract::replay::Replay;
use katapult_sandbox::{Sandbox, Time};

const MACHINE: &str = "/core/v1/virtual_machines/virtual_machine";
const BY_FQDN: &str = "?virtual_machine[fqdn]=web-1.acme.example";

/// Sends a request over HTTP, as the journal contains no others, and returns the body.
async fn send(sandbox: &Sandbox, method: &str, target: &str, body: &'static str) -> String {
    let url = format!("{}{target}", sandbox.url());
    let request = reqwest::Client::new().request(method.parse().unwrap(), url);
    let request = request.bearer_auth(sandbox.token()).body(body);
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn journal_replays_through_the_client() {
    let journal = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sandbox-journal.jsonl");
    let faults = [
        "virtual_machines.get:429_for=1s#1",
        "tasks.get:unavailable#1",
    ];
    let sandbox = Sandbox::builder()
        .time(Time::Manual)
        .faults(faults.map(|fault| fault.parse().unwrap()))
        .journal(&journal)
        .start()
        .await
        .unwrap();
    let list = "/core/v1/organizations/organization/virtual_machines";
    let page = "?organization[sub_domain]=acme&per_page=2";
    send(&sandbox, "GET", &format!("{list}{page}"), "").await;
    for _ in 0..2 {
        send(&sandbox, "GET", &format!("{MACHINE}{BY_FQDN}"), "").await;
    }
    let lookup = r#"{"virtual_machine":{"fqdn":"web-1.acme.example"}}"#;
    let task = send(&sandbox, "POST", &format!("{MACHINE}/shutdown"), lookup).await;
    let task: serde_json::Value = serde_json::from_str(&task).unwrap();
    let task = task["task"]["id"].as_str().unwrap();
    sandbox.advance(std::time::Duration::from_secs(30));
    for _ in 0..2 {
        let target = format!("/core/v1/tasks/task?task[id]={task}");
        send(&sandbox, "GET", &target, "").await;
    }
    let nobody = BY_FQDN.replace("web-1", "nobody");
    send(&sandbox, "GET", &format!("{MACHINE}{nobody}"), "").await;

    let statuses: Vec<_> = sandbox
        .requests()
        .iter()
        .map(|request| request.status)
        .collect();
    assert_eq!(statuses, [200, 429, 200, 200, 503, 200, 404]);
    let report = Replay::start()
        .await
        .unwrap()
        .run(&[journal])
        .await
        .unwrap();
    assert!(report.is_success(), "{report}");
    assert_eq!(report.exchanges, statuses.len());
}
