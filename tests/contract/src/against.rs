//! The sandbox against recordings: each file is asked again of a fresh sandbox.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use katapult_sandbox::against::{self, Outcome};
use serde::Serialize;

use crate::replay::recording::{self, Exchange};

/// The share of responses that must have the recorded status and shape.
const LEAST: f64 = 0.95;

/// How the sandbox compares with recordings.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How many exchanges there were.
    pub exchanges: usize,
    /// How many responses have the recorded status.
    pub status_equal: usize,
    /// How many responses have the recorded shape.
    pub shape_equal: usize,
    /// The share that has both.
    pub ratio: f64,
    /// What differs, by operation and cause, the most frequent first.
    pub causes: Vec<Cause>,
    /// Each response that differs.
    pub differences: Vec<String>,
}

/// What several responses have in common that differ.
#[derive(Debug, Serialize)]
pub struct Cause {
    /// How many they are.
    pub responses: usize,
    /// The operation, and how its responses differ.
    pub cause: String,
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
    let causes = whole.causes().into_iter();
    let causes = causes.map(|(cause, responses)| Cause { responses, cause });
    Ok(Report {
        exchanges: whole.exchanges,
        status_equal: whole.status_equal,
        shape_equal: whole.shape_equal,
        ratio: whole.ratio(),
        causes: causes.collect(),
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
        if !self.causes.is_empty() {
            writeln!(f, "responses  differ because")?;
        }
        for Cause { responses, cause } in &self.causes {
            writeln!(f, "{responses:>7}  {cause}")?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn what_differs_is_told_by_cause() {
        let exchange = |path: &str, status: u16, body: serde_json::Value| {
            let line = json!({
                "method": "GET", "url": format!("https://api.katapult.io/core/v1/{path}"), "request_body": "",
                "status": status, "headers": {}, "response_body": body.to_string(),
            });
            line.to_string()
        };
        let missing = json!({"error": {"code": "task_not_found", "description": "", "detail": {}}});
        let lines = [
            exchange("currencies", 200, json!({"currencies": "none"})),
            exchange("currencies", 200, json!({"currencies": "none"})),
            exchange("tasks/task?task[id]=none", 404, missing),
            exchange(
                "tasks/task?task[id]=none",
                200,
                json!({"task": {"id": "none"}}),
            ),
        ];
        let path = std::env::temp_dir().join(format!("against-{}.jsonl", std::process::id()));
        std::fs::write(&path, lines.join("\n")).unwrap();
        let report = run(std::slice::from_ref(&path)).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(
            (report.exchanges, report.status_equal, report.shape_equal),
            (4, 3, 1)
        );
        let text = report.to_string();
        let table: Vec<_> = text.lines().collect();
        assert_eq!(table.len(), 4, "{text}");
        assert_eq!(table[0], "responses  differ because");
        assert!(
            table[1].starts_with("      2  currencies.list currencies"),
            "{text}"
        );
        assert_eq!(table[2], "      1  tasks.get is gone sooner than recorded");
        let counted: usize = report.causes.iter().map(|cause| cause.responses).sum();
        assert_eq!(counted, report.differences.len());
        assert!(!report.is_success());
    }
}
