//! Waits that are saved as text, and continued by another client.

use std::time::Duration;

use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::{TrashObjectLookup, VirtualMachineState};
use katapult_core::{Client, WaitToken, prelude::*};
use serde_json::json;

use crate::support::*;

/// A server whose objects get ready after four polls, and are gone after eight.
fn server() -> ScriptedClient {
    ScriptedClient::from_fn(|request, earlier| {
        let polls = earlier
            .iter()
            .filter(|other| other.uri == request.uri)
            .count();
        let path = request.path();
        if path.ends_with("shutdown") {
            return response(200, r#"{"task":{"id":"task_1","status":"pending"}}"#);
        }
        let pick = |before: &str, after: &str| match polls < 4 {
            true => json!(before),
            false => json!(after),
        };
        let (kind, mut object) = match path.rsplit('/').next().unwrap_or_default() {
            "task" => ("task", json!({"status": pick("running", "completed")})),
            "virtual_machine_build" => {
                let state = pick("building", "complete");
                ("virtual_machine_build", json!({"state": state}))
            }
            "disk" => {
                let attachment = json!({"state": pick("attaching", "attached")});
                let state = pick("building", "built");
                (
                    "disk",
                    json!({"state": state, "virtual_machine_disk": attachment}),
                )
            }
            "virtual_machine" => {
                let state = pick("starting", "started");
                ("virtual_machine", json!({"state": state}))
            }
            _ => ("trash_object", json!({})),
        };
        if polls >= 8 {
            return failure(404, &format!("{kind}_not_found"), "No", "{}");
        }
        object["id"] = request.query_pairs().remove(0).1.into();
        response(200, json!({kind: object}).to_string())
    })
}

fn clients(server: &ScriptedClient) -> (Client, Client) {
    let client = || builder(server).build().unwrap();
    (client(), client())
}

/// Polls a waiter for a while, as a process that is stopped does.
async fn interrupted<T>(waiter: impl IntoFuture<Output = T>) {
    let limit = Duration::from_secs(3);
    assert!(
        tokio::time::timeout(limit, waiter.into_future())
            .await
            .is_err()
    );
}

fn parsed(token: &WaitToken) -> WaitToken {
    token.to_string().parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn task_of_an_operation_is_continued_by_another_client() {
    let server = server();
    let (first, second) = clients(&server);
    let (response, waiter) = post(&first).wait().start().await.unwrap();
    assert_eq!(response.task.id, "task_1");
    let token = waiter.resume_token();
    interrupted(waiter).await;
    assert_eq!(
        token.to_string(),
        "katapult-wait-1:tasks.get:settled:task%5Bid%5D=task_1"
    );
    let task = second.tasks().resume_wait(&parsed(&token)).unwrap().await;
    assert_eq!(task.unwrap().id, "task_1");
    let shutdowns = server.requests();
    let shutdowns = shutdowns
        .iter()
        .filter(|request| request.path().ends_with("shutdown"));
    assert_eq!(shutdowns.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn state_of_a_machine_and_its_end_are_continued_by_another_client() {
    let server = server();
    let (first, second) = clients(&server);
    let waiter = first
        .virtual_machines()
        .wait_for(web(), VirtualMachineState::Started);
    let token = waiter.resume_token();
    assert_eq!(token.operation(), "virtual_machines.get");
    interrupted(waiter).await;
    let machines = second.virtual_machines();
    let machine = machines
        .resume_wait(&parsed(&token))
        .unwrap()
        .await
        .unwrap();
    assert_eq!(machine.state, Some(VirtualMachineState::Started));

    let token = machines.wait_until_gone(web()).resume_token();
    let gone = machines.resume_wait_until_gone(&parsed(&token)).unwrap();
    assert!(gone.await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn purge_is_continued_by_another_client() {
    let server = server();
    let (first, second) = clients(&server);
    let object = TrashObjectLookup::object_id("vm_1");
    let waiter = first.trash_objects().wait_until_gone(object);
    let token = waiter.resume_token();
    interrupted(waiter).await;
    let gone = second
        .trash_objects()
        .resume_wait_until_gone(&parsed(&token));
    assert!(gone.unwrap().await.unwrap().is_none());
}

#[cfg(all(feature = "disks", feature = "virtual-machine-builds"))]
#[tokio::test(start_paused = true)]
async fn builds_disks_and_attachments_are_continued_by_another_client() {
    use katapult_core::types::VirtualMachineDiskState;
    let (first, second) = clients(&server());
    let token = first
        .virtual_machine_builds()
        .wait("vmbuild_1")
        .resume_token();
    let builds = second.virtual_machine_builds();
    builds.resume_wait(&parsed(&token)).unwrap().await.unwrap();
    let token = first.disks().wait("disk_1").resume_token();
    let disks = second.disks();
    disks.resume_wait(&parsed(&token)).unwrap().await.unwrap();
    let attached = VirtualMachineDiskState::Attached;
    let token = first
        .disks()
        .wait_for_attachment("disk_2", attached)
        .resume_token();
    assert_eq!(
        token.to_string(),
        "katapult-wait-1:disks.get:attachment=attached:disk%5Bid%5D=disk_2"
    );
    assert!(disks.resume_wait(&token).is_err());
    let waiter = disks.resume_wait_for_attachment(&parsed(&token)).unwrap();
    waiter.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn token_of_another_kind_of_wait_is_refused_with_the_reason() {
    let client = builder(&ScriptedClient::new(Vec::<ScriptedResponse>::new()))
        .build()
        .unwrap();
    let parse = |text: &str| text.parse::<WaitToken>().unwrap();
    let task = parse("katapult-wait-1:tasks.get:settled:task%5Bid%5D=task_1");
    let error = client.virtual_machines().resume_wait(&task).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid wait token: it is for tasks.get, and not for virtual_machines.get"
    );
    let gone = parse("katapult-wait-1:virtual_machines.get:gone:virtual_machine%5Bid%5D=vm_1");
    let error = client.virtual_machines().resume_wait(&gone).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid wait token: a wait for gone is resumed by another method of virtual_machines.get"
    );
    let settled =
        parse("katapult-wait-1:virtual_machines.get:settled:virtual_machine%5Bid%5D=vm_1");
    assert!(client.virtual_machines().resume_wait(&settled).is_err());
    assert!(
        client
            .trash_objects()
            .resume_wait_until_gone(&gone)
            .is_err()
    );
    let other_lookup = parse("katapult-wait-1:tasks.get:settled:task%5Bid%5D=");
    let error = client
        .tasks()
        .resume_wait(&other_lookup)
        .unwrap_err()
        .to_string();
    assert!(error.contains("its lookup is invalid"), "{error}");
    let none = parse("katapult-wait-1:tasks.get:settled:");
    assert!(client.tasks().resume_wait(&none).is_err());
}

#[tokio::test(start_paused = true)]
async fn token_contains_no_secret() {
    let (client, _) = clients(&server());
    let token = client
        .virtual_machines()
        .wait_for(web(), VirtualMachineState::Started)
        .resume_token();
    assert_eq!(
        token.to_string(),
        "katapult-wait-1:virtual_machines.get:state=started:virtual_machine%5Bfqdn%5D=web-1.acme.example"
    );
    assert!(!format!("{token:?}").contains(TOKEN));
}
