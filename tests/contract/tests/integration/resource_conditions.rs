//! Waiters for builds, disks, object storage and file storage volumes, through all their states.

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::{
    DiskLookup, FileStorageVolumeLookup, ObjectStorageClusterLookup, OrganizationLookup,
    VirtualMachineBuildLookup, VirtualMachineDiskState,
};
use katapult_core::{Client, PollPolicy};
use serde_json::{Value, json};
use tokio::time::Instant;

fn client(responses: impl IntoIterator<Item = ScriptedResponse>) -> (Client, ScriptedClient) {
    let scripted = ScriptedClient::new(responses);
    (scripted.client().unwrap(), scripted)
}

/// Returns a response for each state of the object.
fn states(noun: &str, field: &str, states: &[&str]) -> Vec<ScriptedResponse> {
    let objects = states
        .iter()
        .map(|state| json!({ noun: { "id": "x_1", field: state } }));
    objects.map(|body| ScriptedResponse::json(&body)).collect()
}

#[tokio::test(start_paused = true)]
async fn build_is_polled_until_complete_or_failed() {
    let sequence = ["draft", "pending", "building"];
    let mut responses = states("virtual_machine_build", "state", &sequence);
    let build = json!({ "id": "x_1", "state": "complete", "virtual_machine": { "id": "vm_1" } });
    responses.push(ScriptedResponse::json(
        &json!({ "virtual_machine_build": build }),
    ));
    let (katapult, scripted) = client(responses);
    let lookup = VirtualMachineBuildLookup::id("x_1");
    let build = katapult.virtual_machine_builds().wait(&lookup).await;
    assert_eq!(build.unwrap().virtual_machine.unwrap().id, "vm_1");
    assert_eq!(scripted.requests().len(), 4);

    let (katapult, _) = client(states("virtual_machine_build", "state", &["failed"]));
    let error = katapult.virtual_machine_builds().wait(&lookup).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "wait failed: virtual machine build x_1: failed"
    );

    let (katapult, _) = client(states("virtual_machine_build", "state", &["building"]));
    let started = Instant::now();
    let error = katapult.virtual_machine_builds().wait(&lookup).await;
    assert!(error.unwrap_err().is_timed_out());
    assert_eq!(started.elapsed(), Duration::from_secs(30 * 60));
}

#[tokio::test(start_paused = true)]
async fn disk_is_polled_until_built_and_attached() {
    let disk = DiskLookup::id("x_1");
    let sequence = [
        "not_built",
        "building",
        "installing",
        "configuring",
        "built",
    ];
    let (katapult, scripted) = client(states("disk", "state", &sequence));
    katapult.disks().wait(&disk).await.unwrap();
    assert_eq!(scripted.requests().len(), 5);
    let (katapult, _) = client(states("disk", "state", &["resizing", "failed"]));
    assert!(katapult.disks().wait(&disk).await.unwrap_err().is_failed());

    let attachment = |state: Value| {
        let disk = json!({ "id": "x_1", "state": "built", "virtual_machine_disk": state });
        ScriptedResponse::json(&json!({ "disk": disk }))
    };
    let state = |state: &str| attachment(json!({ "state": state }));
    let (katapult, _) = client([state("attaching"), state("attached")]);
    let attached = katapult
        .disks()
        .wait_for_attachment(&disk, VirtualMachineDiskState::Attached);
    attached.await.unwrap();
    let (katapult, scripted) = client([state("detaching"), attachment(Value::Null)]);
    let detached = katapult
        .disks()
        .wait_for_attachment(&disk, VirtualMachineDiskState::Detached);
    detached.await.unwrap();
    assert_eq!(scripted.requests().len(), 2);
    let (katapult, _) = client([state("attaching"), state("failed")]);
    let attached = katapult
        .disks()
        .wait_for_attachment(&disk, VirtualMachineDiskState::Attached);
    assert!(attached.await.unwrap_err().is_failed());
}

#[tokio::test(start_paused = true)]
async fn object_storage_failure_counts_only_if_it_lasts() {
    let acme = OrganizationLookup::sub_domain("acme");
    let cluster = ObjectStorageClusterLookup::region("x_1");
    let states = |all: &[&str]| states("object_storage_account", "provisioning_state", all);
    let sequence = [
        "provisioning",
        "failed",
        "failed",
        "failed",
        "failed",
        "provisioned",
    ];
    let (katapult, scripted) = client(states(&sequence));
    katapult
        .object_storage()
        .wait(&acme, &cluster)
        .await
        .unwrap();
    assert_eq!(scripted.requests().len(), 6);

    // A failure that lasts for a minute is final.
    let (katapult, _) = client(states(&["failed"]));
    let started = Instant::now();
    let error = katapult.object_storage().wait(&acme, &cluster).await;
    assert!(error.unwrap_err().is_failed());
    let took = started.elapsed().as_secs();
    assert!((60..=70).contains(&took), "{took}");

    // The account does not exist yet.
    let missing = ScriptedResponse::api_error(404, "object_storage_account_not_found");
    let settled = states(&["provisioned"]).remove(0);
    let (katapult, _) = client([missing.clone(), missing.clone(), settled]);
    katapult
        .object_storage()
        .wait(&acme, &cluster)
        .await
        .unwrap();
    let (katapult, _) = client([missing]);
    let error = katapult.object_storage().wait(&acme, &cluster).await;
    assert!(error.unwrap_err().is_polling());
    // Any other 404 is permanent.
    let (katapult, scripted) = client([ScriptedResponse::api_error(404, "organization_not_found")]);
    let error = katapult.object_storage().wait(&acme, &cluster).await;
    assert!(error.unwrap_err().error().unwrap().is_not_found());
    assert_eq!(scripted.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn file_storage_volume_is_polled_until_ready_or_failed() {
    let volume = FileStorageVolumeLookup::id("x_1");
    let sequence = ["pending", "configuring", "ready"];
    let (katapult, _) = client(states("file_storage_volume", "state", &sequence));
    let wait = katapult.file_storage_volumes().wait(&volume);
    let eager = PollPolicy::default().initial_interval(Duration::from_millis(10));
    assert_eq!(wait.poll(eager).await.unwrap().id, "x_1");
    let (katapult, _) = client(states("file_storage_volume", "state", &["failed"]));
    let wait = katapult.file_storage_volumes().wait(&volume);
    assert!(wait.await.unwrap_err().is_failed());
}
