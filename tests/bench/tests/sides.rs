//! The benchmarks run, and each side decodes the server's responses.

use std::time::Duration;

use katapult_bench::overhead::{Request, Side, Sides};
use katapult_bench::server::{Settings, serve};
use katapult_bench::{contention, lists, memory};

async fn server(machines: u64) -> String {
    let (sender, url) = tokio::sync::oneshot::channel();
    tokio::spawn(serve(
        Settings {
            machines,
            delay: Duration::ZERO,
        },
        move |url| sender.send(url.to_owned()).expect("a listener"),
    ));
    url.await.expect("an address")
}

#[tokio::test]
async fn each_side_decodes_a_machine_and_a_page() {
    let sides = Sides::new(&server(250).await).expect("clients");
    for side in [Side::Sdk, Side::Baseline, Side::Raw, Side::Hyper] {
        for (request, expected) in [
            (Request::Machine, 1),
            (Request::Medium, 1),
            (Request::Small, 1),
            (Request::Page, 100),
        ] {
            assert_eq!(
                sides.send(side, request).await.expect("a response"),
                expected,
                "{side:?} {request:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_benchmark_returns_figures() {
    let url = server(1500).await;
    let overhead = Sides::new(&url)
        .expect("clients")
        .compare(Request::Machine, 100)
        .await
        .expect("overhead");
    assert!(overhead.sdk.cpu_us > 0.0 && overhead.baseline.p99_us >= overhead.baseline.p50_us);
    let lists = lists::measure(&url, 1500).await.expect("lists");
    assert!(lists.ahead_ms > 0.0 && lists.one_by_one_ms > 0.0);
    assert_eq!(
        memory::measure(&url, 1500)
            .await
            .expect("memory")
            .pages_ahead,
        10
    );
    let contention = contention::measure(&url, 64, 640)
        .await
        .expect("contention");
    assert!(contention.many_us > 0.0 && contention.one_us > 0.0);
}
