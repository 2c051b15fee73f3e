//! The memory of a sweep over a long list: that of its plan, and not that of the machines.

#![cfg(feature = "ephemeral-machines")]

use std::alloc::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use http::{Method, Request};
use katapult_core::bytes::Bytes;
use katapult_core::types::OrganizationLookup;
use katapult_core::{Client, HttpBody, HttpClient, HttpFuture, HttpResponse};
use katapult_workflows::Sweep;
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PER_PAGE: usize = 100;

/// An API with many leased machines, of which it keeps nothing.
#[derive(Clone)]
struct Api {
    machines: usize,
    /// The most bytes in use at any request.
    peak: Arc<AtomicUsize>,
}

impl Api {
    fn response(&self, request: &Request<Bytes>) -> (u16, Value) {
        let query = request.uri().query().unwrap_or_default();
        if !query.contains("per_page") {
            // A machine that is gone: its deletion is complete.
            return (
                404,
                json!({"error": {"code": "virtual_machine_not_found", "description": "", "detail": {}}}),
            );
        }
        let page = query.split('&').find_map(|pair| pair.strip_prefix("page="));
        let page: usize = page.and_then(|page| page.parse().ok()).unwrap_or(1);
        let first = (page - 1) * PER_PAGE;
        let machines = (first..self.machines.min(first + PER_PAGE)).map(|number| {
            // About as long as the objects of the API are.
            json!({"id": format!("vm_{number:016}"), "hostname": format!("ci-until-20200704t093000z-{number:06}"),
                   "name": "x".repeat(500), "ip_addresses": [{"id": format!("ip_{number:016}"), "address": "192.0.2.1"}]})
        });
        let pages = self.machines.div_ceil(PER_PAGE);
        let pagination = json!({"current_page": page, "total_pages": pages, "total": self.machines,
                                "per_page": PER_PAGE, "large_set": false});
        let machines: Vec<_> = machines.collect();
        (
            200,
            json!({"virtual_machines": machines, "pagination": pagination}),
        )
    }
}

impl HttpClient for Api {
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        assert_eq!(request.method(), Method::GET);
        self.peak.fetch_max(live_bytes(), Ordering::Relaxed);
        let (status, body) = self.response(&request);
        let mut response = HttpResponse::new(HttpBody::new(body.to_string()));
        *response.status_mut() = status.try_into().unwrap();
        Box::pin(async move { Ok(response) })
    }
}

fn live_bytes() -> usize {
    let stats = INSTRUMENTED_SYSTEM.stats();
    stats
        .bytes_allocated
        .saturating_sub(stats.bytes_deallocated)
}

/// Returns the most bytes in use while these machines are swept, less those before.
async fn peak(machines: usize) -> usize {
    let api = Api {
        machines,
        peak: Arc::default(),
    };
    let client = Client::builder().token("token").http_client(api.clone());
    let client = client.build().unwrap();
    let acme = OrganizationLookup::sub_domain("acme");
    let sweep = Sweep::new(&client, acme).at(SystemTime::now() + Duration::from_secs(1));
    let before = live_bytes();
    let deleted = sweep.apply().await.unwrap();
    assert_eq!(deleted.changes().len(), machines);
    api.peak.load(Ordering::Relaxed) - before
}

#[tokio::test(start_paused = true)]
async fn memory_of_a_sweep_is_that_of_its_plan() {
    peak(100).await; // tables of the client and of the runtime grow at first
    let (few, many) = (peak(1_000).await, peak(10_000).await);
    println!("1,000 machines: {few} bytes; 10,000 machines: {many} bytes");
    // The id, the host name and the time of a machine are 200 bytes, twice, since vectors double; the machine is 2,000.
    let each = many.saturating_sub(few) / 9_000;
    assert!(each < 500, "{each} bytes for each machine");
}
