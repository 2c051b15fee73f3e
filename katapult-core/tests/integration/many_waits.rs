//! Many waits under one quota, in paused time: turns, the share of the quota, and calls that go first.

use std::collections::BTreeMap;
use std::time::Duration;

use katapult_core::test_util::{RecordedRequest, ScriptedClient};
use katapult_core::types::{TagLookup, TaskLookup};
use katapult_core::{Client, PollPolicy, prelude::*};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::support::*;

const LIMIT: u32 = 200;
const POLL: &str = "/core/v1/tasks/task";
/// The second of the scripted server's minute at the start.
const STARTED_AT: u64 = 42;

/// A server that counts each clock minute, in front of tasks that run for ever.
fn server() -> ScriptedClient {
    let start = Instant::now();
    ScriptedClient::from_fn(move |request, earlier| {
        let minute = |request: &RecordedRequest| minute(start, request);
        let now = minute(request);
        let in_minute = earlier
            .iter()
            .rev()
            .take_while(|request| minute(request) == now);
        let used = u32::try_from(in_minute.count()).unwrap() + 1;
        let response = match used > LIMIT {
            true => rate_limited(),
            false => {
                let id = request.query("task[id]").unwrap_or_default();
                let body = format!(
                    r#"{{"task":{{"id":"{id}","status":"running"}},"tag":{{"id":"tag_1"}}}}"#
                );
                response(200, body).header("x-ratelimit-permitted", LIMIT.to_string())
            }
        };
        response
            .header(
                "x-ratelimit-remaining",
                LIMIT.saturating_sub(used).to_string(),
            )
            .delay(Duration::from_millis(20))
    })
}

fn minute(start: Instant, request: &RecordedRequest) -> u64 {
    (STARTED_AT + (request.sent_at - start).as_secs()) / 60
}

fn wait_forever(client: &Client, number: u32) -> impl Future<Output = ()> + Send + use<> {
    let task = TaskLookup::id(format!("task_{number}"));
    let wait = client.tasks().wait(task).timeout(Duration::MAX);
    async move { drop(wait.await) }
}

/// Returns the times of the polls of each task.
fn polls(scripted: &ScriptedClient) -> BTreeMap<String, Vec<Instant>> {
    let mut polls = BTreeMap::<_, Vec<Instant>>::new();
    for request in scripted.requests() {
        if let Some(task) = request.query("task[id]") {
            polls.entry(task).or_default().push(request.sent_at);
        }
    }
    polls
}

