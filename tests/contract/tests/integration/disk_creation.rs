//! The creation of a disk whose response was lost: it is found again, without its task, and waited for.

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::{DataCenterLookup, DiskLookup, OrganizationLookup, Task, TaskStatus};
use katapult_core::{Client, Completed, PollPolicy, WaitError, disks};
use katapult_sandbox::{Sandbox, Time};
use serde_json::json;

type Created = Result<Completed<disks::CreateResponse, Task>, WaitError<Task>>;

/// Creates a disk that is found again by its name, and waits until it is built.
async fn create(client: &Client) -> Created {
    let acme = OrganizationLookup::sub_domain("acme");
    let disks = client.disks();
    disks
        .create(&acme, DataCenterLookup::permalink("north-1"), "data", 10)
        .reconcile_in(disks.list(&acme), |client, disk| {
            let created = disk.name.as_deref() == Some("data");
            created.then(|| client.disks().get(DiskLookup::id(&disk.id)))
        })
        .wait()
        .poll(PollPolicy::default().initial_interval(Duration::from_millis(100)))
        .await
}

#[tokio::test(start_paused = true)]
async fn disk_found_again_is_waited_for_by_its_state() {
    for (last, expected) in [
        ("built", None),
        ("failed", Some("wait failed: disk disk_1: failed")),
    ] {
        let server = ScriptedClient::from_fn(move |request, earlier| {
            let disk = |state: &str| json!({ "id": "disk_1", "name": "data", "state": state });
            let list = request.path().ends_with("/disks") && request.method == "GET";
            match earlier.len() {
                0 => ScriptedResponse::connection_reset(),
                // Executed 3 s after its response was lost.
                _ if list && earlier.len() < 3 => ScriptedResponse::json(
                    &json!({ "disks": [], "pagination": { "total_pages": 1 } }),
                ),
                _ if list => ScriptedResponse::json(
                    &json!({ "disks": [disk("installing")], "pagination": { "total_pages": 1 } }),
                ),
                1..7 => ScriptedResponse::json(&json!({ "disk": disk("installing") })),
                _ => ScriptedResponse::json(&json!({ "disk": disk(last) })),
            }
        });
        let created = create(&server.client().unwrap()).await;
        let posts = server.requests();
        let posts = posts.iter().filter(|request| request.method == "POST");
        assert_eq!(posts.count(), 1, "{last}");
        match expected {
            None => {
                let created = created.unwrap();
                let task = created.task();
                assert_eq!(task.status, Some(TaskStatus::Completed));
                assert_eq!(task.name.as_deref(), Some("disk disk_1: built"));
                assert_eq!(created.id, "disk_1");
                let response = created.response();
                assert_eq!(
                    (response.disk.id.as_str(), response.attempts()),
                    ("disk_1", 1)
                );
                assert!(response.task.is_none());
            }
            Some(text) => assert_eq!(created.unwrap_err().to_string(), text),
        }
    }
}

#[tokio::test]
async fn disk_created_late_in_the_sandbox_is_created_once() {
    let sandbox = Sandbox::builder()
        .time(Time::Scaled(100.0))
        .fault("disks.create:late=300ms#1".parse().unwrap())
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .base_url(sandbox.url())
        .token(sandbox.token())
        .build()
        .unwrap();
    let created = create(&client).await.unwrap();
    assert_eq!(created.task().status, Some(TaskStatus::Completed));
    let disks = sandbox.world(|world| {
        let disks = world.find_by("Disk", "name", "data");
        disks
            .map(|disk| disk.text("state").to_owned())
            .collect::<Vec<_>>()
    });
    assert_eq!(disks, ["built"]);
}
