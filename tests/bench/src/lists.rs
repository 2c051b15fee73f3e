//! A long list from a slow server: page by page, with prefetching, and as fast as the server permits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use katapult_core::prelude::*;
use katapult_core::types::OrganizationLookup;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::{BenchError, ORGANIZATION, baseline};

const PER_PAGE: u64 = 100;
/// The number of pages that the SDK prefetches by default.
const PREFETCH: usize = 10;

/// The time of the whole list, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Lists {
    /// The baseline: one request after the other, decoded.
    pub one_by_one_ms: f64,
    /// The SDK with its default prefetch of 10 pages.
    pub ahead_ms: f64,
    /// The baseline: as many concurrent requests as the SDK has, not decoded.
    pub limit_ms: f64,
    /// The SDK with a prefetch of all pages.
    pub all_ahead_ms: f64,
    /// The baseline: all requests at once, not decoded.
    pub at_once_ms: f64,
}

/// Reads a list of `machines` items in each way.
///
/// # Errors
///
/// If a request fails, or items are missing.
pub async fn measure(url: &str, machines: u64) -> Result<Lists, BenchError> {
    let pages = machines.div_ceil(PER_PAGE);
    let http = baseline::client()?;
    let began = Instant::now();
    let mut received = 0;
    for page in 1..=pages {
        received += baseline::page(&http, url, page, PER_PAGE).await?.len() as u64;
    }
    let one_by_one = began.elapsed();
    check_complete(received, machines)?;
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    Ok(Lists {
        one_by_one_ms: millis(one_by_one),
        ahead_ms: millis(sdk(url, PREFETCH, machines).await?),
        limit_ms: millis(at_once(url, pages, PREFETCH).await?),
        all_ahead_ms: millis(sdk(url, pages as usize, machines).await?),
        at_once_ms: millis(at_once(url, pages, pages as usize).await?),
    })
}

async fn sdk(url: &str, prefetch: usize, machines: u64) -> Result<Duration, BenchError> {
    let katapult = crate::client(url)?;
    let acme = OrganizationLookup::sub_domain(ORGANIZATION);
    let began = Instant::now();
    let list = katapult.virtual_machines().list(&acme);
    let mut items = list.per_page(PER_PAGE as i64).items().prefetch(prefetch);
    let mut received = 0;
    while items.try_next().await?.is_some() {
        received += 1;
    }
    let took = began.elapsed();
    check_complete(received, machines)?;
    Ok(took)
}

async fn at_once(url: &str, pages: u64, concurrency: usize) -> Result<Duration, BenchError> {
    let http = baseline::client()?;
    // As many requests at a time as the SDK prefetches pages.
    let permits = Arc::new(Semaphore::new(concurrency));
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for page in 1..=pages {
        let (http, url, permits) = (http.clone(), url.to_owned(), Arc::clone(&permits));
        calls.spawn(async move {
            let _permit = permits.acquire_owned().await?;
            baseline::raw_page(&http, &url, page, PER_PAGE).await
        });
    }
    while let Some(call) = calls.join_next().await {
        call??;
    }
    Ok(began.elapsed())
}

fn check_complete(received: u64, expected: u64) -> Result<(), BenchError> {
    if received == expected {
        Ok(())
    } else {
        Err(format!("received {received} of {expected} virtual machines").into())
    }
}
