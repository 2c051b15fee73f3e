//! Random requests, valid and not, keep the invariants of the sandbox. `SANDBOX_FUZZ=100000` sets the
//! number of requests and `SANDBOX_FUZZ_SEED` repeats a failure, as the program `fuzz` does.

use katapult_contract::sandbox_contract::fuzz::{SEQUENCE, run};

fn setting(name: &str, otherwise: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(otherwise, |set| set.parse().unwrap())
}

#[tokio::test]
async fn random_requests_keep_the_invariants() {
    let requests = setting("SANDBOX_FUZZ", SEQUENCE);
    let seed = setting("SANDBOX_FUZZ_SEED", 1);
    let statuses = run(requests, seed)
        .await
        .unwrap_or_else(|why| panic!("{why}"));
    let done: u64 = statuses.range(200..300).map(|(_, count)| count).sum();
    assert!(done > requests / 4, "too few were valid: {statuses:?}");
}
