//! Waits for many tasks under one quota, in real time.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use katapult_contract::waits::worker::{Work, work};
use katapult_contract::waits::{Settings, Summary, run};

/// Starts processes that share one token, against one sandbox with a quota per clock minute. They wait for tasks,
/// and use half of the quota for other calls. Takes about two rounds of polls, where a round is the number of
/// waits divided by the polls per minute. Exits with 1 if polls use more than their share, calls wait for 2 s or
/// longer (95th percentile), a completion is detected late, or a request is rejected.
#[derive(Parser)]
#[command(name = "waits")]
struct Arguments {
    /// The number of waits of all processes together.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    waits: u32,
    /// The quota of the sandbox, in requests per minute.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    permitted: u32,
    /// The number of processes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    processes: u32,
    /// The share of the quota for the polls of each process. Default: 0.3 divided by the number of processes.
    #[arg(long)]
    share: Option<f64>,
    /// The latency of the sandbox in milliseconds.
    #[arg(long, default_value_t = 20)]
    latency: u64,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Run as one of the processes, against the sandbox at this URL.
    #[arg(long, hide = true)]
    worker_of: Option<String>,
    /// The number of the first task of this process.
    #[arg(long, hide = true, default_value_t = 0)]
    first: u32,
    /// The interval between two calls of this process in milliseconds.
    #[arg(long, hide = true, default_value_t = 600)]
    call_interval: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let share = arguments
        .share
        .unwrap_or(0.3 / f64::from(arguments.processes));
    if let Some(url) = arguments.worker_of {
        let result = work(Work {
            url,
            first: arguments.first,
            waits: arguments.waits,
            share,
            call_interval: Duration::from_millis(arguments.call_interval),
        });
        return match result.await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&*error),
        };
    }
    let settings = Settings {
        waits: arguments.waits,
        permitted: arguments.permitted,
        processes: arguments.processes,
        share,
        latency: Duration::from_millis(arguments.latency),
    };
    match run(settings).await {
        Ok(summary) => {
            print(&summary, arguments.json);
            let violations = summary.violations(share * f64::from(arguments.processes));
            for violation in &violations {
                eprintln!("waits: {violation}");
            }
            match violations.is_empty() {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
        Err(error) => failed(&*error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("waits: {error}");
    ExitCode::from(2)
}

fn print(summary: &Summary, json: bool) {
    match serde_json::to_string(summary) {
        Ok(text) if json => println!("{text}"),
        _ => println!(
            "{} waits: {} polls, at most {:.1} % of a minute's quota; {} calls, 95 % within {} s; completions \
             detected within {} s of {} s; {} refused",
            summary.waits,
            summary.polls,
            summary.poll_share * 100.0,
            summary.calls,
            summary.call_wait_p95,
            summary.detection_max,
            summary.detection_bound,
            summary.refused
        ),
    }
}
