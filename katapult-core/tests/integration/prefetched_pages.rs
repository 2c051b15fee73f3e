//! Prefetched pages make progress while a reader takes its time.

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::OrganizationLookup;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::support::*;

/// A list of three pages of 100 machines. The first request for each page but the first is refused.
fn server() -> ScriptedClient {
    ScriptedClient::from_fn(|request, before| {
        let page = request.query("page").unwrap_or_else(|| "1".to_owned());
        let repeated = before.iter().any(|earlier| earlier.uri == request.uri);
        if page != "1" && !repeated {
            return unavailable().delay(Duration::from_millis(10));
        }
        let machines: Vec<_> = (1..=100)
            .map(|number| json!({ "id": format!("vm_{page}_{number}") }))
            .collect();
        let pagination = json!({ "current_page": page.parse::<i64>().unwrap(), "per_page": 100, "total": 300, "total_pages": 3 });
        ScriptedResponse::json(&json!({ "virtual_machines": machines, "pagination": pagination }))
            .delay(Duration::from_millis(10))
    })
}

#[tokio::test(start_paused = true)]
async fn prefetched_pages_are_requested_and_retried_while_a_page_is_read() {
    let scripted = server();
    let client = builder(&scripted).build().unwrap();
    let acme = OrganizationLookup::sub_domain("acme");
    let mut items = client.virtual_machines().list(acme).per_page(100).items();
    for _ in 0..100 {
        items.try_next().await.unwrap().unwrap();
        sleep(Duration::from_millis(25)).await;
    }
    // Within the 2.5 s of the first page, the others were refused, waited for 1 s, and received.
    let requests = scripted.requests();
    assert_eq!(requests.len(), 5);
    assert!(requests.iter().all(|request| request.finished_at.is_some()));
    let started = Instant::now();
    for _ in 0..200 {
        items.try_next().await.unwrap().unwrap();
    }
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(items.try_next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn prefetched_pages_are_requested_before_a_page_is_returned() {
    let scripted = server();
    let client = builder(&scripted).build().unwrap();
    let acme = OrganizationLookup::sub_domain("acme");
    let mut pages = client.virtual_machines().list(acme).per_page(100).pages();
    pages.try_next().await.unwrap().unwrap();
    assert_eq!(scripted.requests().len(), 3);
}
