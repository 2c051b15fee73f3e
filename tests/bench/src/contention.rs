//! Many tasks on one client, and one.

use std::time::Duration;

use katapult_core::Client;
use katapult_core::types::VirtualMachineLookup;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::gauge::Used;
use crate::{Failure, MACHINE};

/// Requests of one way before it is the other's turn.
const TURN: u32 = 640;

/// CPU time for each request, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Contention {
    /// How many the many tasks are.
    pub tasks: u32,
    /// Of many tasks on one client.
    pub many_us: f64,
    /// Of one task.
    pub one_us: f64,
}

/// Makes so many requests by many tasks and by one, in turn.
///
/// # Errors
///
/// Those of the SDK.
pub async fn measure(url: &str, tasks: u32, requests: u32) -> Result<Contention, Failure> {
    let katapult = crate::client(url)?;
    for tasks in [1, tasks] {
        turn(&katapult, tasks).await?; // to warm up
    }
    let (mut many, mut one) = (Duration::ZERO, Duration::ZERO);
    let turns = requests.div_ceil(TURN);
    for _ in 0..turns {
        many += turn(&katapult, tasks).await?;
        one += turn(&katapult, 1).await?;
    }
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / f64::from(turns * TURN);
    Ok(Contention {
        tasks,
        many_us: each(many),
        one_us: each(one),
    })
}

async fn turn(katapult: &Client, tasks: u32) -> Result<Duration, Failure> {
    let used = Used::now();
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let katapult = katapult.clone();
        running.spawn(async move {
            for _ in 0..TURN / tasks {
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
