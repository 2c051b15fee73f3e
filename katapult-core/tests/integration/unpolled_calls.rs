//! Calls that nobody polls, beside others that share their quota.

use std::future::{Future, IntoFuture as _};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use katapult_core::prelude::{StateResourceExt as _, TasksWaitExt as _};
use katapult_core::test_util::{RecordedRequest, ScriptedClient};
use katapult_core::types::{TaskLookup, VirtualMachineLookup, VirtualMachineState};
use katapult_core::{RateLimit, SecretString};
use tokio::time::{Instant, sleep};

use crate::rate_limit::Server;
use crate::support::*;

/// Polls a future once, and leaves it so.
async fn poll_once<F: Future>(future: Pin<&mut F>) {
    let mut future = Some(future);
    std::future::poll_fn(|context| {
        if let Some(future) = future.take() {
            assert!(future.poll(context).is_pending());
        }
        Poll::Ready(())
    })
    .await;
}

/// As the calls of prefetched pages are while their reader does something else.
#[tokio::test(start_paused = true)]
async fn calls_that_are_not_polled_do_not_stop_others() {
    for (spent, unpolled) in [
        (10, 1), // it waits for the next window at the head of the queue
        (10, 7),
        (6, 4), // they are in flight, and leave nothing of the quota
        (6, 9), // both
    ] {
        let server = Server::new(10, 100, 30);
        let client = server.client(RateLimit::Auto, 0);
        let call = || {
            client
                .virtual_machines()
                .get(VirtualMachineLookup::id("vm_1"))
        };
        for _ in 0..spent {
            call().send().await.unwrap();
        }
        let mut first: Vec<_> = (0..unpolled).map(|_| Box::pin(call().send())).collect();
        for future in &mut first {
            poll_once(future.as_mut()).await;
        }
        let others = (0..5).map(|_| tokio::spawn(call().into_future()));
        let others: Vec<_> = others.collect();
        let started = Instant::now();
        for other in others {
            let result = tokio::time::timeout(Duration::from_secs(100), other).await;
            result.expect("no call waits for those").unwrap().unwrap();
        }
        // Half a minute is left of the window; each that is not polled delays others by little.
        assert!(
            started.elapsed() < Duration::from_secs(33),
            "{spent} {unpolled}"
        );
        for future in first {
            future.await.unwrap();
        }
        assert_eq!(server.refused(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_not_polled_do_not_stop_others_that_wait_for_the_token() {
    for unpolled in [1, 3] {
        let expired = failure(403, "invalid_api_token", "No", "{}");
        let scripted =
            ScriptedClient::from_fn(move |request, _| match request.header("authorization") {
                Some("Bearer first") => expired.clone(),
                _ => ok(),
            });
        let mut tokens = ["first", "second"].into_iter();
        let tokens = std::sync::Mutex::new(move || tokens.next().unwrap_or("third"));
        let client = builder(&scripted).token_provider(move || {
            let token = tokens.lock().unwrap()();
            async move {
                sleep(Duration::from_secs(1)).await;
                Ok(SecretString::from(token))
            }
        });
        let client = client.build().unwrap();
        let started = Instant::now();
        // The first of them makes the request for the token.
        let mut first: Vec<_> = (0..unpolled)
            .map(|_| Box::pin(get(&client).send()))
            .collect();
        for future in &mut first {
            poll_once(future.as_mut()).await;
        }
        let others = (0..5).map(|_| tokio::spawn(get(&client).into_future()));
        for other in others.collect::<Vec<_>>() {
            other.await.unwrap().unwrap();
        }
        assert_eq!(started.elapsed(), Duration::from_secs(2));
        for future in first {
            future.await.unwrap();
        }
        let sent = scripted.requests();
        let third =
            |request: &&RecordedRequest| request.header("authorization") == Some("Bearer third");
        assert_eq!(sent.iter().filter(third).count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn waits_that_are_not_polled_do_not_stop_others() {
    let scripted = ScriptedClient::from_fn(|request, _| {
        let id = request.query("task[id]").unwrap_or_default();
        let body = format!(r#"{{"task":{{"id":"{id}","status":"running"}}}}"#);
        response(200, body)
            .header("x-ratelimit-permitted", "200")
            .header("x-ratelimit-remaining", "150")
    });
    let client = builder(&scripted).build().unwrap();
    let wait = |name: &str| {
        let task = TaskLookup::id(format!("task_{name}"));
        Box::pin(
            client
                .tasks()
                .wait(task)
                .timeout(Duration::MAX)
                .into_future(),
        )
    };
    // More than the rate permits at once, so that most are in the queue when they are polled for the last time.
    let first = (0..10).map(|number| wait(&format!("first{number}")));
    let mut first = join_all(first);
    let in_turn = tokio::time::timeout(Duration::from_secs(10), &mut first).await;
    assert!(in_turn.is_err());
    let polls = |name: &str| {
        let prefix = format!("task_{name}");
        let polls = scripted.requests().into_iter();
        polls
            .filter(|request| {
                request
                    .query("task[id]")
                    .is_some_and(|id| id.starts_with(&prefix))
            })
            .count()
    };
    let before = polls("first");
    let second = join_all((0..3).map(|number| wait(&format!("second{number}"))));
    let alone = tokio::time::timeout(Duration::from_secs(60), second).await;
    assert!(alone.is_err());
    assert_eq!(polls("first"), before);
    // About as many as the intervals of three waits permit.
    assert!(polls("second") > 40, "{}", polls("second"));

    // The first go on when they are polled again.
    let again = tokio::time::timeout(Duration::from_secs(60), first).await;
    assert!(again.is_err());
    assert!(polls("first") > before + 50, "{}", polls("first") - before);
}

/// A call that waits in the queue of the rate limiter, and is not polled.
#[tokio::test(start_paused = true)]
async fn calls_that_are_not_polled_do_not_stop_waits() {
    let server = Server::new(10, 100, 30);
    let client = server.client(RateLimit::Auto, 0);
    let call = || {
        client
            .virtual_machines()
            .get(VirtualMachineLookup::id("vm_1"))
    };
    for _ in 0..10 {
        call().send().await.unwrap();
    }
    let mut queued = Box::pin(call().send());
    poll_once(queued.as_mut()).await;
    let started = Instant::now();
    let machine = VirtualMachineLookup::id("vm_1");
    let wait = client
        .virtual_machines()
        .wait_for(machine, VirtualMachineState::Started);
    wait.await.unwrap();
    // Half a minute is left of the window.
    assert!(
        started.elapsed() < Duration::from_secs(33),
        "{:?}",
        started.elapsed()
    );
    queued.await.unwrap();
}