fn longest_interval(times: &[Instant], from: Instant) -> Duration {
    let late = times.windows(2).filter(|pair| pair[0] >= from);
    late.map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn many_waits_take_turns_within_their_share_of_each_minute() {
    for (share, allowance) in [(0.3, 60), (0.1, 20)] {
        let (start, scripted) = (Instant::now(), server());
        let client = builder(&scripted).poll_share(share).build().unwrap();
        let mut waits = JoinSet::new();
        for number in 0..100 {
            waits.spawn(wait_forever(&client, number));
        }
        sleep(Duration::from_secs(1_200)).await;
        let mut minutes = BTreeMap::<u64, u32>::new();
        for request in scripted.requests() {
            *minutes.entry(minute(start, &request)).or_default() += 1;
        }
        assert!(
            minutes.values().all(|polls| *polls <= allowance),
            "{minutes:?}"
        );
        let round = Duration::from_secs(60) * 100 / allowance;
        let polls = polls(&scripted);
        assert_eq!(polls.len(), 100);
        for (task, times) in polls {
            assert!(times.len() >= 2, "{task}");
            assert!(times[0] - start <= round.mul_f64(1.2), "{task}");
            let longest = longest_interval(&times, start);
            assert!(longest <= round.mul_f64(1.2), "{task}: {longest:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn intervals_shrink_when_other_waits_are_dropped() {
    let scripted = server();
    let client = builder(&scripted).build().unwrap();
    let mut others = JoinSet::new();
    for number in 1..100 {
        others.spawn(wait_forever(&client, number));
    }
    let mut waits = JoinSet::new();
    waits.spawn(wait_forever(&client, 0));
    sleep(Duration::from_secs(300)).await;
    let task_0 = || polls(&scripted).remove("task_0").unwrap();
    assert!(
        longest_interval(&task_0(), Instant::now() - Duration::from_secs(200))
            > Duration::from_secs(90)
    );
    others.abort_all();
    let dropped = Instant::now();
    sleep(Duration::from_secs(60)).await;
    let longest = longest_interval(&task_0(), dropped);
    assert!(longest <= Duration::from_millis(5_100), "{longest:?}");
}

#[tokio::test(start_paused = true)]
async fn calls_go_before_polls_while_they_use_up_the_quota() {
    let scripted = server();
    let client = builder(&scripted).deadline(Duration::MAX).build().unwrap();
    let mut waits = JoinSet::new();
    for number in 0..10 {
        waits.spawn(wait_forever(&client, number));
    }
    // At the start of a minute.
    sleep(Duration::from_secs(60 - STARTED_AT)).await;
    let mut calls = JoinSet::new();
    for _ in 0..190 {
        let call = client.tags().get(TagLookup::id("tag_1"));
        calls.spawn(async move { call.send().await });
    }
    let started = Instant::now();
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
    // The polls of one client leave room for the calls of this minute, and for more.
    assert!(started.elapsed() < Duration::from_secs(2));
    let before = polls(&scripted).into_values().flatten().count();
    sleep(Duration::from_secs(50)).await;
    let after = polls(&scripted).into_values().flatten().count();
    assert_eq!(after, before, "polls use the last tenth of the quota");
    sleep(Duration::from_secs(15)).await;
    assert!(polls(&scripted).into_values().flatten().count() > after);
}

#[tokio::test(start_paused = true)]
async fn polls_continue_while_calls_always_queue() {
    let scripted = server();
    let client = builder(&scripted).deadline(Duration::MAX).build().unwrap();
    let mut waits = JoinSet::new();
    waits.spawn(wait_forever(&client, 0));
    for _ in 0..300 {
        let client = client.clone();
        waits.spawn(async move {
            while client
                .tags()
                .get(TagLookup::id("tag_1"))
                .send()
                .await
                .is_ok()
            {}
        });
    }
    sleep(Duration::from_secs(900)).await;
    let times = polls(&scripted).remove("task_0").unwrap();
    assert!(times.len() >= 4, "{}", times.len());
}

#[tokio::test(start_paused = true)]
async fn waits_that_time_out_together_share_the_final_polls() {
    let (start, scripted) = (Instant::now(), server());
    let client = builder(&scripted).build().unwrap();
    let mut waits = JoinSet::new();
    for number in 0..100 {
        let task = TaskLookup::id(format!("task_{number}"));
        let wait = client.tasks().wait(task).timeout(Duration::from_secs(120));
        waits.spawn(async move { wait.await.unwrap_err() });
    }
    while let Some(error) = waits.join_next().await {
        let error = error.unwrap();
        assert!(error.is_timed_out(), "{error}");
    }
    assert!(start.elapsed() <= Duration::from_secs(131));
    let requests = scripted.requests();
    let last_minute = requests
        .iter()
        .filter(|request| minute(start, request) == 2);
    assert!(last_minute.count() <= 60);
}

#[tokio::test(start_paused = true)]
async fn share_of_one_sends_polls_like_calls() {
    let (start, scripted) = (Instant::now(), server());
    let client = builder(&scripted).poll_share(1.0).build().unwrap();
    let mut waits = JoinSet::new();
    let policy = PollPolicy::default().jitter(0.0);
    for number in 0..50 {
        let task = TaskLookup::id(format!("task_{number}"));
        waits.spawn(client.tasks().wait(task).poll(policy.clone()).into_future());
    }
    sleep(Duration::from_millis(1_100)).await;
    let requests = scripted.requests();
    assert!(requests.iter().all(|request| request.path() == POLL));
    let second = start + Duration::from_secs(1);
    let at_once = requests
        .iter()
        .filter(|request| request.sent_at - second < Duration::from_millis(100));
    assert_eq!(at_once.count(), 50);
}
