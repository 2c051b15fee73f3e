//! Rng requests, valid and not, break nothing. `SANDBOX_FUZZ=100000` asks so many, and
//! `SANDBOX_FUZZ_SEED` has what failed again; the program `fuzz` does the same.

use katapult_contract::sandbox_contract::fuzz::{SEQUENCE, run};

fn setting(name: &str, otherwise: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(otherwise, |set| set.parse().unwrap())
}

#[tokio::test]
async fn nothing_breaks_the_world() {
    let requests = setting("SANDBOX_FUZZ", SEQUENCE);
    let seed = setting("SANDBOX_FUZZ_SEED", 1);
    let statuses = run(requests, seed)
        .await
        .unwrap_or_else(|why| panic!("{why}"));
    println!("{requests} requests: {statuses:?}");
    let done: u64 = statuses.range(200..300).map(|(_, count)| count).sum();
    assert!(done > requests / 4, "too few were valid: {statuses:?}");
}
