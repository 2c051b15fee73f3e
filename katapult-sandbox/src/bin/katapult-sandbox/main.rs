//! The sandbox as a program, for manual use and for clients in any language.

mod health;

use std::error::Error;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use katapult_sandbox::{Builder, Fault, Sandbox, Time, Token, recording};
use serde_json::json;

/// The port of the sandbox, unless another is given.
const DEFAULT_PORT: u16 = 8080;

/// The largest factor of the time: a year passes in half a minute.
// Far larger ones exceed what a date can express.
const MAX_TIME_SCALE: f64 = 1e6;

/// The longest time to wait for a reader of the last line.
const LAST_LINE_TIMEOUT: Duration = Duration::from_millis(200);

/// Run a local Katapult API with fault injection.
///
/// It listens on the loopback interface until Ctrl-C or SIGTERM. `GET /sandbox/health` returns 200 while it runs.
#[derive(Parser)]
#[command(
    name = "katapult-sandbox",
    version,
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Verb>,
    #[command(flatten)]
    server: ServerArguments,
}

#[derive(Subcommand)]
enum Verb {
    /// Make initial states for --world.
    World {
        #[command(subcommand)]
        source: WorldSource,
    },
    /// Check that a sandbox runs, such as in a container. The exit status is 0 if it does.
    Health {
        /// Address and port of the sandbox.
        #[arg(default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)))]
        address: SocketAddr,
    },
}

