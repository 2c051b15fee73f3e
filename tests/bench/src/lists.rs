//! A long list from a server that takes its time: one page after the other, ahead, and as fast as can be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use katapult_core::prelude::*;
use katapult_core::types::OrganizationLookup;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::{Failure, ORGANIZATION, hand};

const PER_PAGE: u64 = 100;
/// The pages that the SDK holds or has under way by default.
const AHEAD: usize = 10;

/// How long the whole list took, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Lists {
    /// By hand, one request after the other, read into structs.
    pub one_by_one_ms: f64,
    /// By the SDK as it is, which has 10 pages ahead.
    pub ahead_ms: f64,
    /// By hand, as many requests at a time as the SDK has, nothing read.
    pub limit_ms: f64,
    /// By the SDK told to have all pages ahead.
    pub all_ahead_ms: f64,
    /// By hand, all requests at once, nothing read.
    pub at_once_ms: f64,
}

/// Reads a list of so many machines in each of the ways.
///
/// # Errors
///
/// Those of the sides, or that machines are missing.
pub async fn measure(url: &str, machines: u64) -> Result<Lists, Failure> {
    let pages = machines.div_ceil(PER_PAGE);
    let http = hand::client()?;
    let began = Instant::now();
    let mut came = 0;
    for page in 1..=pages {
        came += hand::page(&http, url, page, PER_PAGE).await?.len() as u64;
    }
    let one_by_one = began.elapsed();
    all_there(came, machines)?;
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    Ok(Lists {
        one_by_one_ms: millis(one_by_one),
        ahead_ms: millis(sdk(url, AHEAD, machines).await?),
        limit_ms: millis(at_once(url, pages, AHEAD).await?),
        all_ahead_ms: millis(sdk(url, pages as usize, machines).await?),
        at_once_ms: millis(at_once(url, pages, pages as usize).await?),
    })
}

async fn sdk(url: &str, ahead: usize, machines: u64) -> Result<Duration, Failure> {
    let katapult = crate::client(url)?;
    let acme = OrganizationLookup::sub_domain(ORGANIZATION);
    let began = Instant::now();
    let list = katapult.virtual_machines().list(&acme);
    let mut items = list.per_page(PER_PAGE as i64).items().ahead(ahead);
    let mut came = 0;
    while items.try_next().await?.is_some() {
        came += 1;
    }
    let took = began.elapsed();
    all_there(came, machines)?;
    Ok(took)
}

async fn at_once(url: &str, pages: u64, at_a_time: usize) -> Result<Duration, Failure> {
    let http = hand::client()?;
    let places = Arc::new(Semaphore::new(at_a_time));
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for page in 1..=pages {
        let (http, url, places) = (http.clone(), url.to_owned(), Arc::clone(&places));
        calls.spawn(async move {
            let _place = places.acquire_owned().await?;
            hand::raw_page(&http, &url, page, PER_PAGE).await
        });
    }
    while let Some(call) = calls.join_next().await {
        call??;
    }
    Ok(began.elapsed())
}

fn all_there(came: u64, expected: u64) -> Result<(), Failure> {
    if came == expected {
        Ok(())
    } else {
        Err(format!("{came} machines came and not {expected}").into())
    }
}
