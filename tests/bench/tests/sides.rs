//! Both sides get the same from the server, field by field where both can tell.

use std::time::Duration;

use katapult_bench::overhead::{Side, Sides, What};
use katapult_bench::server::{Settings, serve};
use katapult_bench::{contention, lists, memory};

async fn server(machines: u64) -> String {
    let (tell, told) = tokio::sync::oneshot::channel();
    tokio::spawn(serve(
        Settings {
            machines,
            delay: Duration::ZERO,
        },
        move |url| tell.send(url.to_owned()).expect("a listener"),
    ));
    told.await.expect("an address")
}

#[tokio::test]
async fn both_sides_read_a_machine_and_a_page() {
    let sides = Sides::new(&server(250).await).expect("clients");
    for side in [Side::Sdk, Side::Hand] {
        for (what, expected) in [(What::Machine, 1), (What::Page, 100)] {
            assert_eq!(
                sides.ask(side, what).await.expect("a reply"),
                expected,
                "{side:?} {what:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_measure_gives_figures() {
    let url = server(1500).await;
    let overhead = Sides::new(&url)
        .expect("clients")
        .compare(What::Machine, 100)
        .await
        .expect("overhead");
    assert!(overhead.sdk.cpu_us > 0.0 && overhead.hand.p99_us >= overhead.hand.p50_us);
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
