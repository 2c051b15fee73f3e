//! A very long list with a reader who is slower than the server: what is held meanwhile.

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::types::OrganizationLookup;
use serde::Serialize;

use crate::gauge::live_bytes;
use crate::{Failure, ORGANIZATION};

const PER_PAGE: u64 = 100;
/// The reader's pause after each page.
const PAUSE: Duration = Duration::from_millis(1);
/// Pages before anything is compared: connections are made and tables have grown.
const WARM: u64 = 100;

/// What was held, in bytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    /// How many machines were read.
    pub machines: u64,
    /// One page of machines with its reply, read.
    pub page_bytes: usize,
    /// Pages held or under way at most.
    pub pages_ahead: usize,
    /// The most that was held in the first tenth, beyond what was held before.
    pub early_bytes: usize,
    /// The most that was held in the rest.
    pub late_bytes: usize,
}

/// Reads a list of so many machines.
///
/// # Errors
///
/// Those of the SDK, or that machines are missing.
pub async fn measure(url: &str, machines: u64) -> Result<Memory, Failure> {
    let katapult = crate::client(url)?;
    let acme = OrganizationLookup::sub_domain(ORGANIZATION);
    let call = katapult
        .virtual_machines()
        .list(&acme)
        .per_page(PER_PAGE as i64);
    call.clone().send().await?;
    let before = live_bytes();
    let page = call.clone().send().await?;
    let page_bytes = live_bytes().saturating_sub(before);
    drop(page);
    let pages_ahead = 10;
    let mut items = call.items().ahead(pages_ahead);
    let before = live_bytes();
    let (mut came, mut early_bytes, mut late_bytes) = (0, 0, 0);
    while items.try_next().await?.is_some() {
        came += 1;
        if came % PER_PAGE != 0 {
            continue;
        }
        tokio::time::sleep(PAUSE).await;
        let held = live_bytes().saturating_sub(before);
        match came / PER_PAGE {
            ..WARM => {}
            page if page * PER_PAGE <= machines / 10 => early_bytes = held.max(early_bytes),
            _ => late_bytes = held.max(late_bytes),
        }
    }
    if came != machines {
        return Err(format!("{came} machines came and not {machines}").into());
    }
    Ok(Memory {
        machines,
        page_bytes,
        pages_ahead,
        early_bytes,
        late_bytes,
    })
}
