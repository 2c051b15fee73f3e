//! One of the worker processes: makes its share of the requests, several at a time.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use katapult_core::types::TagLookup;
use katapult_core::{Client, RateLimit, RetryPolicy};
use tokio::task::JoinSet;

use super::{TAG, TOKEN};

/// Enough requests in flight that a worker is limited by the quota and not by the latency.
const AT_A_TIME: u32 = 8;

/// Sends requests to the sandbox at `url`.
///
/// # Errors
///
/// The first error of a request.
pub async fn work(
    url: &str,
    requests: u32,
    pace: RateLimit,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let client = Client::builder()
        .base_url(url)
        .token(TOKEN)
        .rate_limit(pace)
        // Without a rate limit, a request is rejected many times before the quota admits it.
        .retry(RetryPolicy::default().max_attempts(100))
        // A request may wait for several windows.
        .deadline(Duration::MAX)
        .build()?;
    let left = Arc::new(AtomicU32::new(requests));
    let mut tasks = JoinSet::new();
    for _ in 0..AT_A_TIME {
        let (client, left) = (client.clone(), Arc::clone(&left));
        tasks.spawn(async move {
            let take = |left: u32| left.checked_sub(1);
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                .is_ok()
            {
                client.tags().get(TagLookup::id(TAG)).send().await?;
            }
            Ok::<_, katapult_core::Error>(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(())
}
