//! Runs tables of retry scenarios through the public client, in paused time.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use katapult_contract::scenarios::stage::Stage;
use katapult_contract::scenarios::{load, verdict};

/// Runs each scenario of the tables and prints a line for it. Exits with 1 when one differs, with 2
/// when a table can't be read.
#[derive(Parser)]
#[command(name = "scenarios")]
struct Arguments {
    /// Tables of scenarios.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("scenarios: {error}");
            ExitCode::from(2)
        }
    }
}

/// Gives the number of those that differ.
fn run(arguments: &Arguments) -> Result<usize, Box<dyn std::error::Error>> {
    let stage = Stage::new()?;
    let mut staged = Vec::new();
    for file in &arguments.files {
        staged.extend(load(&stage, file)?);
    }
    let mut differ = 0;
    for staged in &staged {
        let scenario = &staged.scenario;
        let seen = stage.run(staged)?;
        let differences = verdict::differences(&scenario.expect, &seen);
        if differences.is_empty() {
            let attempts = seen.attempts;
            println!(
                "ok      {}: {attempts} attempts, waits {:?}",
                scenario.name, seen.waits
            );
        } else {
            differ += 1;
            println!("DIFFERS {}: {}", scenario.name, differences.join("; "));
        }
    }
    println!("{} scenarios, {differ} differ", staged.len());
    Ok(differ)
}
