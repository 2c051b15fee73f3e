//! Replays recorded exchanges through the public client and tells what was lost.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use katapult_contract::conformance;
use katapult_contract::replay::Replay;

/// Puts each recorded exchange through the client, over HTTP on loopback, and compares what it sends and
/// what it reads with what was recorded. Fails when anything differs or is lost, or nothing was read.
#[derive(Parser)]
#[command(name = "replay")]
struct Arguments {
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Look at the responses alone, and not at the requests.
    #[arg(long)]
    responses_only: bool,
    /// Replay nothing, but tell where recordings and document differ, and what supports each correction.
    #[arg(long, conflicts_with = "responses_only")]
    drift: bool,
    /// Ask the recorded requests of the sandbox, and compare status and shape of its responses.
    #[arg(long)]
    against_sandbox: bool,
    /// Files of recorded exchanges, one JSON object a line, or folders of such files.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("replay: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    if arguments.against_sandbox {
        return against_sandbox(arguments).await;
    }
    if arguments.drift {
        let drift = katapult_contract::drift::read(&arguments.paths)?;
        if arguments.json {
            println!("{}", serde_json::to_string_pretty(&drift)?);
        } else {
            println!("{drift}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let replay = Replay::start()
        .await?
        .responses_only(arguments.responses_only);
    let report = replay.run(&arguments.paths).await?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    if report.exchanges == 0 {
        eprintln!(
            "replay: no exchange was read: {} files, each empty",
            report.files
        );
    }
    Ok(if report.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn against_sandbox(
    arguments: &Arguments,
) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    let report = conformance::run(&arguments.paths).await?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(if report.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
