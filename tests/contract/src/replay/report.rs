//! The report of a replay.

use katapult_openapi::Operation;
use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::table;

/// The report of a replay; its JSON form is an interface.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The number of files.
    pub files: usize,
    /// The number of exchanges.
    pub exchanges: usize,
    /// Responses that reached the typed value or the error completely.
    pub decoded: usize,
    /// Responses that did not, and exchanges of no known operation.
    pub failed: usize,
    /// Failed exchanges of no known operation.
    pub unmatched: usize,
    /// Requests that were replayed; 0 if only responses were.
    pub requests: usize,
    /// Requests that equal the recorded ones in canonical form.
    pub requests_equal: usize,
    /// Requests that deviate as a rule of `known_deviations.yaml` allows.
    pub requests_excused: usize,
    /// Requests that differ, or could not be built.
    pub requests_failed: usize,
    /// Every failure, of requests and of responses.
    pub failures: Vec<Failure>,
    /// Undocumented fields by `operation.path`, with their number.
    pub unknown_fields: BTreeMap<String, usize>,
    /// Codes of API errors, with their number.
    pub error_codes: BTreeMap<String, usize>,
    /// Operations, with the number of their exchanges.
    pub operations: BTreeMap<String, usize>,
    /// The duration, in seconds.
    pub seconds: f64,
}

/// A failed exchange.
#[derive(Debug, PartialEq, Serialize)]
pub struct Failure {
    /// The file.
    pub file: String,
    /// The line number, from 1.
    pub line: usize,
    /// The operation; `null` if the URL belongs to none.
    pub operation: Option<String>,
    /// The side that failed.
    pub side: Side,
    /// The reason, with the path of the field.
    pub why: String,
}

/// A side of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The request of the client.
    Request,
    /// The response of the API.
    Response,
}

/// The result of comparing a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestResult {
    /// Only the response was replayed.
    Skipped,
    /// The request equals the recorded one.
    Equal,
    /// The request deviates as a rule allows.
    Excused,
    /// The request differs, or could not be built.
    Failed(String),
}

/// The result of one exchange.
#[derive(Debug)]
pub struct ExchangeResult {
    /// The operation; `None` if the URL belongs to none.
    pub operation: Option<String>,
    /// An error if the response was not decoded completely.
    pub decoded: Result<(), String>,
    /// The result of the request.
    pub request: RequestResult,
    /// `true` if the URL belongs to no known operation.
    pub unmatched: bool,
    /// The undocumented fields, with their number.
    pub unknown: BTreeMap<String, usize>,
    /// The code of the API error.
    pub code: Option<String>,
}

impl ExchangeResult {
    /// Returns the result of a failed exchange.
    pub fn failed(operation: Option<&Operation>, why: String) -> Self {
        Self {
            decoded: Err(why),
            ..Self::decoded(operation)
        }
    }

    /// Returns the result of a successful exchange.
    pub fn decoded(operation: Option<&Operation>) -> Self {
        Self {
            operation: operation.map(|operation| operation.id.clone()),
            decoded: Ok(()),
            request: RequestResult::Skipped,
            unmatched: false,
            unknown: BTreeMap::new(),
            code: None,
        }
    }
}

impl Report {
    /// Adds the result of one exchange.
    pub fn add(&mut self, file: &str, line: usize, verdict: ExchangeResult) {
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
        self.requests += usize::from(verdict.request != RequestResult::Skipped);
        match verdict.request {
            RequestResult::Skipped => {}
            RequestResult::Equal => self.requests_equal += 1,
            RequestResult::Excused => self.requests_excused += 1,
            RequestResult::Failed(why) => {
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

    /// Returns `true` if at least one exchange was replayed and none failed.
    pub fn is_success(&self) -> bool {
        // A wrong path must not look like a success.
        self.exchanges > 0 && self.failed == 0 && self.requests_failed == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = [
            ("operation", &self.operations),
            ("error code", &self.error_codes),
            ("undocumented field", &self.unknown_fields),
        ];
        for (title, rows) in tables {
            f.write_str(&table::counts(title, rows))?;
        }
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        if self.requests > 0 {
            writeln!(
                f,
                "{} requests replayed: {} equal, {} excused, {} failed",
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
