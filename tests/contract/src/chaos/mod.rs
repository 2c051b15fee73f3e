//! Many calls against a sandbox that fails at random. No successful call may be lost, no call may be
//! executed twice, and no error may deny a change that happened.
//!
//! The faults depend only on the seed and the request, so a run can be repeated. The
//! `workload` makes the calls, and the `stats` compare what the client reported with the `ground_truth`.

pub(crate) mod fault_mix;
pub(crate) mod ground_truth;
pub mod stats;
pub(crate) mod workload;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ground_truth::GroundTruth;
use katapult_core::{Client, RetryPolicy};
use katapult_sandbox::{Sandbox, Time, Token};
use serde_json::json;
use stats::Stats;
use tokio::task::JoinSet;
use workload::{Observed, PlannedCall};

/// A quota that no run exhausts, so that only injected faults delay it.
const PERMITTED: u32 = 1_000_000_000;

/// The settings of a run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The number of calls.
    pub requests: u32,
    /// The share of requests that fail, from 0 to 1.
    pub faults: f64,
    /// The number of calls in flight at a time.
    pub concurrency: u32,
    /// The seed of the workload and the faults.
    pub seed: u64,
    /// The longest time after which a request is executed although its response was lost.
    pub latest: Duration,
}

/// Runs the workload against a sandbox of its own and checks the result.
///
/// # Errors
///
/// If loopback has no free port, or the client cannot be built.
pub async fn run(settings: Settings) -> Result<Stats, Box<dyn Error + Send + Sync>> {
    let sandbox = sandbox(settings).await?;
    let client = Client::builder()
        .base_url(sandbox.url())
        .token(sandbox.token())
        .retry(
            RetryPolicy::default()
                // With thousands of faults, the default backoff would take most of the run.
                .initial_backoff(Duration::from_millis(10))
                .max_backoff(Duration::from_millis(500)),
        )
        .build()?;
    let started = Instant::now();
    let next = Arc::new(AtomicU32::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..settings.concurrency.max(1) {
        let (next, client) = (Arc::clone(&next), client.clone());
        workers.spawn(async move {
            let mut observed = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= settings.requests {
                    return observed;
                }
                let call = PlannedCall::of(settings.seed, number);
                observed.push((call, call.execute(&client, settings.latest).await));
            }
        });
    }
    let mut observed: Vec<(PlannedCall, Observed)> = Vec::new();
    while let Some(worker) = workers.join_next().await {
        observed.extend(worker?);
    }
    // What was lost last is executed last.
    if settings.faults > 0.0 {
        tokio::time::sleep(settings.latest + Duration::from_secs(1)).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    let mut stats = Stats::of(&observed, &GroundTruth::of(&sandbox));
    stats.seconds = (seconds * 1000.0).round() / 1000.0;
    Ok(stats)
}

/// Starts a sandbox with the objects that the workload needs.
async fn sandbox(settings: Settings) -> Result<Sandbox, Box<dyn Error + Send + Sync>> {
    let builder = Sandbox::builder()
        .token(Token::new("token-of-the-chaos").permitted(PERMITTED))
        .seed(settings.seed)
        // The lists do not change by themselves, and faults must not depend on real time.
        .time(Time::Manual)
        .faults(fault_mix::faults(settings.faults, settings.latest))
        // The ground truth needs the complete log.
        .max_recorded_requests(usize::MAX)
        .max_recorded_bytes(usize::MAX);
    let sandbox = builder.start().await?;
    for number in 0..workload::ORGANIZATIONS {
        let id = PlannedCall::organization(number);
        sandbox.insert_object("Organization", json!({"id": id}))?;
    }
    let insert = |id: String, number: u32| {
        let organization = PlannedCall::organization(number);
        let name = PlannedCall::first_name(number);
        let list = json!({"id": id, "name": name, "organization": organization});
        sandbox.insert_object("AddressList", list)
    };
    for number in 0..workload::READ_LISTS {
        insert(PlannedCall::read_id(number), number)?;
    }
    // Each update and each deletion has a list, and each workflow a security group, of its own, so that calls do not interfere.
    for number in 0..settings.requests {
        let call = PlannedCall::of(settings.seed, number);
        if let Some(id) = call.required_list() {
            insert(id, number)?;
        }
        if let Some(id) = call.required_group() {
            let organization = PlannedCall::organization(number);
            let group = json!({"id": id, "name": "own", "organization": organization});
            sandbox.insert_object("SecurityGroup", group)?;
        }
    }
    Ok(sandbox)
}
