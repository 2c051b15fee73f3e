//! Tables of retry scenarios: what the server answers in turn, and what the client must make of it.
//!
//! A table is [read](format), each of its rows [set up](stage) with the operation that it names, run
//! through the public client over a [script] in tokio's paused time, and [judged](verdict). Waits of
//! minutes take no time, and are exact.

pub mod format;
pub mod quantity;
pub mod script;
pub mod stage;
pub mod verdict;

use std::fmt;
use std::path::Path;

use format::Scenario;
use stage::{Stage, Staged};

/// Why a table can't be run.
#[derive(Debug)]
pub struct BadInput(String);

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// Reads a table and sets up its rows.
///
/// # Errors
///
/// Names the file and the place at fault.
pub fn load(stage: &Stage, path: &Path) -> Result<Vec<Staged>, BadInput> {
    let file = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| BadInput(format!("{file}: {error}")))?;
    parse(stage, &text).map_err(|BadInput(why)| BadInput(format!("{file}: {why}")))
}

/// The same from a text.
///
/// # Errors
///
/// Names the place at fault.
pub fn parse(stage: &Stage, text: &str) -> Result<Vec<Staged>, BadInput> {
    let scenarios: Vec<Scenario> =
        serde_saphyr::from_str(text).map_err(|error| BadInput(error.to_string()))?;
    if scenarios.is_empty() {
        return Err(BadInput("there is no scenario in it".into()));
    }
    let staged = scenarios.into_iter().map(|scenario| {
        let name = scenario.name.clone();
        stage
            .set(scenario)
            .map_err(|why| BadInput(format!("{name}: {why}")))
    });
    staged.collect()
}
