//! Runs tables of retry scenarios through the public client, in paused time.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use katapult_contract::scenarios::runner::Runner;
use katapult_contract::scenarios::{expect, load};

/// Runs the scenarios of tables, and prints a line for each. Exits with 1 if one differs, with 2 if a table
/// cannot be read.
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
            // Distinct from 1, which means that a scenario differs.
            ExitCode::from(2)
        }
    }
}

/// Returns the number of scenarios that differ.
fn run(arguments: &Arguments) -> Result<usize, Box<dyn std::error::Error>> {
    let runner = Runner::new()?;
    let mut scenario_run = Vec::new();
    for file in &arguments.files {
        scenario_run.extend(load(&runner, file)?);
    }
    let mut differ = 0;
    for scenario_run in &scenario_run {
        let scenario = &scenario_run.scenario;
        let observed = runner.run(scenario_run)?;
        let differences = expect::differences(&scenario.expect, &observed);
        if differences.is_empty() {
            let attempts = observed.attempts;
            println!(
                "ok      {}: {attempts} attempts, waits {:?}",
                scenario.name, observed.waits
            );
        } else {
            differ += 1;
            println!("DIFFERS {}: {}", scenario.name, differences.join("; "));
        }
    }
    println!("{} scenarios, {differ} differ", scenario_run.len());
    Ok(differ)
}
