//! The calls: a round reads, creates, updates, deletes and waits.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::types::{AddressListLookup, OrganizationLookup, VirtualMachineLookup};
use katapult_core::{Client, Error};

/// The number of errors that are kept for the report.
const MAX_ERRORS: usize = 20;

/// The time for which a creation without a response is looked for. Nothing is executed late here, and a worker that waits
/// makes no calls.
const RECONCILE_FOR: Duration = Duration::from_millis(500);

/// The counts of all workers.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// The calls that succeeded.
    pub(super) calls: AtomicUsize,
    /// The tokens that the client requested.
    pub(super) renewals: AtomicUsize,
    /// The first errors.
    pub(super) errors: Mutex<Vec<String>>,
}

/// Makes the calls of a round one after another.
pub(super) async fn round(
    client: &Client,
    counters: &Counters,
    worker: u32,
    round: u32,
    pause: Duration,
) {
    let result = calls(client, counters, format!("of-{worker}-{round}"), pause).await;
    if let (Err(error), Ok(mut errors)) = (result, counters.errors.lock())
        && errors.len() < MAX_ERRORS
    {
        errors.push(error.to_string());
    }
}

async fn calls(
    client: &Client,
    counters: &Counters,
    name: String,
    pause: Duration,
) -> Result<(), Error> {
    let done = || async {
        counters.calls.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(pause).await;
    };
    let acme = OrganizationLookup::sub_domain("acme");
    let mut machines = client.virtual_machines().list(&acme).per_page(1).items();
    while let Some(machine) = machines.try_next().await? {
        let id = VirtualMachineLookup::id(machine.id);
        client.virtual_machines().get(id).send().await?;
        done().await;
    }
    let missing = VirtualMachineLookup::fqdn("nobody.acme.example");
    match client.virtual_machines().get(missing).send().await {
        Err(error) if !error.is_not_found() => return Err(error),
        _ => done().await,
    }
    let lists = client.address_lists();
    // Connections are lost before execution: the check finds nothing, and the creation is repeated after a short time.
    let create = lists.create(&acme).name(name).reconcile_by_key();
    let create = create.reconcile_for(RECONCILE_FOR);
    let id = create.send().await?.into_subject().id;
    done().await;
    let list = AddressListLookup::id(id);
    lists.update(&list).name("renamed").send().await?;
    done().await;
    lists.delete(&list).send().await?;
    done().await;
    Ok(())
}
