//! The sandbox against recordings: each file is asked again of a fresh sandbox.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use katapult_sandbox::against::{self, Outcome};
use serde::Serialize;

use crate::recording::{self, Exchange};

/// The share of replies that must have the recorded status and shape.
const LEAST: f64 = 0.9;

/// How the sandbox compares with recordings.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How many exchanges there were.
    pub exchanges: usize,
    /// How many replies have the recorded status.
    pub status_equal: usize,
    /// How many replies have the recorded shape.
    pub shape_equal: usize,
    /// The share that has both.
    pub ratio: f64,
    /// What differs, by cause.
    pub causes: BTreeMap<String, usize>,
    /// Each reply that differs.
    pub differences: Vec<String>,
}

/// Asks the requests of files and folders.
///
/// # Errors
///
/// When a file cannot be read, or a sandbox cannot start.
pub async fn run(paths: &[PathBuf]) -> Result<Report, Box<dyn Error + Send + Sync>> {
    let mut whole = Outcome::default();
    let mut differences = Vec::new();
    for path in recording::find(paths)? {
        let exchanges = recording::read(&path)?.into_iter();
        let exchanges = exchanges.map(|line| line.exchange.map(ours));
        let outcome = against::compare(&exchanges.collect::<Result<Vec<_>, _>>()?).await?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let found = outcome.differences.iter();
        differences.extend(found.map(|difference| format!("{name}:{difference}")));
        whole.add(outcome);
    }
    Ok(Report {
        exchanges: whole.exchanges,
        status_equal: whole.status_equal,
        shape_equal: whole.shape_equal,
        ratio: whole.ratio(),
        causes: whole.causes().into_iter().collect(),
        differences,
    })
}

fn ours(exchange: Exchange) -> against::Exchange {
    against::Exchange {
        method: exchange.method,
        url: exchange.url,
        request_body: exchange.request_body,
        status: exchange.status,
        response_body: exchange.response_body,
        date: exchange.headers.get("date").cloned().unwrap_or_default(),
    }
}

impl Report {
    /// Whether enough is equal.
    pub fn is_success(&self) -> bool {
        self.exchanges > 0 && self.ratio >= LEAST
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (cause, count) in &self.causes {
            writeln!(f, "{count:>7}  {cause}")?;
        }
        let Self {
            exchanges,
            status_equal,
            shape_equal,
            ratio,
            ..
        } = self;
        write!(
            f,
            "{exchanges} exchanges: status equal {status_equal}, shape equal {shape_equal}, both {ratio:.3}"
        )
    }
}
