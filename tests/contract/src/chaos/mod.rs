//! Many calls of every sort against a server that keeps the truth and fails at random: nothing that was
//! told done may be missing, nothing may be done twice, and no error may deny what was done.
//!
//! The [server](server) fails by [chance](fault) that depends on the seed and the request alone, so that a run
//! can be repeated; a [plan] says what is asked for, and a [tally] holds what was told against the truth.

pub mod fault;
pub mod plan;
pub mod server;
pub mod tally;
pub mod truth;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use katapult_core::{Client, RetryPolicy};
use tokio::task::JoinSet;

use plan::{Plan, Told};
use server::TruthServer;
use tally::Tally;

/// How a run is made.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many calls.
    pub requests: u32,
    /// The part of the requests that fail.
    pub faults: f64,
    /// How many calls are under way at a time.
    pub concurrency: u32,
    /// Where chance starts.
    pub seed: u64,
}

/// Runs it.
///
/// # Errors
///
/// When loopback gives no port, or the client can't be built.
pub async fn run(settings: Settings) -> Result<Tally, Box<dyn Error + Send + Sync>> {
    let server = TruthServer::start(settings).await?;
    let client = Client::builder()
        .base_url(&server.url())
        .token("token-of-the-chaos")
        .retry(
            RetryPolicy::default()
                .base(Duration::from_millis(10))
                .cap(Duration::from_millis(500)),
        )
        .build()?;
    let started = Instant::now();
    let next = Arc::new(AtomicU32::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..settings.concurrency.max(1) {
        let (next, client) = (Arc::clone(&next), client.clone());
        workers.spawn(async move {
            let mut told = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= settings.requests {
                    return told;
                }
                let plan = Plan::of(settings.seed, number);
                told.push((plan, plan.carry_out(&client).await));
            }
        });
    }
    let mut told: Vec<(Plan, Told)> = Vec::new();
    while let Some(worker) = workers.join_next().await {
        told.extend(worker?);
    }
    let seconds = started.elapsed().as_secs_f64();
    let mut tally = server.with_truth(|truth| Tally::of(&told, truth));
    tally.attempts = server.requests();
    tally.seconds = (seconds * 1000.0).round() / 1000.0;
    Ok(tally)
}
