//! Many waits at once: results in the order of completion, failures, and the deadline.

use std::time::Duration;

use katapult_core::test_util::ScriptedClient;
use katapult_core::types::{Task, TaskLookup, VirtualMachineState};
use katapult_core::{Client, WaitAll, WaitError, prelude::*, wait_all};
use tokio::time::Instant;

use crate::support::*;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// A client of tasks whose id states when they end, in seconds from the start, and how: `task_7_completed`.
fn client() -> (Client, ScriptedClient) {
    let start = Instant::now();
    let scripted = ScriptedClient::from_fn(move |request, _| {
        let id = request.query("task[id]").unwrap_or_default();
        let mut parts = id.split('_').skip(1);
        let end = parts.next().and_then(|end| end.parse().ok()).unwrap_or(0);
        let status = match start.elapsed() < Duration::from_secs(end) {
            true => "running",
            false => parts.next().unwrap_or("completed"),
        };
        response(
            200,
            format!(
                r#"{{"task":{{"id":"{id}","status":"{status}"}},"virtual_machine":{{"id":"vm_1","state":"started"}}}}"#
            ),
        )
    });
    (builder(&scripted).build().unwrap(), scripted)
}

fn waits(client: &Client, ids: &[&'static str]) -> WaitAll<&'static str, Task, WaitError<Task>> {
    wait_all(
        ids.iter()
            .map(|id| (*id, client.tasks().wait(TaskLookup::id(*id)))),
    )
}

#[tokio::test(start_paused = true)]
async fn results_arrive_in_the_order_of_completion_with_progress() {
    let (client, _) = client();
    let mut all = waits(
        &client,
        &["task_30_completed", "task_10_failed", "task_20_completed"],
    );
    assert_eq!(all.progress().to_string(), "0 of 3 waits ended");
    let (id, result) = all.next().await.unwrap();
    assert!(result.unwrap_err().is_failed());
    assert_eq!(id, "task_10_failed");
    assert_eq!(all.progress().to_string(), "1 of 3 waits ended, 1 failed");
    // Waits can be added while others run.
    all.push("task_0_completed", client.tasks().wait("task_0_completed"));
    let mut order = Vec::new();
    while let Some((id, result)) = all.next().await {
        assert_eq!(result.unwrap().id, id);
        order.push(id);
    }
    assert_eq!(
        order,
        ["task_0_completed", "task_20_completed", "task_30_completed"]
    );
    let progress = all.progress();
    assert_eq!(
        (progress.succeeded, progress.ended(), progress.total),
        (3, 4, 4)
    );
    assert_eq!(all.unfinished().count(), 0);
    assert!(all.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn first_failure_ends_the_other_waits_if_requested() {
    let ids = ["task_5_failed", "task_60_completed", "task_1_completed"];
    let (client, scripted) = client();
    let outcome = waits(&client, &ids).stop_at_failure().await;
    assert_eq!(outcome.succeeded.len(), 1);
    assert_eq!(outcome.failed[0].0, "task_5_failed");
    assert_eq!(outcome.unfinished, ["task_60_completed"]);
    assert!(!outcome.is_success());
    let polls = scripted.requests().len();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scripted.requests().len(), polls);
    // By default, the others continue.
    let outcome = waits(&client, &ids).await;
    assert_eq!((outcome.succeeded.len(), outcome.failed.len()), (2, 1));
    assert!(outcome.unfinished.is_empty());
}

#[tokio::test(start_paused = true)]
async fn deadline_leaves_the_list_of_unfinished_waits() {
    let (client, scripted) = client();
    let started = Instant::now();
    let mut all = waits(
        &client,
        &[
            "task_900_completed",
            "task_3_completed",
            "task_800_completed",
        ],
    )
    .deadline(Duration::from_secs(120));
    assert!(all.next().await.unwrap().1.is_ok());
    assert!(all.next().await.is_none());
    assert_eq!(started.elapsed(), Duration::from_secs(120));
    let unfinished: Vec<_> = all.unfinished().copied().collect();
    assert_eq!(unfinished, ["task_900_completed", "task_800_completed"]);
    let polls = scripted.requests().len();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scripted.requests().len(), polls);
    // A deadline that is never reached.
    let all = waits(&client, &["task_1_completed"]).deadline(Duration::MAX);
    assert!(all.await.is_success());
}

#[tokio::test(start_paused = true)]
async fn waits_of_different_kinds_are_combined() {
    let (client, _) = client();
    let started = client
        .virtual_machines()
        .wait_for(web(), VirtualMachineState::Started);
    let task = client.tasks().wait("task_2_failed");
    let mut all = WaitAll::<u8, String, AnyError>::new();
    all.push(1, async { Ok(started.await?.id) });
    all.push(2, async { Ok(task.await?.id) });
    let outcome = all.await;
    assert_eq!(outcome.succeeded, [(1, "vm_1".to_owned())]);
    let (key, error) = &outcome.failed[0];
    assert_eq!(*key, 2);
    assert_eq!(error.to_string(), "wait failed: task task_2_failed: failed");
    assert!(error.downcast_ref::<WaitError<Task>>().is_some());
}

#[tokio::test(start_paused = true)]
async fn dropped_stream_ends_its_waits() {
    let (client, scripted) = client();
    let mut all = waits(&client, &["task_900_completed"]);
    let limit = Duration::from_secs(30);
    assert!(tokio::time::timeout(limit, all.next()).await.is_err());
    drop(all);
    // An abort takes effect when the runtime next runs the task.
    tokio::task::yield_now().await;
    let polls = scripted.requests().len();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scripted.requests().len(), polls);
    assert_eq!(WaitAll::<u8, (), ()>::new().await.succeeded, []);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "a wait that panics")]
async fn panic_of_a_wait_is_passed_on() {
    let mut all = WaitAll::<u8, (), ()>::new();
    all.push(1, async { panic!("a wait that panics") });
    all.next().await;
}
