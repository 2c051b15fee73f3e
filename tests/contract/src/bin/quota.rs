//! Shares the rate limit of one token between processes, in real time.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use katapult_contract::quota::{Settings, Summary, run, worker};
use katapult_core::RateLimit;

/// Starts processes that share one token, against one sandbox with a quota per clock minute, and compares
/// their duration with the ideal one. Takes minutes. With `--pace on`, exits with 1 if they take more than
/// 5 % longer, or more than 1 % of the requests are rejected.
#[derive(Parser)]
#[command(name = "quota")]
struct Arguments {
    /// The number of processes.
    #[arg(long, default_value_t = 4)]
    workers: u32,
    /// The number of requests of all processes together.
    #[arg(long, default_value_t = 2500)]
    requests: u32,
    /// The quota of the sandbox, in requests per minute.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    permitted: u32,
    /// The latency of the sandbox in milliseconds; a remote server is never faster.
    #[arg(long, default_value_t = 20)]
    latency: u64,
    /// Rate limiting in the clients.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pace: Switch,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Run as one of the processes, against the sandbox at this URL.
    #[arg(long, hide = true)]
    worker_of: Option<String>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let on = arguments.pace == Switch::On;
    if let Some(url) = &arguments.worker_of {
        let pace = if on { RateLimit::Auto } else { RateLimit::Off };
        return match worker::work(url, arguments.requests, pace).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&*error),
        };
    }
    let settings = Settings {
        workers: arguments.workers,
        requests: arguments.requests,
        permitted: arguments.permitted,
        latency: Duration::from_millis(arguments.latency),
        pace: on,
    };
    match run(settings).await {
        Ok(summary) => {
            print(&summary, arguments.json);
            // Without a rate limit in the client, rejections are the expected result.
            if on && (summary.ratio > 1.05 || summary.refused_ratio > 0.01) {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            }
        }
        Err(error) => failed(&*error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("quota: {error}");
    ExitCode::from(2)
}

fn print(summary: &Summary, json: bool) {
    match serde_json::to_string(summary) {
        Ok(text) if json => println!("{text}"),
        _ => println!(
            "{} s, {:.3} of the ideal {} s; {} refused, {:.2} % of the requests",
            summary.makespan,
            summary.ratio,
            summary.ideal,
            summary.refused,
            summary.refused_ratio * 100.0
        ),
    }
}
