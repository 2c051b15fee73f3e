//! What a replay found, for machines and for people.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::document::OperationDoc;

/// The result of a replay; its JSON form is an interface.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// How many files were read.
    pub files: usize,
    /// How many exchanges they held.
    pub exchanges: usize,
    /// Replies that reached the typed value, or the error, whole.
    pub decoded: usize,
    /// Replies that did not, and addresses of no known operation.
    pub failed: usize,
    /// Those of the failed whose address is of no known operation.
    pub unmatched: usize,
    /// Each of the failed.
    pub failures: Vec<Failure>,
    /// Fields that the document does not know: `operation.path`, how often.
    pub unknown_fields: BTreeMap<String, usize>,
    /// Codes of the errors, how often.
    pub error_codes: BTreeMap<String, usize>,
    /// Operations, how often.
    pub operations: BTreeMap<String, usize>,
    /// How long it took.
    pub seconds: f64,
}

/// One exchange that failed.
#[derive(Debug, PartialEq, Serialize)]
pub struct Failure {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The operation; `null` when the address is of none.
    pub operation: Option<String>,
    /// What is wrong, with the path of the field.
    pub why: String,
}

/// What became of one exchange.
#[derive(Debug)]
pub struct Verdict {
    /// The operation; `None` when the address is of none.
    pub operation: Option<String>,
    /// Whether the reply arrived whole, or what is wrong.
    pub decoded: Result<(), String>,
    /// Whether no operation is known for the address.
    pub unmatched: bool,
    /// Fields that the document does not know, how often each.
    pub unknown: BTreeMap<String, usize>,
    /// The code of an error.
    pub code: Option<String>,
}

impl Verdict {
    /// Something is wrong.
    pub fn failed(operation: Option<&OperationDoc>, why: String) -> Self {
        Self {
            decoded: Err(why),
            ..Self::decoded(operation)
        }
    }

    /// All is well.
    pub fn decoded(operation: Option<&OperationDoc>) -> Self {
        Self {
            operation: operation.map(|operation| operation.id.clone()),
            decoded: Ok(()),
            unmatched: false,
            unknown: BTreeMap::new(),
            code: None,
        }
    }
}

impl Report {
    /// Counts one exchange in.
    pub fn add(&mut self, file: &str, line: usize, verdict: Verdict) {
        self.exchanges += 1;
        self.unmatched += usize::from(verdict.unmatched);
        if let Some(operation) = &verdict.operation {
            *self.operations.entry(operation.clone()).or_default() += 1;
            for (path, count) in verdict.unknown {
                *self
                    .unknown_fields
                    .entry(format!("{operation}.{path}"))
                    .or_default() += count;
            }
        }
        if let Some(code) = verdict.code {
            *self.error_codes.entry(code).or_default() += 1;
        }
        match verdict.decoded {
            Ok(()) => self.decoded += 1,
            Err(why) => {
                self.failed += 1;
                let file = file.to_owned();
                self.failures.push(Failure {
                    file,
                    line,
                    operation: verdict.operation,
                    why,
                });
            }
        }
    }

    /// Whether something was read and nothing failed.
    pub fn is_success(&self) -> bool {
        self.exchanges > 0 && self.failed == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, "operation", &self.operations)?;
        table(f, "error code", &self.error_codes)?;
        table(
            f,
            "field that the document does not know",
            &self.unknown_fields,
        )?;
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        write!(
            f,
            "{} exchanges of {} files in {:.1} s: {} decoded, {} failed, {} of these unmatched",
            self.exchanges, self.files, self.seconds, self.decoded, self.failed, self.unmatched,
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.as_deref().unwrap_or("no operation");
        write!(f, "{}:{}: {operation}: {}", self.file, self.line, self.why)
    }
}

fn table(f: &mut fmt::Formatter<'_>, title: &str, rows: &BTreeMap<String, usize>) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "{:>7}  {title}", "count")?;
    for (name, count) in rows {
        writeln!(f, "{count:>7}  {name}")?;
    }
    writeln!(f)
}
