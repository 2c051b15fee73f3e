//! A Katapult on your own machine, as a program: for people, and for clients in other languages.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use katapult_sandbox::{Fault, FaultKind, Sandbox, Schedule, Time, Token};

/// Answers as the Katapult API does, on this machine. Stops on Ctrl-C and when it is told to terminate.
#[derive(Parser)]
#[command(name = "katapult-sandbox")]
struct Arguments {
    /// The port of loopback to listen on; 0 is any free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The token to take.
    #[arg(long, default_value = "a-token-of-the-sandbox")]
    token: String,
    /// How many requests the token may make a minute.
    #[arg(long, default_value_t = 1000)]
    permitted: u32,
    /// The same seed gives the same ids and the same faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Faults: [operation:]kind, then =0.05 (a rate), #2 (the first two) or @0110 (a script), with
    /// commas between: 429=0.05,reset_after=0.01,tasks.get:504#1.
    #[arg(long, value_delimiter = ',')]
    faults: Vec<Fault>,
    /// How long each reply takes: 20ms, 1s.
    #[arg(long, value_parser = duration)]
    latency: Option<Duration>,
    /// How many times as fast its time passes.
    #[arg(long, default_value_t = 1.0)]
    time_scale: f64,
    /// The world to begin with, in the place of the one inside.
    #[arg(long)]
    world: Option<PathBuf>,
    /// Writes every exchange into this file, one JSON object a line.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// Objects as they were at the end of this year.
    #[arg(long)]
    year: Option<u16>,
    /// Prints no line for each request.
    #[arg(long)]
    quiet: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let fail = || format!("{text:?} is no time: write 20ms or 1s");
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s').ok_or_else(fail)?, 1000),
    };
    let number: u64 = number.parse().map_err(|_| fail())?;
    Ok(Duration::from_millis(number.saturating_mul(unit)))
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("katapult-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let time = if arguments.time_scale == 1.0 {
        Time::Real
    } else {
        Time::Scaled(arguments.time_scale)
    };
    let latency = arguments
        .latency
        .map(|time| Fault::new(FaultKind::Latency(time), Schedule::Rate(1.0)));
    let mut builder = Sandbox::builder()
        .port(arguments.port)
        .token(Token::new(&arguments.token).permitted(arguments.permitted))
        .seed(arguments.seed)
        .time(time)
        .faults(arguments.faults)
        .faults(latency);
    if let Some(world) = &arguments.world {
        builder = builder.world(
            std::fs::read_to_string(world)
                .map_err(|error| format!("{}: {error}", world.display()))?,
        );
    }
    if let Some(journal) = arguments.journal {
        builder = builder.journal(journal);
    }
    if let Some(year) = arguments.year {
        builder = builder.as_of(year, 12);
    }
    if !arguments.quiet {
        builder = builder.log();
    }
    let sandbox = builder.start().await?;
    say(&format!(
        "The sandbox answers at {url}. To point an SDK or a tool at it:\n\n  export KATAPULT_API_URL={url}\n  \
         export KATAPULT_API_KEY={}\n\n  curl -H \"Authorization: Bearer $KATAPULT_API_KEY\" \
         \"$KATAPULT_API_URL/core/v1/organizations\"\n",
        sandbox.token(),
        url = sandbox.url(),
    ));
    told_to_stop().await?;
    say("\nStopped.");
    Ok(())
}

/// Says something to whoever listens still.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Waits for Ctrl-C, and where there is such a thing for the signal to terminate.
async fn told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            signal = tokio::signal::ctrl_c() => signal,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
