//! A short run of the chaos test.

use std::time::Duration;

use katapult_contract::chaos::{Settings, run};

#[tokio::test]
async fn faults_neither_lose_nor_repeat_a_write() {
    let mut unconfirmed = 0;
    for seed in 1..=3 {
        let settings = Settings {
            requests: 500,
            faults: 0.2,
            concurrency: 32,
            seed,
            latest: Duration::from_secs(2),
        };
        let tally = run(settings).await.unwrap();
        assert!(tally.is_correct(), "{tally}");
        assert_eq!(tally.requests, 500);
        assert_eq!(tally.ok + tally.failed + tally.unconfirmed, 500);
        assert_eq!(tally.failed, 0, "{tally}");
        assert!(tally.unconfirmed < 25, "{tally}");
        unconfirmed += tally.unconfirmed;
        assert!(tally.attempts > 550 && tally.attempts <= 750, "{tally}");
        assert!(tally.late > 0 && tally.reconciled > 0, "{tally}");
        assert!(tally.workflows > 0, "{tally}");
        assert!(tally.refused_after_done > 0, "{tally}");
    }
    assert!(unconfirmed > 0);
}

#[tokio::test]
async fn call_without_faults_is_one_request_and_workflow_reads_first() {
    let settings = Settings {
        requests: 200,
        faults: 0.0,
        concurrency: 8,
        seed: 3,
        latest: Duration::ZERO,
    };
    let tally = run(settings).await.unwrap();
    assert!(tally.is_correct(), "{tally}");
    assert_eq!((tally.ok, tally.attempts), (200, 200 + tally.workflows));
}
