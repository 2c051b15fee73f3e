//! One of the processes: waits for its tasks, and makes calls at a steady rate until they are completed.

use std::error::Error;
use std::time::{Duration, Instant};

use katapult_core::types::{TagLookup, TaskLookup};
use katapult_core::{Client, prelude::*};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::report::Line;
use crate::quota::{TAG, TOKEN, since_1970};

/// The work of one process.
#[derive(Clone, Debug)]
pub struct Work {
    /// The URL of the sandbox.
    pub url: String,
    /// The number of its first task.
    pub first: u32,
    /// The number of tasks to wait for.
    pub waits: u32,
    /// The share of the quota for polls.
    pub share: f64,
    /// The interval between two calls.
    pub call_interval: Duration,
}

/// Returns the id of a task.
pub(super) fn task_id(number: u32) -> String {
    format!("task_waits{number:010}")
}

/// Waits for the tasks, and prints a line for each completion and each call.
///
/// # Errors
///
/// The first error of a wait or a call.
pub async fn work(work: Work) -> Result<(), Box<dyn Error + Send + Sync>> {
    let client = Client::builder()
        .base_url(&work.url)
        .token(TOKEN)
        .poll_share(work.share)
        .build()?;
    let mut waits = JoinSet::new();
    for number in work.first..work.first + work.waits {
        let client = client.clone();
        waits.spawn(async move {
            let task = TaskLookup::id(task_id(number));
            client.tasks().wait(task).timeout(Duration::MAX).await?;
            println!("{}", Line::Completed(number, since_1970()));
            Ok::<_, Box<dyn Error + Send + Sync>>(())
        });
    }
    let mut calls = JoinSet::new();
    let mut ticks = tokio::time::interval(work.call_interval);
    // Late calls are sent late, so that a delay does not lower the load.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        tokio::select! {
            wait = waits.join_next() => match wait {
                Some(wait) => wait??,
                None => break,
            },
            _ = ticks.tick() => {
                let client = client.clone();
                calls.spawn(async move { call(&client).await });
            }
            Some(call) = calls.join_next() => call??,
        }
    }
    while let Some(call) = calls.join_next().await {
        call??;
    }
    Ok(())
}

async fn call(client: &Client) -> Result<(), Box<dyn Error + Send + Sync>> {
    let started = Instant::now();
    client.tags().get(TagLookup::id(TAG)).send().await?;
    println!("{}", Line::Called(started.elapsed()));
    Ok(())
}
