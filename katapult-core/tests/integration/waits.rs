//! Waiters: intervals, errors that are tolerated, timeouts, and the results.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::VirtualMachineState;
use katapult_core::{PollPolicy, WaitError};
use tokio::time::Instant;

use crate::support::*;

fn task(status: &str) -> ScriptedResponse {
    response(
        200,
        format!(r#"{{"task":{{"id":"task_1","status":"{status}","progress":40}}}}"#),
    )
}

fn machine(state: &str) -> ScriptedResponse {
    response(
        200,
        format!(r#"{{"virtual_machine":{{"id":"vm_1","state":"{state}"}}}}"#),
    )
}

fn millis(waits: &[u64]) -> Vec<Duration> {
    waits.iter().copied().map(Duration::from_millis).collect()
}

#[tokio::test(start_paused = true)]
async fn intervals_grow_to_the_maximum_with_jitter() {
    let mut responses = vec![task("pending"); 6];
    responses.push(task("completed"));
    // The scripted jitter takes away half of the quarter that it may.
    let table = [
        (PollPolicy::default(), [875, 1750, 3500, 4375, 4375, 4375]),
        (
            PollPolicy::default().jitter(0.0),
            [1000, 2000, 4000, 5000, 5000, 5000],
        ),
        (
            PollPolicy::default()
                .jitter(0.0)
                .initial_interval(Duration::from_millis(100))
                .max_interval(Duration::from_millis(250)),
            [100, 200, 250, 250, 250, 250],
        ),
    ];
    for (policy, waits) in table {
        let scripted = ScriptedClient::new(responses.clone());
        let client = builder(&scripted).build().unwrap();
        post(&client).wait().poll(policy).await.unwrap();
        assert_eq!(scripted.pauses(), millis(&waits));
    }
}

#[tokio::test(start_paused = true)]
async fn finished_task_is_not_polled() {
    let (client, scripted) = client_of([task("completed")]);
    let completed = post(&client).wait().await.unwrap();
    assert_eq!(
        (scripted.requests().len(), completed.progress),
        (1, Some(40))
    );
    assert_eq!(completed.response().task.id, "task_1");
    let (client, scripted) = client_of([task("failed")]);
    let error = post(&client).wait().await.unwrap_err();
    assert!(error.is_failed() && scripted.requests().len() == 1);
}

#[cfg(feature = "disks")]
#[tokio::test(start_paused = true)]
async fn response_without_its_task_is_not_polled() {
    use katapult_core::types::DiskLookup;
    let body = r#"{"disk":{"id":"disk_1"}}"#;
    let (client, scripted) = client_of([response(200, body.to_owned())]);
    let disk = DiskLookup::id("disk_1");
    let error = client.disks().attach(disk).wait().await.unwrap_err();
    assert!(matches!(error, WaitError::NoTask { .. }), "{error:?}");
    assert!(error.state().is_none() && error.error().is_none());
    assert_eq!(
        error.to_string(),
        "attach disk succeeded, but its response has no task to wait for (request id 01J8ZK)"
    );
    assert_eq!(scripted.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn failed_call_is_not_polled() {
    let (client, scripted) = client_of([failure(404, "virtual_machine_not_found", "No", "{}")]);
    let error = post(&client).wait().await.unwrap_err();
    assert!(matches!(&error, WaitError::Request(error) if error.is_not_found()));
    assert_eq!(scripted.requests().len(), 1);
    // The call's own retries hold for the call.
    let (client, _) = client_of([unavailable(), task("completed")]);
    post(&client).wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn task_is_polled_by_its_id() {
    let (client, scripted) = client_of([task("running"), task("completed")]);
    let task = client.tasks().wait("task_1").await.unwrap();
    assert_eq!(task.id, "task_1");
    let request = &scripted.requests()[0];
    assert_eq!(request.path(), "/core/v1/tasks/task");
    assert_eq!(request.query("task[id]").as_deref(), Some("task_1"));
}

#[tokio::test(start_paused = true)]
async fn transient_errors_are_tolerated_for_a_time() {
    let errors = [
        refused(),
        reset(),
        truncated(),
        unavailable(),
        response(502, ""),
        response(504, ""),
    ];
    for error_response in &errors {
        let (client, scripted) = client_of([
            error_response.clone(),
            error_response.clone(),
            task("completed"),
        ]);
        client.tasks().wait("task_1").await.unwrap();
        assert_eq!(
            scripted.requests().len(),
            3,
            "{error_response:?} is not retried within a poll"
        );

        let (client, _) = client_of([task("running"), error_response.clone()]);
        let started = Instant::now();
        let policy = PollPolicy::default().tolerate_errors_for(Duration::from_secs(20));
        let wait = client.tasks().wait("task_1").poll(policy);
        let error = wait.await.unwrap_err();
        assert!(error.is_polling(), "{error}");
        assert_eq!(error.state().unwrap().id, "task_1");
        let elapsed = started.elapsed().as_secs();
        assert!((20..=30).contains(&elapsed), "{elapsed}");
    }
    // A success ends the time of tolerance.
    let mut responses = Vec::new();
    for _ in 0..20 {
        responses.extend([unavailable(), unavailable(), task("running")]);
    }
    responses.push(task("completed"));
    let client = builder(&ScriptedClient::new(responses)).build().unwrap();
    let policy = PollPolicy::default().tolerate_errors_for(Duration::from_secs(20));
    client.tasks().wait("task_1").poll(policy).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn permanent_error_ends_the_wait_at_once() {
    let table = [
        failure(404, "task_not_found", "No", "{}"),
        failure(403, "scope_not_granted", "No", "{}"),
        response(200, "no JSON"),
        response(500, ""),
    ];
    for step in table {
        let (client, scripted) = client_of([task("running"), step]);
        let error = client.tasks().wait("task_1").await.unwrap_err();
        assert!(error.is_polling() && !error.is_timed_out(), "{error}");
        assert_eq!(scripted.requests().len(), 2);
        assert!(
            error
                .to_string()
                .starts_with("polling failed: get task id task_1: ")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_polls_once_more_at_its_end() {
    let limit = Duration::from_secs(9);
    // It was done just in time.
    let (client, scripted) = client_of([
        task("running"),
        task("running"),
        task("running"),
        task("completed"),
    ]);
    let started = Instant::now();
    let wait = client.tasks().wait("task_1").timeout(limit);
    wait.await.unwrap();
    assert_eq!((started.elapsed(), scripted.requests().len()), (limit, 4));
    // It was not.
    let (client, _) = client_of([task("running")]);
    let wait = client.tasks().wait("task_1").timeout(limit);
    let error = wait.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "timed out after 9s; last state: task task_1: running"
    );
    assert!(error.error().is_none());
    // Nobody knows.
    let (client, _) = client_of([unavailable()]);
    let wait = client.tasks().wait("task_1").timeout(limit);
    let error = wait.await.unwrap_err();
    assert!(error.is_timed_out() && error.state().is_none() && error.error().is_some());
    // A look that hangs does not keep it much longer.
    let (client, _) = client_of([
        task("running"),
        task("running").delay(Duration::from_secs(3600)),
    ]);
    let started = Instant::now();
    let wait = client.tasks().wait("task_1").timeout(limit);
    let error = wait.await.unwrap_err();
    assert!(error.is_timed_out() && error.state().is_some(), "{error}");
    assert!(started.elapsed() <= limit + Duration::from_secs(10));
    // The default.
    let (client, _) = client_of([task("running")]);
    let started = Instant::now();
    let error = client.tasks().wait("task_1").await.unwrap_err();
    assert!(error.is_timed_out());
    assert_eq!(started.elapsed(), Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn machine_passes_its_states_to_progress() {
    let walk = [
        "stopped",
        "allocating",
        "allocated",
        "starting",
        "migrating",
        "started",
    ];
    let (client, _) = client_of(walk.map(machine));
    let states = Arc::new(Mutex::new(Vec::new()));
    let observed = states.clone();
    let started = client
        .virtual_machines()
        .wait_for(web(), VirtualMachineState::Started)
        .progress(move |machine| {
            let state = machine.state.as_ref().map(ToString::to_string);
            observed.lock().unwrap().push(state.unwrap());
        });
    assert_eq!(started.await.unwrap().id, "vm_1");
    assert_eq!(*states.lock().unwrap(), walk);

    let (client, _) = client_of([machine("starting"), machine("failed")]);
    let machines = client.virtual_machines();
    let error = machines
        .wait_for(web(), VirtualMachineState::Started)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "wait failed: virtual machine vm_1: failed"
    );
    let failed = machines.wait_for(web(), VirtualMachineState::Failed).await;
    assert!(failed.is_ok());
}

#[tokio::test(start_paused = true)]
async fn machine_is_deleted_when_it_is_not_found() {
    let missing = failure(404, "virtual_machine_not_found", "No", "{}");
    let (client, _) = client_of([machine("stopped"), missing]);
    let gone = client.virtual_machines().wait_until_gone(web());
    assert!(gone.await.unwrap().is_none());
    let trashed = failure(406, "object_in_trash", "It is in the trash", "{}");
    let (client, _) = client_of([trashed]);
    let gone = client.virtual_machines().wait_until_gone(web());
    assert!(gone.await.unwrap_err().error().unwrap().is_in_trash());
}

#[tokio::test(start_paused = true)]
async fn dropped_waiter_stops_and_stream_survives_dropped_polls() {
    let (client, scripted) = client_of([task("running")]);
    let wait = client.tasks().wait("task_1").into_future();
    let limit = Duration::from_secs(8);
    assert!(tokio::time::timeout(limit, wait).await.is_err());
    let polls = scripted.requests().len();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scripted.requests().len(), polls);

    let (client, scripted) = client_of([task("pending"), task("running"), task("completed")]);
    let mut states = client.tasks().wait("task_1").states();
    let mut states_read = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_millis(300), states.next()).await {
            Ok(Some(state)) => states_read.push(state.unwrap().status.unwrap().to_string()),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    assert_eq!(states_read, ["pending", "running", "completed"]);
    assert_eq!(scripted.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn waiters_can_be_spawned() {
    let (client, _) = client_of([task("running"), task("completed")]);
    let spawned = tokio::spawn(async move { client.tasks().wait("task_1").await });
    spawned.await.unwrap().unwrap();
    let (client, _) = client_of([task("running"), task("completed")]);
    let waiting = tokio::spawn(post(&client).wait().into_future());
    waiting.await.unwrap().unwrap();
}
