//! Objects that walk through states: builds, disks, object storage, file storage volumes.

mod script;

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::types::{
    DiskLookup, FileStorageVolumeLookup, ObjectStorageClusterLookup, OrganizationLookup,
    VirtualMachineBuildLookup, VirtualMachineDiskState,
};
use katapult_core::{Client, PollPolicy};
use script::{Answer, Script, status};
use serde_json::{Value, json};
use tokio::time::Instant;

/// A client of a server that answers with these in turn; the last repeats.
fn client(answers: impl IntoIterator<Item = Answer>) -> (Client, Script) {
    let answers: Vec<Answer> = answers.into_iter().collect();
    let server = Script::new(move |request| {
        let seen = request.earlier(|_| true);
        answers[seen.min(answers.len() - 1)].clone()
    });
    (server.client(), server)
}

fn object(noun: &str, field: &str, state: &str) -> Answer {
    Answer::json(&json!({ noun: { "id": "x_1", field: state } }))
}

fn states(noun: &str, field: &str, states: &[&str]) -> Vec<Answer> {
    states
        .iter()
        .map(|state| object(noun, field, state))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_build() {
    let walk = ["draft", "pending", "building"];
    let mut answers = states("virtual_machine_build", "state", &walk);
    let build = json!({ "id": "x_1", "state": "complete", "virtual_machine": { "id": "vm_1" } });
    answers.push(Answer::json(&json!({ "virtual_machine_build": build })));
    let (katapult, server) = client(answers);
    let lookup = VirtualMachineBuildLookup::id("x_1");
    let build = katapult.virtual_machine_builds().wait(&lookup).await;
    assert_eq!(build.unwrap().virtual_machine.unwrap().id, "vm_1");
    assert_eq!(server.seen().len(), 4);

    let (katapult, _) = client(states("virtual_machine_build", "state", &["failed"]));
    let error = katapult.virtual_machine_builds().wait(&lookup).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "wait failed: virtual machine build x_1: failed"
    );

    let (katapult, _) = client(states("virtual_machine_build", "state", &["building"]));
    let begun = Instant::now();
    let error = katapult.virtual_machine_builds().wait(&lookup).await;
    assert!(error.unwrap_err().is_timed_out());
    assert_eq!(begun.elapsed(), Duration::from_secs(30 * 60));
}

#[tokio::test(start_paused = true)]
async fn a_disk() {
    let disk = DiskLookup::id("x_1");
    let walk = [
        "not_built",
        "building",
        "installing",
        "configuring",
        "built",
    ];
    let (katapult, server) = client(states("disk", "state", &walk));
    katapult.disks().wait(&disk).await.unwrap();
    assert_eq!(server.seen().len(), 5);
    let (katapult, _) = client(states("disk", "state", &["resizing", "failed"]));
    assert!(katapult.disks().wait(&disk).await.unwrap_err().is_failed());

    let attachment = |state: Value| {
        let disk = json!({ "id": "x_1", "state": "built", "virtual_machine_disk": state });
        Answer::json(&json!({ "disk": disk }))
    };
    let stands = |state: &str| attachment(json!({ "state": state }));
    let (katapult, _) = client([stands("attaching"), stands("attached")]);
    let attached = katapult
        .disks()
        .wait_for_attachment(&disk, VirtualMachineDiskState::Attached);
    attached.await.unwrap();
    let (katapult, server) = client([stands("detaching"), attachment(Value::Null)]);
    let detached = katapult
        .disks()
        .wait_for_attachment(&disk, VirtualMachineDiskState::Detached);
    detached.await.unwrap();
    assert_eq!(server.seen().len(), 2);
    let (katapult, _) = client([stands("attaching"), stands("failed")]);
    let attached = katapult
        .disks()
        .wait_for_attachment(&disk, VirtualMachineDiskState::Attached);
    assert!(attached.await.unwrap_err().is_failed());
}

#[tokio::test(start_paused = true)]
async fn object_storage_that_shows_a_failure_before_it_settles() {
    let acme = OrganizationLookup::sub_domain("acme");
    let cluster = ObjectStorageClusterLookup::region("x_1");
    let states = |all: &[&str]| states("object_storage_account", "provisioning_state", all);
    let walk = [
        "provisioning",
        "failed",
        "failed",
        "failed",
        "failed",
        "provisioned",
    ];
    let (katapult, server) = client(states(&walk));
    katapult
        .object_storage()
        .wait(&acme, &cluster)
        .await
        .unwrap();
    assert_eq!(server.seen().len(), 6);

    // A failure that lasts is one, and trouble in between does not make it last longer.
    let (katapult, _) = client(states(&["failed"]));
    let begun = Instant::now();
    let error = katapult.object_storage().wait(&acme, &cluster).await;
    assert!(error.unwrap_err().is_failed());
    let took = begun.elapsed().as_secs();
    assert!((60..=70).contains(&took), "{took}");

    // There is no account yet.
    let missing = json!({ "error": { "code": "object_storage_account_not_found", "description": "No", "detail": {} } });
    let missing = Answer {
        status: 404,
        ..Answer::json(&missing)
    };
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
    // Another 404 will not pass.
    let (katapult, server) = client([status(404)]);
    let error = katapult.object_storage().wait(&acme, &cluster).await;
    assert!(error.unwrap_err().error().unwrap().is_not_found());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_file_storage_volume() {
    let volume = FileStorageVolumeLookup::id("x_1");
    let walk = ["pending", "configuring", "ready"];
    let (katapult, _) = client(states("file_storage_volume", "state", &walk));
    let wait = katapult.file_storage_volumes().wait(&volume);
    let eager = PollPolicy::default().initial_interval(Duration::from_millis(10));
    assert_eq!(wait.poll(eager).await.unwrap().id, "x_1");
    let (katapult, _) = client(states("file_storage_volume", "state", &["failed"]));
    let wait = katapult.file_storage_volumes().wait(&volume);
    assert!(wait.await.unwrap_err().is_failed());
}
