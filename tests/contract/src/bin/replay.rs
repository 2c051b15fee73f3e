//! Replays recorded exchanges through the public client.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use katapult_contract::conformance;
use katapult_contract::replay::Replay;

/// Replays each recorded exchange through the client over HTTP on loopback, and compares its request and its
/// response with the recording. Fails if one differs, or nothing was replayed.
#[derive(Parser)]
#[command(name = "replay")]
struct Arguments {
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Replay the responses only.
    #[arg(long)]
    responses_only: bool,
    /// Report the differences between recordings and document, and the support of each correction, instead.
    #[arg(long, conflicts_with = "responses_only")]
    drift: bool,
    /// Send the recorded requests to the sandbox, and compare status and shape of its responses, instead.
    #[arg(long)]
    against_sandbox: bool,
    /// Write the similarity of each resource into this README, between its markers.
    #[arg(long, value_name = "FILE", requires = "against_sandbox")]
    readme: Option<PathBuf>,
    /// Fail unless this README has the similarity as it is.
    #[arg(long, value_name = "FILE", requires = "against_sandbox")]
    check_readme: Option<PathBuf>,
    /// Recordings: files with one JSON object per line, or folders of such files.
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
    // The report alone would show zero failures.
    if report.exchanges == 0 {
        eprintln!("replay: no exchange in {} files", report.files);
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
    let named =
        |path: &Path, error: conformance::ReadmeError| format!("{}: {error}", path.display());
    if let Some(path) = &arguments.readme {
        conformance::write_readme(&report, path).map_err(|error| named(path, error))?;
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    // After the report, which states the differences.
    if let Some(path) = &arguments.check_readme {
        conformance::check_readme(&report, path).map_err(|error| named(path, error))?;
    }
    Ok(if report.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
