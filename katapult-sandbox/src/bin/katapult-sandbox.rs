//! The sandbox as a program, for manual use and for clients in any language.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use katapult_sandbox::{Fault, Sandbox, Time, Token};

/// The largest factor of the time: a year passes in half a minute.
// Far larger ones exceed what a date can express.
const MAX_TIME_SCALE: f64 = 1e6;

/// The longest time to wait for a reader of the last line.
const LAST_LINE_TIMEOUT: Duration = Duration::from_millis(200);

/// Run a local Katapult API with fault injection.
///
/// It listens on the loopback interface until Ctrl-C or SIGTERM.
#[derive(Parser)]
#[command(name = "katapult-sandbox", version)]
struct Arguments {
    /// Port on the loopback interface; 0 for any free port.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// API token to accept.
    #[arg(long, default_value = "a-token-of-the-sandbox")]
    token: String,
    /// Requests permitted per minute.
    #[arg(long, default_value_t = 1000)]
    permitted: u32,
    /// Seed of ids and of faults by rate.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Comma-separated faults: [operation:]kind, then =0.05 (a rate), #2 (the first two requests) or
    /// @0110 (a script), such as 429=0.05,reset_after=0.01,tasks.get:504#1.
    #[arg(long, value_delimiter = ',')]
    faults: Vec<Fault>,
    /// Delay of each response, such as 20ms or 1s.
    #[arg(long, value_parser = duration)]
    latency: Option<Duration>,
    /// Factor by which time passes faster than in reality.
    #[arg(long, default_value_t = 1.0, value_parser = time_scale)]
    time_scale: f64,
    /// JSON file with the initial state; default: built in.
    #[arg(long)]
    world: Option<PathBuf>,
    /// File to which every exchange is written, one JSON object per line.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// Year whose responses to imitate: fields that the API added later are left out.
    #[arg(long)]
    year: Option<u16>,
    /// Do not print a line for each request.
    #[arg(long)]
    quiet: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let invalid = || format!("invalid duration {text:?}: write 20ms or 1s");
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s').ok_or_else(invalid)?, 1000),
    };
    let number: u64 = number.parse().map_err(|_| invalid())?;
    Ok(Duration::from_millis(number.saturating_mul(unit)))
}

fn time_scale(text: &str) -> Result<f64, String> {
    let scale: Option<f64> = text.parse().ok();
    scale
        .filter(|scale| (0.0..=MAX_TIME_SCALE).contains(scale))
        .ok_or_else(|| {
            format!("invalid factor {text:?}: write a number from 0 to {MAX_TIME_SCALE}")
        })
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
    // A scale of 1 is real time, in which the clock needs no rounding.
    let time = if arguments.time_scale == 1.0 {
        Time::Real
    } else {
        Time::Scaled(arguments.time_scale)
    };
    let latency = arguments.latency.map(Fault::latency);
    let mut builder = Sandbox::builder()
        .port(arguments.port)
        .token(Token::new(&arguments.token).permitted(arguments.permitted))
        .seed(arguments.seed)
        .time(time)
        .faults(arguments.faults)
        .faults(latency);
    if let Some(world) = &arguments.world {
        let json = std::fs::read_to_string(world);
        builder = builder.world(json.map_err(|error| format!("{}: {error}", world.display()))?);
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
    print_line(&format!(
        "The sandbox listens on {url}. To use it in a client:\n\n  export KATAPULT_API_URL={url}\n  \
         export KATAPULT_API_KEY={}\n\n  curl -H \"Authorization: Bearer $KATAPULT_API_KEY\" \
         \"$KATAPULT_API_URL/core/v1/organizations\"\n",
        sandbox.token(),
        url = sandbox.url(),
    ));
    wait_for_signal().await?;
    // In a thread: a pipe that nobody reads must not prevent the end.
    let (printed, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        print_line("\nStopped.");
        let _ = printed.send(());
    });
    let _ = end.recv_timeout(LAST_LINE_TIMEOUT);
    Ok(())
}

fn print_line(text: &str) {
    // `println!` would panic if standard output is closed.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Waits for Ctrl-C or, on Unix, for SIGTERM, which service managers and containers send.
async fn wait_for_signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
