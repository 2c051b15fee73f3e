//! Asks the sandbox random requests, and holds its world to its rules after each.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use katapult_contract::asked::fuzz;

/// Asks the sandbox random requests, valid and not. Fails when a rule of its world breaks, a response is
/// other than documented, or the sandbox fails by itself.
#[derive(Parser)]
#[command(name = "fuzz")]
struct Arguments {
    /// How many.
    #[arg(long, default_value_t = 100_000)]
    requests: u64,
    /// The seed of the first 5,000; each next 5,000 have the next.
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
