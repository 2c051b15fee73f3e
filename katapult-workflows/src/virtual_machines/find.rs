//! Searching for a virtual machine by its host name.

use std::time::Duration;

use katapult_core::Client;
use katapult_core::prelude::*;
use katapult_core::types::OrganizationLookup;
use tokio::time::{Instant, sleep};

use crate::converge::RECONCILE_FOR;
use crate::error::WorkflowError;

/// The maximum delay between the execution of a build and the visibility of its machine.
// The longest one in recordings of the production API is 25 s; one search more.
const MACHINE_VISIBLE_AFTER: Duration = Duration::from_secs(30);
/// The maximum delay between the request of a build, whose response may be lost, and the visibility of its machine.
pub(super) const VISIBLE_AFTER_LOSS: Duration = RECONCILE_FOR.saturating_add(MACHINE_VISIBLE_AFTER);
/// The interval between two searches for the machine.
// A search is a request for each page of the list: more often would use up the rate limit.
const SEARCH_INTERVAL: Duration = Duration::from_secs(5);
/// Returns the ids of the machines with a host name.
pub(super) async fn machines_of_name(
    client: &Client,
    organization: &OrganizationLookup,
    hostname: &str,
) -> Result<Vec<String>, WorkflowError> {
    let mut machines = client.virtual_machines().list(organization).items();
    let mut ids = Vec::new();
    while let Some(machine) = machines.try_next().await? {
        let name = machine.hostname.as_deref().unwrap_or_default();
        // The API converts host names to lower case.
        if name.eq_ignore_ascii_case(hostname) {
            ids.push(machine.id);
        }
    }
    Ok(ids)
}

/// Returns the id of a machine with a host name, or `None` if the name remains free for `delay`.
pub(super) async fn find_machine(
    client: &Client,
    organization: &OrganizationLookup,
    hostname: &str,
    delay: Duration,
) -> Result<Option<String>, WorkflowError> {
    let end = Instant::now() + delay;
    loop {
        let ids = machines_of_name(client, organization, hostname).await?;
        if let Some(id) = ids.into_iter().next() {
            return Ok(Some(id));
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        sleep(left.min(SEARCH_INTERVAL)).await;
    }
}
