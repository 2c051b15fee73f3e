//! Waiting, in paused time: when looks are taken, what is looked past, and the ways in which it ends.

#![cfg(all(feature = "virtual-machines", feature = "tasks"))]

mod support;

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::types::VirtualMachineState;
use katapult_core::{PollPolicy, WaitError};
use support::{Fault, Script, Step, failure, fault, post, refused, response, web};
use tokio::time::Instant;

fn task(status: &str) -> Step {
    response(
        200,
        format!(r#"{{"task":{{"id":"task_1","status":"{status}","progress":40}}}}"#),
    )
}

fn machine(state: &str) -> Step {
    response(
        200,
        format!(r#"{{"virtual_machine":{{"id":"vm_1","state":"{state}"}}}}"#),
    )
}

fn millis(waits: &[u64]) -> Vec<Duration> {
    waits.iter().copied().map(Duration::from_millis).collect()
}

#[tokio::test(start_paused = true)]
async fn looks_back_off_to_a_cap_with_the_clients_jitter() {
    let mut steps = vec![task("pending"); 6];
    steps.push(task("completed"));
    // The script's chance is one half of the quarter that is left to it.
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
        let script = Script::new(steps.clone());
        post(&script.client()).wait().poll(policy).await.unwrap();
        assert_eq!(script.waits(), millis(&waits));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_done_at_once_is_not_looked_at() {
    let script = Script::new([task("completed")]);
    let completed = post(&script.client()).wait().await.unwrap();
    assert_eq!((script.seen().len(), completed.progress), (1, Some(40)));
    assert_eq!(completed.response().task.id, "task_1");
    let script = Script::new([task("failed")]);
    let error = post(&script.client()).wait().await.unwrap_err();
    assert!(error.is_failed() && script.seen().len() == 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_is_not_waited_for() {
    let script = Script::new([failure(404, "virtual_machine_not_found", "No", "{}")]);
    let error = post(&script.client()).wait().await.unwrap_err();
    assert!(matches!(&error, WaitError::Request(error) if error.is_not_found()));
    assert_eq!(script.seen().len(), 1);
    // The call's own retries hold for the call.
    let script = Script::new([refused(), task("completed")]);
    post(&script.client()).wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_task_is_waited_for_by_its_id_in_another_process() {
    let script = Script::new([task("running"), task("completed")]);
    let task = script.client().tasks().wait("task_1").await.unwrap();
    assert_eq!(task.id, "task_1");
    assert!(
        script.seen()[0]
            .url
            .ends_with("/tasks/task?task%5Bid%5D=task_1")
    );
}

#[tokio::test(start_paused = true)]
async fn errors_that_may_pass_are_looked_past_for_a_time() {
    let troubles = [
        fault(Fault::Refused),
        fault(Fault::Reset),
        fault(Fault::Truncated),
        refused(),
        response(502, ""),
        response(504, ""),
    ];
    for trouble in &troubles {
        let steps = [trouble.clone(), trouble.clone(), task("completed")];
        let script = Script::new(steps);
        script.client().tasks().wait("task_1").await.unwrap();
        assert_eq!(script.seen().len(), 3, "a look is sent once: {trouble:?}");

        let script = Script::new([task("running"), trouble.clone()]);
        let begun = Instant::now();
        let policy = PollPolicy::default().tolerate_errors_for(Duration::from_secs(20));
        let wait = script.client().tasks().wait("task_1").poll(policy);
        let error = wait.await.unwrap_err();
        assert!(error.is_polling(), "{error}");
        assert_eq!(error.state().unwrap().id, "task_1");
        let took = begun.elapsed().as_secs();
        assert!((20..=30).contains(&took), "{took}");
    }
    // Trouble that is over is forgotten.
    let mut steps = Vec::new();
    for _ in 0..20 {
        steps.extend([refused(), refused(), task("running")]);
    }
    steps.push(task("completed"));
    let script = Script::new(steps);
    let policy = PollPolicy::default().tolerate_errors_for(Duration::from_secs(20));
    script
        .client()
        .tasks()
        .wait("task_1")
        .poll(policy)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_error_that_will_not_pass_ends_it_at_once() {
    let table = [
        failure(404, "task_not_found", "No", "{}"),
        failure(403, "scope_not_granted", "No", "{}"),
        response(200, "no JSON"),
        response(500, ""),
    ];
    for step in table {
        let script = Script::new([task("running"), step]);
        let error = script.client().tasks().wait("task_1").await.unwrap_err();
        assert!(error.is_polling() && !error.is_timed_out(), "{error}");
        assert_eq!(script.seen().len(), 2);
        assert!(error.to_string().starts_with("polling failed: get task: "));
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_up_one_last_look_is_taken() {
    let limit = Duration::from_secs(9);
    // It was done just in time.
    let script = Script::new([
        task("running"),
        task("running"),
        task("running"),
        task("completed"),
    ]);
    let begun = Instant::now();
    let wait = script.client().tasks().wait("task_1").timeout(limit);
    wait.await.unwrap();
    assert_eq!((begun.elapsed(), script.seen().len()), (limit, 4));
    // It was not.
    let script = Script::new([task("running")]);
    let wait = script.client().tasks().wait("task_1").timeout(limit);
    let error = wait.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "timed out after 9s; last state: task task_1: running"
    );
    assert!(error.error().is_none());
    // Nobody knows.
    let script = Script::new([refused()]);
    let wait = script.client().tasks().wait("task_1").timeout(limit);
    let error = wait.await.unwrap_err();
    assert!(error.is_timed_out() && error.state().is_none() && error.error().is_some());
    // A look that hangs does not keep it much longer.
    let script = Script::new([task("running"), task("running").after(3600)]);
    let begun = Instant::now();
    let wait = script.client().tasks().wait("task_1").timeout(limit);
    let error = wait.await.unwrap_err();
    assert!(error.is_timed_out() && error.state().is_some(), "{error}");
    assert!(begun.elapsed() <= limit + Duration::from_secs(10));
    // The default.
    let script = Script::new([task("running")]);
    let begun = Instant::now();
    let error = script.client().tasks().wait("task_1").await.unwrap_err();
    assert!(error.is_timed_out());
    assert_eq!(begun.elapsed(), Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn a_machine_walks_through_its_states() {
    let walk = [
        "stopped",
        "allocating",
        "allocated",
        "starting",
        "migrating",
        "started",
    ];
    let script = Script::new(walk.map(machine));
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = told.clone();
    let machine = script
        .client()
        .virtual_machines()
        .wait_for(web(), VirtualMachineState::Started)
        .progress(move |machine| {
            let state = machine.state.as_ref().map(ToString::to_string);
            telling.lock().unwrap().push(state.unwrap());
        })
        .await
        .unwrap();
    assert_eq!(machine.id, "vm_1");
    assert_eq!(*told.lock().unwrap(), walk);

    let script = Script::new([self::machine("starting"), self::machine("failed")]);
    let machines = script.client().virtual_machines();
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
async fn a_machine_is_gone_when_there_is_none() {
    let missing = failure(404, "virtual_machine_not_found", "No", "{}");
    let script = Script::new([machine("stopped"), missing]);
    let gone = script.client().virtual_machines().wait_until_gone(web());
    assert!(gone.await.unwrap().is_none());
    let trashed = failure(406, "object_in_trash", "It is in the trash", "{}");
    let script = Script::new([trashed]);
    let gone = script.client().virtual_machines().wait_until_gone(web());
    assert!(gone.await.unwrap_err().error().unwrap().is_in_trash());
}

#[tokio::test(start_paused = true)]
async fn dropped_it_stops_and_a_stream_goes_on_where_it_was() {
    let script = Script::new([task("running")]);
    let wait = script.client().tasks().wait("task_1").into_future();
    let limit = Duration::from_secs(8);
    assert!(tokio::time::timeout(limit, wait).await.is_err());
    let looks = script.seen().len();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(script.seen().len(), looks);

    let script = Script::new([task("pending"), task("running"), task("completed")]);
    let mut states = script.client().tasks().wait("task_1").states();
    let mut seen = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_millis(300), states.next()).await {
            Ok(Some(state)) => seen.push(state.unwrap().status.unwrap().to_string()),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    assert_eq!(seen, ["pending", "running", "completed"]);
    assert_eq!(script.seen().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn they_can_be_spawned() {
    let script = Script::new([task("running"), task("completed")]);
    let client = script.client();
    let spawned = tokio::spawn(async move { client.tasks().wait("task_1").await });
    spawned.await.unwrap().unwrap();
    let client = Script::new([task("running"), task("completed")]).client();
    let waiting = tokio::spawn(post(&client).wait().into_future());
    waiting.await.unwrap().unwrap();
}
