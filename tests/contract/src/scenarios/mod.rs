//! Tables of retry scenarios: the server's responses, and the behaviour expected of the client.
//!
//! A table is [parsed](mod@format), each of its rows [prepared and run](runner) through the public client over
//! a scripted server in tokio's paused time, and the result compared with what
//! the row expects. Waits of minutes take no time, and are exact.

pub mod expect;
pub mod format;
pub mod runner;
pub(crate) mod scripted_server;
pub mod units;

use std::fmt;
use std::path::Path;

use format::Scenario;
use runner::{PreparedScenario, Runner};

/// The reason why a table cannot be run.
#[derive(Debug)]
pub struct BadInput(String);

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// Reads a table and prepares its rows.
///
/// # Errors
///
/// If the file cannot be read or is invalid; the error names the file and the row.
pub fn load(runner: &Runner, path: &Path) -> Result<Vec<PreparedScenario>, BadInput> {
    let file = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| BadInput(format!("{file}: {error}")))?;
    parse(runner, &text).map_err(|BadInput(why)| BadInput(format!("{file}: {why}")))
}

/// Parses a table and prepares its rows.
///
/// # Errors
///
/// If the text is not a table, or a row is invalid; the error names the row.
pub fn parse(runner: &Runner, text: &str) -> Result<Vec<PreparedScenario>, BadInput> {
    let scenarios: Vec<Scenario> =
        serde_saphyr::from_str(text).map_err(|error| BadInput(error.to_string()))?;
    // An empty table would prove nothing and look like a success.
    if scenarios.is_empty() {
        return Err(BadInput("the table has no scenario".into()));
    }
    let prepared = scenarios.into_iter().map(|scenario| {
        let name = scenario.name.clone();
        runner
            .prepare(scenario)
            .map_err(|why| BadInput(format!("{name}: {why}")))
    });
    prepared.collect()
}
