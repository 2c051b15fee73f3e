//! Sends random requests to the sandbox, and checks its invariants after each.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use katapult_contract::sandbox_contract::fuzz;

/// Sends random requests, valid and invalid, to the sandbox. Fails if an invariant is violated, a response is
/// not as documented, or the sandbox itself fails.
#[derive(Parser)]
#[command(name = "fuzz")]
struct Arguments {
    /// The number of requests.
    #[arg(long, default_value_t = 100_000)]
    requests: u64,
    /// The seed of the first 5,000 requests; each further 5,000 have the next seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { requests, seed } = Arguments::parse();
    let began = Instant::now();
    match fuzz::run(requests, seed).await {
        Ok(statuses) => {
            let time = began.elapsed().as_secs_f64();
            println!("{requests} requests in {time:.1} s, responses by status: {statuses:?}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("fuzz: {why}");
            ExitCode::FAILURE
        }
    }
}
