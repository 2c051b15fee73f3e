//! What a replay found, for machines and for people.

use std::collections::BTreeMap;
use std::fmt;

use katapult_openapi::Operation;
use serde::Serialize;

/// The result of a replay; its JSON form is an interface.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// How many files were read.
    pub files: usize,
    /// How many exchanges they held.
    pub exchanges: usize,
    /// Responses that reached the typed value, or the error, whole.
    pub decoded: usize,
    /// Responses that did not, and addresses of no known operation.
    pub failed: usize,
    /// Those of the failed whose address is of no known operation.
    pub unmatched: usize,
    /// Recorded requests that were built anew and sent; none when only responses were asked for.
    pub requests: usize,
    /// Those that arrived as they were recorded, or in the newer form of the same.
    pub requests_equal: usize,
    /// Those that cannot be sent again, by a rule of `excused.yaml`.
    pub requests_excused: usize,
    /// Those that differ, or could not be built.
    pub requests_failed: usize,
    /// Each of the failed, responses and requests.
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
    /// Whether the request differs or the response was not read.
    pub side: Side,
    /// What is wrong, with the path of the field.
    pub why: String,
}

/// A side of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What the client sends.
    Request,
    /// What the API answers.
    Response,
}

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestVerdict {
    /// It was not looked at.
    Skipped,
    /// What arrived is what was recorded.
    Equal,
    /// It differs as a rule allows.
    Excused,
    /// It differs, or could not be built.
    Failed(String),
}

/// What became of one exchange.
#[derive(Debug)]
pub struct Verdict {
    /// The operation; `None` when the address is of none.
    pub operation: Option<String>,
    /// Whether the response arrived whole, or what is wrong.
    pub decoded: Result<(), String>,
    /// What became of the request.
    pub request: RequestVerdict,
    /// Whether no operation is known for the address.
    pub unmatched: bool,
    /// Fields that the document does not know, how often each.
    pub unknown: BTreeMap<String, usize>,
    /// The code of an error.
    pub code: Option<String>,
}

impl Verdict {
    /// Something is wrong.
    pub fn failed(operation: Option<&Operation>, why: String) -> Self {
        Self {
            decoded: Err(why),
            ..Self::decoded(operation)
        }
    }

    /// All is well.
    pub fn decoded(operation: Option<&Operation>) -> Self {
        Self {
            operation: operation.map(|operation| operation.id.clone()),
            decoded: Ok(()),
            request: RequestVerdict::Skipped,
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
        let mut fail = |side, why| {
            self.failures.push(Failure {
                file: file.to_owned(),
                line,
                operation: verdict.operation.clone(),
                side,
                why,
            });
        };
        self.requests += usize::from(verdict.request != RequestVerdict::Skipped);
        match verdict.request {
            RequestVerdict::Skipped => {}
            RequestVerdict::Equal => self.requests_equal += 1,
            RequestVerdict::Excused => self.requests_excused += 1,
            RequestVerdict::Failed(why) => {
                self.requests_failed += 1;
                fail(Side::Request, why);
            }
        }
        match verdict.decoded {
            Ok(()) => self.decoded += 1,
            Err(why) => {
                self.failed += 1;
                fail(Side::Response, why);
            }
        }
    }

    /// Whether something was read and nothing failed.
    pub fn is_success(&self) -> bool {
        self.exchanges > 0 && self.failed == 0 && self.requests_failed == 0
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
        if self.requests > 0 {
            writeln!(
                f,
                "{} requests built and sent: {} as recorded, {} excused, {} failed",
                self.requests, self.requests_equal, self.requests_excused, self.requests_failed,
            )?;
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
        let side = match self.side {
            Side::Request => "request: ",
            Side::Response => "",
        };
        write!(
            f,
            "{}:{}: {operation}: {side}{}",
            self.file, self.line, self.why
        )
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