#[derive(Subcommand)]
enum WorldSource {
    /// Print the initial state that recorded exchanges presuppose, as JSON.
    ///
    /// It has the objects that the recordings read before they create them, and those that the API does not
    /// create, such as packages. A recording is a file with one JSON object per line, as --journal writes it.
    FromRecordings {
        /// Files, or folders with .jsonl files.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
}

#[derive(clap::Args)]
struct ServerArguments {
    /// Address to listen on. Other machines can use the sandbox on any but a loopback address.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST.into())]
    bind: IpAddr,
    /// Port; 0 for any free port.
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Use HTTPS, with a certificate made at the start for localhost and the address; it is printed. Needs a
    /// program that was built with the feature tls.
    #[arg(long)]
    tls: bool,
    /// File to which the certificate of --tls is written, as PEM, instead of printing it.
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_certificate: Option<PathBuf>,
    /// Host name or IP address for which the certificate of --tls is valid too, such as the name of a container.
    #[arg(long, value_name = "NAME", requires = "tls")]
    tls_name: Vec<String>,
    /// API token to accept.
    #[arg(long, default_value = "a-token-of-the-sandbox")]
    token: String,
    /// Requests permitted per minute.
    #[arg(long, default_value_t = 1000)]
    permitted: u32,
    /// Seed of ids and of faults by rate.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Comma-separated faults, such as 429=0.05,late=5s#1,tasks.get:504@01; --help lists the kinds.
    #[arg(long, value_delimiter = ',', long_help = faults_help())]
    faults: Vec<Fault>,
    /// Delay of each response, such as 20ms or 1s, at most 1h.
    #[arg(long, value_parser = latency)]
    latency: Option<Fault>,
    /// Factor by which time passes faster than in reality.
    #[arg(long, default_value_t = 1.0, value_parser = time_scale)]
    time_scale: f64,
    /// JSON file with the initial state, such as `world from-recordings` prints; default: built in.
    #[arg(long)]
    world: Option<PathBuf>,
    /// File to which every exchange is written, one JSON object per line.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// Year whose responses to imitate: fields that the API added later are left out.
    #[arg(long)]
    year: Option<u16>,
    /// Let clients control the sandbox without a token, by the paths under /sandbox/: reset, snapshot,
    /// restore, faults, clock, journal.
    #[arg(long)]
    control: bool,
    /// Do not print a line for each request.
    #[arg(long)]
    quiet: bool,
    /// Form of the printed lines.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line, with an `event`: `started`, `request` or `stopped`.
    Json,
}

/// Returns the help of `--faults`.
fn faults_help() -> String {
    let kinds = Fault::kinds().map(|(example, effect)| format!("\n  {example:<15}  {effect}"));
    format!(
        "Comma-separated faults: [operation:]kind, then =0.05 (a rate), #2 (the first two requests) or @0110 (a \
         script), such as 429=0.05,late=5s#1,tasks.get:504@01. A duration is a whole number of ms, s, min or h. \
         Kinds:{}",
        kinds.collect::<String>()
    )
}

/// Reads a delay as the fault that has it reads it.
fn latency(text: &str) -> Result<Fault, String> {
    let fault = format!("latency={text}").parse();
    let invalid = || format!("invalid duration {text:?}: write 20ms or 1s, at most 1h");
    // A fault can end with a schedule, and a duration cannot.
    let fault = fault.ok().filter(|_| !text.contains(['=', '#', '@']));
    fault.ok_or_else(invalid)
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
    let Arguments { command, server } = Arguments::parse();
    let result = match command {
        Some(Verb::World {
            source: WorldSource::FromRecordings { paths },
        }) => print_world(&paths),
        Some(Verb::Health { address }) => {
            health::check(address).map_err(|error| format!("{address}: {error}").into())
        }
        None => run(server).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("katapult-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the initial state of recordings.
fn print_world(paths: &[PathBuf]) -> Result<(), Box<dyn Error>> {
    let mut exchanges = Vec::new();
    for path in paths {
        read_recordings(path, &mut exchanges)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if exchanges.is_empty() {
        return Err("there is no recorded exchange; give files or folders of .jsonl files".into());
    }
    print_line(&recording::world(&exchanges)?);
    Ok(())
}

/// Adds the exchanges of a file, or of the recordings in a folder by name.
fn read_recordings(
    path: &Path,
    exchanges: &mut Vec<recording::Exchange>,
) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        let entries = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
        let paths = entries.iter().map(std::fs::DirEntry::path);
        let is_recording = |path: &PathBuf| path.extension().is_some_and(|name| name == "jsonl");
        let mut paths: Vec<_> = paths.filter(is_recording).collect();
        // The order of entries differs between file systems.
        paths.sort();
        return paths
            .iter()
            .try_for_each(|path| read_recordings(path, exchanges));
    }
    for (index, line) in std::fs::read_to_string(path)?.lines().enumerate() {
        if !line.trim().is_empty() {
            let exchange = recording::Exchange::from_json(line);
            exchanges.push(exchange.map_err(|error| format!("line {}: {error}", index + 1))?);
        }
    }
    Ok(())
}

async fn run(arguments: ServerArguments) -> Result<(), Box<dyn Error>> {
    // A scale of 1 is real time, in which the clock needs no rounding.
    let time = if arguments.time_scale == 1.0 {
        Time::Real
    } else {
        Time::Scaled(arguments.time_scale)
    };
    let mut builder = Sandbox::builder()
        .bind(arguments.bind)
        .port(arguments.port)
        .token(Token::new(&arguments.token).permitted(arguments.permitted))
        .seed(arguments.seed)
        .time(time)
        .faults(arguments.faults)
        .faults(arguments.latency);
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
    if arguments.control {
        builder = builder.control();
    }
    builder = match arguments.log_format {
        _ if arguments.quiet => builder,
        LogFormat::Text => builder.log(),
        LogFormat::Json => builder.log_json(),
    };
    if arguments.tls {
        builder = with_tls(builder, arguments.tls_name)?;
    }
    let sandbox = builder.start().await?;
    let certificate = certificate(&sandbox);
    if let (Some(path), Some(pem)) = (&arguments.tls_certificate, certificate) {
        std::fs::write(path, pem).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    print_line(&started(
        arguments.log_format,
        &sandbox,
        certificate,
        arguments.tls_certificate.as_deref(),
    ));
    wait_for_signal().await?;
    let stopped = match arguments.log_format {
        LogFormat::Text => "\nStopped.",
        LogFormat::Json => r#"{"event":"stopped"}"#,
    };
    // In a thread: a pipe that nobody reads must not prevent the end.
    let (printed, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        print_line(stopped);
        let _ = printed.send(());
    });
    let _ = end.recv_timeout(LAST_LINE_TIMEOUT);
    Ok(())
}

#[cfg(feature = "tls")]
fn with_tls(builder: Builder, names: Vec<String>) -> Result<Builder, Box<dyn Error>> {
    Ok(names.into_iter().fold(builder.tls(), Builder::tls_name))
}

#[cfg(not(feature = "tls"))]
fn with_tls(_: Builder, _: Vec<String>) -> Result<Builder, Box<dyn Error>> {
    Err("this program was built without TLS; cargo install katapult-sandbox --features tls".into())
}

#[cfg(feature = "tls")]
fn certificate(sandbox: &Sandbox) -> Option<&str> {
    sandbox.certificate_pem()
}

#[cfg(not(feature = "tls"))]
fn certificate(_: &Sandbox) -> Option<&str> {
    None
}

/// Returns what is printed when the sandbox has started. The certificate is in the file, if there is one.
fn started(
    format: LogFormat,
    sandbox: &Sandbox,
    certificate: Option<&str>,
    file: Option<&Path>,
) -> String {
    let (url, token) = (sandbox.url(), sandbox.token());
    let printed = certificate.filter(|_| file.is_none());
    if format == LogFormat::Json {
        let mut started = json!({"event": "started", "url": url, "token": token});
        if let Some(pem) = printed {
            started["certificate"] = json!(pem);
        }
        return started.to_string();
    }
    let option = match (certificate, file) {
        (None, _) => String::new(),
        (Some(_), Some(file)) => format!(" --cacert {}", file.display()),
        (Some(_), None) => " --cacert certificate.pem".to_owned(),
    };
    let certificate = match printed {
        Some(pem) => format!("Its certificate, to be trusted by clients:\n\n{pem}\n"),
        None => String::new(),
    };
    format!(
        "The sandbox listens on {url}. To use it in a client:\n\n  export KATAPULT_API_URL={url}\n  \
         export KATAPULT_API_KEY={token}\n\n  curl{option} -H \"Authorization: Bearer $KATAPULT_API_KEY\" \
         \"$KATAPULT_API_URL/core/v1/organizations\"\n\n{certificate}"
    )
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
