//! Many calls of every sort against a sandbox that fails at random: nothing that was told done may be
//! missing, nothing may be done twice, and no error may deny what was done.
//!
//! The sandbox's [faults](fault) depend on the seed and the request alone, so that a run can be repeated;
//! a [plan] says what is asked for, and a [tally] holds what was told against the [truth], which is the
//! sandbox's and not the client's.

pub mod fault;
pub mod plan;
pub mod tally;
pub mod truth;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use katapult_core::{Client, RetryPolicy};
use tokio::task::JoinSet;

use katapult_sandbox::{Sandbox, Time, Token};
use plan::{Plan, Told};
use serde_json::json;
use tally::Tally;
use truth::Truth;

/// So large that it is never what a run waits for.
const PERMITTED: u32 = 1_000_000_000;

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
    let sandbox = sandbox(settings).await?;
    let client = Client::builder()
        .base_url(sandbox.url())
        .token(sandbox.token())
        .retry(
            RetryPolicy::default()
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
    let mut tally = Tally::of(&told, &Truth::of(&sandbox));
    tally.seconds = (seconds * 1000.0).round() / 1000.0;
    Ok(tally)
}

/// A sandbox that has what a run of these settings needs.
async fn sandbox(settings: Settings) -> Result<Sandbox, Box<dyn Error + Send + Sync>> {
    let builder = Sandbox::builder()
        .token(Token::new("token-of-the-chaos").permitted(PERMITTED))
        .seed(settings.seed)
        .time(Time::Manual)
        .faults(fault::faults(settings.faults))
        .max_recorded_requests(usize::MAX);
    let sandbox = builder.start().await?;
    for number in 0..plan::ORGANIZATIONS {
        let id = Plan::organization(number);
        sandbox.insert_object("Organization", json!({"id": id}))?;
    }
    let put = |id: String, number: u32| {
        let organization = Plan::organization(number);
        let name = Plan::first_name(number);
        let list = json!({"id": id, "name": name, "organization": organization});
        sandbox.insert_object("AddressList", list)
    };
    for number in 0..plan::READ_LISTS {
        put(Plan::read_id(number), number)?;
    }
    for number in 0..settings.requests {
        if let Some(id) = Plan::of(settings.seed, number).needs() {
            put(id, number)?;
        }
    }
    Ok(sandbox)
}
