//! Runs many calls against a sandbox that fails at random.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use katapult_contract::chaos::{Settings, run};

/// Reads, updates, creates and deletes against a sandbox that fails at the given rate, and checks the result.
/// Exits with 1 if a call was lost, executed twice or answered wrongly.
#[derive(Parser)]
#[command(name = "chaos")]
struct Arguments {
    /// The number of calls.
    #[arg(long, default_value_t = 10_000)]
    requests: u32,
    /// The share of requests that fail, from 0 to 1.
    #[arg(long, default_value_t = 0.2, value_parser = part)]
    faults: f64,
    /// The number of calls in flight at a time.
    #[arg(long, default_value_t = 32)]
    concurrency: u32,
    /// The seed: the same seed gives the same faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The longest time, in seconds, after which a request is executed although its response was lost.
    #[arg(long, default_value_t = 20)]
    latest: u64,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

fn part(text: &str) -> Result<f64, String> {
    let part: f64 = text
        .parse()
        .map_err(|_| format!("{text} is not a number"))?;
    let fits = (0.0..=1.0).contains(&part);
    fits.then_some(part)
        .ok_or_else(|| format!("{text} is not between 0 and 1"))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = Settings {
        requests: arguments.requests,
        faults: arguments.faults,
        concurrency: arguments.concurrency,
        seed: arguments.seed,
        latest: Duration::from_secs(arguments.latest),
    };
    let stats = match run(settings).await {
        Ok(stats) => stats,
        Err(error) => {
            eprintln!("chaos: {error}");
            // Distinct from 1, which means that a call was lost, duplicated or answered wrongly.
            return ExitCode::from(2);
        }
    };
    match serde_json::to_string(&stats) {
        Ok(json) if arguments.json => println!("{json}"),
        _ => println!("{stats}"),
    }
    if stats.is_correct() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
