//! Many calls against a sandbox that fails at random.

use std::process::ExitCode;

use clap::Parser;
use katapult_contract::chaos::{Settings, run};

/// Reads, updates, creates and deletes against a sandbox that fails at the rate given,
/// then holds what was told against what is. Exits with 1 when anything was lost, made twice or told wrong.
#[derive(Parser)]
#[command(name = "chaos")]
struct Arguments {
    /// How many calls.
    #[arg(long, default_value_t = 10_000)]
    requests: u32,
    /// The part of the requests that fail, from 0 to 1.
    #[arg(long, default_value_t = 0.2, value_parser = part)]
    faults: f64,
    /// How many calls are under way at a time.
    #[arg(long, default_value_t = 32)]
    concurrency: u32,
    /// Where chance starts: the same seed gives the same faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

fn part(text: &str) -> Result<f64, String> {
    let part: f64 = text.parse().map_err(|_| format!("{text} is no number"))?;
    let fits = (0.0..=1.0).contains(&part);
    fits.then_some(part)
        .ok_or_else(|| format!("{text} is not from 0 to 1"))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = Settings {
        requests: arguments.requests,
        faults: arguments.faults,
        concurrency: arguments.concurrency,
        seed: arguments.seed,
    };
    let tally = match run(settings).await {
        Ok(tally) => tally,
        Err(error) => {
            eprintln!("chaos: {error}");
            return ExitCode::from(2);
        }
    };
    match serde_json::to_string(&tally) {
        Ok(json) if arguments.json => println!("{json}"),
        _ => println!("{tally}"),
    }
    if tally.is_right() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
