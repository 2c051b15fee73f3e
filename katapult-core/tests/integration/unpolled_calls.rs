//! Calls that nobody polls, beside others that share their quota.

use std::future::{Future, IntoFuture as _};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use katapult_core::RateLimit;
use katapult_core::types::VirtualMachineLookup;
use tokio::time::Instant;

use crate::rate_limit::Server;

/// Polls a future once, and leaves it so.
async fn poll_once<F: Future>(future: Pin<&mut F>) {
    let mut future = Some(future);
    std::future::poll_fn(|context| {
        if let Some(future) = future.take() {
            assert!(future.poll(context).is_pending());
        }
        Poll::Ready(())
    })
    .await;
}

/// As the calls of prefetched pages are while their reader does something else.
#[tokio::test(start_paused = true)]
async fn calls_that_are_not_polled_do_not_stop_others() {
    for (spent, unpolled) in [
        (10, 1), // it waits for the next window at the head of the queue
        (10, 7),
        (6, 4), // they are in flight, and leave nothing of the quota
        (6, 9), // both
    ] {
        let server = Server::new(10, 100, 30);
        let client = server.client(RateLimit::Auto, 0);
        let call = || {
            client
                .virtual_machines()
                .get(VirtualMachineLookup::id("vm_1"))
        };
        for _ in 0..spent {
            call().send().await.unwrap();
        }
        let mut first: Vec<_> = (0..unpolled).map(|_| Box::pin(call().send())).collect();
        for future in &mut first {
            poll_once(future.as_mut()).await;
        }
        let others = (0..5).map(|_| tokio::spawn(call().into_future()));
        let others: Vec<_> = others.collect();
        let started = Instant::now();
        for other in others {
            let result = tokio::time::timeout(Duration::from_secs(100), other).await;
            result.expect("no call waits for those").unwrap().unwrap();
        }
        // Half a minute is left of the window; each that is not polled delays others by little.
        assert!(
            started.elapsed() < Duration::from_secs(33),
            "{spent} {unpolled}"
        );
        for future in first {
            future.await.unwrap();
        }
        assert_eq!(server.refused(), 0);
    }
}
