//! One client that many tasks share.

use std::time::Duration;

use katapult_core::Client;
use katapult_core::types::VirtualMachineLookup;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::metrics::ResourceUsage;
use crate::{BenchError, MACHINE};

/// Requests of one case before the other's: short enough that a busy moment of the machine affects both.
const BATCH: u32 = 640;

/// CPU time for each request, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Contention {
    /// The number of tasks.
    pub tasks: u32,
    /// With many tasks.
    pub many_us: f64,
    /// With one task.
    pub one_us: f64,
}

/// Sends `requests` requests from many tasks and as many from one, in alternating batches.
///
/// # Errors
///
/// If a request fails.
pub async fn measure(url: &str, tasks: u32, requests: u32) -> Result<Contention, BenchError> {
    let katapult = crate::client(url)?;
    for tasks in [1, tasks] {
        batch(&katapult, tasks).await?; // to warm up
    }
    let (mut many, mut one) = (Duration::ZERO, Duration::ZERO);
    let batches = requests.div_ceil(BATCH);
    for _ in 0..batches {
        many += batch(&katapult, tasks).await?;
        one += batch(&katapult, 1).await?;
    }
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / f64::from(batches * BATCH);
    Ok(Contention {
        tasks,
        many_us: each(many),
        one_us: each(one),
    })
}

async fn batch(katapult: &Client, tasks: u32) -> Result<Duration, BenchError> {
    let used = ResourceUsage::now();
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        // Clones share the connection pool and the rate limiter, whose locks are what is measured.
        let katapult = katapult.clone();
        running.spawn(async move {
            for _ in 0..BATCH / tasks {
                let web = VirtualMachineLookup::fqdn(MACHINE);
                katapult.virtual_machines().get(web).send().await?;
            }
            Ok::<_, katapult_core::Error>(())
        });
    }
    while let Some(task) = running.join_next().await {
        task??;
    }
    Ok(used.cpu())
}
