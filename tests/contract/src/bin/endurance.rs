//! Makes calls for a long time, and checks that neither the client nor the sandbox grows.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use jiff::SignedDuration;
use katapult_contract::endurance::{Settings, report::Report, run, serve};

/// Makes calls against a sandbox on loopback, which refuses tokens and loses connections at random. Exits with 1 if a
/// call fails, no token was renewed, or memory or open files grow after the first quarter of the time.
#[derive(Parser)]
#[command(name = "endurance")]
struct Arguments {
    /// The duration, such as 10s, 5m or 1h.
    #[arg(long, default_value = "1h")]
    duration: SignedDuration,
    /// The number of calls in flight at a time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    concurrency: u32,
    /// The time between two calls of each, in milliseconds.
    #[arg(long, default_value_t = 20)]
    pause: u64,
    /// Print each sample: seconds, and KiB and files of the client and of the sandbox.
    #[arg(long)]
    samples: bool,
    /// Run as the sandbox.
    #[arg(long, hide = true)]
    sandbox: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match execute(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("endurance: {error}");
            ExitCode::from(2)
        }
    }
}

/// Returns `true` if the run met all expectations.
async fn execute(arguments: Arguments) -> Result<bool, Box<dyn Error + Send + Sync>> {
    if arguments.sandbox {
        serve().await?;
    }
    let settings = Settings {
        duration: arguments.duration.try_into()?,
        concurrency: arguments.concurrency,
        pause: Duration::from_millis(arguments.pause),
    };
    let report = run(settings).await?;
    if arguments.samples {
        print_samples(&report);
    }
    println!("{report}");
    let violations = report.violations();
    for violation in &violations {
        eprintln!("endurance: {violation}");
    }
    Ok(violations.is_empty())
}

fn print_samples(report: &Report) {
    for sample in &report.samples {
        print!("{:>6} s", sample.seconds);
        for usage in [sample.client, sample.sandbox].into_iter().flatten() {
            print!(" {:>8} KiB {:>4} files", usage.memory, usage.files);
        }
        println!();
    }
}
