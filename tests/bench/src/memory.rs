//! The memory of a very long list whose consumer is slower than the server.

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::types::OrganizationLookup;
use serde::Serialize;

use crate::metrics::live_bytes;
use crate::{BenchError, ORGANIZATION};

const PER_PAGE: u64 = 100;
/// The pause after each page. It makes the consumer slower than the server, so that the prefetch buffer is full.
const PAUSE: Duration = Duration::from_millis(1);
/// Pages before the first measurement: until then, connections are made and tables grow.
const WARM_UP: u64 = 100;

/// The memory of a list, in bytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    /// The number of items.
    pub machines: u64,
    /// One decoded page with its response.
    pub page_bytes: usize,
    /// The number of prefetched pages, at most.
    pub pages_ahead: usize,
    /// The peak in the first tenth of the list, less the memory before it.
    pub early_bytes: usize,
    /// The peak in the rest of the list, less the memory before it.
    pub late_bytes: usize,
}

/// Reads a list of `machines` items.
///
/// # Errors
///
/// If a request fails, or items are missing.
pub async fn measure(url: &str, machines: u64) -> Result<Memory, BenchError> {
    let katapult = crate::client(url)?;
    let acme = OrganizationLookup::sub_domain(ORGANIZATION);
    let call = katapult
        .virtual_machines()
        .list(&acme)
        .per_page(PER_PAGE as i64);
    call.clone().send().await?; // connects, so that the connection is not part of the page
    let before = live_bytes();
    let page = call.clone().send().await?;
    let page_bytes = live_bytes().saturating_sub(before);
    drop(page); // not part of the list's memory
    let pages_ahead = 10;
    let mut items = call.items().prefetch(pages_ahead);
    let before = live_bytes();
    let (mut received, mut early_bytes, mut late_bytes) = (0, 0, 0);
    while items.try_next().await?.is_some() {
        received += 1;
        if received % PER_PAGE != 0 {
            continue;
        }
        tokio::time::sleep(PAUSE).await;
        let live = live_bytes().saturating_sub(before);
        match received / PER_PAGE {
            ..WARM_UP => {}
            page if page * PER_PAGE <= machines / 10 => early_bytes = live.max(early_bytes),
            _ => late_bytes = live.max(late_bytes),
        }
    }
    if received != machines {
        return Err(format!("received {received} of {machines} virtual machines").into());
    }
    Ok(Memory {
        machines,
        page_bytes,
        pages_ahead,
        early_bytes,
        late_bytes,
    })
}
