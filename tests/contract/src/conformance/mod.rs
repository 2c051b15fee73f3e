//! Conformance of the sandbox with the real API. The requests of a recording are sent to a fresh sandbox
//! that contains the objects that the recording presupposes, and status and shape of each response are
//! compared with the recorded ones. The shape is the set of fields that the document knows, each with
//! its JSON type.

mod explain;
mod id_map;
mod report;
mod response_shape;

use std::error::Error;
use std::path::PathBuf;
use std::time::SystemTime;

use jiff::fmt::rfc2822;
use katapult_openapi::{Operation, Spec};
use katapult_sandbox::{Sandbox, Time, Token, recording as sandbox_recording};
use serde_json::Value;

use crate::replay::recording::{self, Exchange};
use id_map::IdMap;
pub use report::{Cause, Report};

/// A response of the sandbox that differs from the recorded one.
#[derive(Clone, Debug)]
struct Difference {
    /// The number of the exchange in its recording, from 1.
    number: usize,
    /// The operation, or the target if there is none.
    operation: String,
    recorded_status: u16,
    status: u16,
    /// Fields that only one side has: `-` the recorded one, `+` the sandbox. The error message of the
    /// sandbox follows.
    shape: Vec<String>,
}

/// The comparison of one recording.
#[derive(Debug, Default)]
struct Comparison {
    exchanges: usize,
    status_equal: usize,
    shape_equal: usize,
    both_equal: usize,
    differences: Vec<Difference>,
}

/// Compares the recordings in files and folders.
///
/// # Errors
///
/// If a file cannot be read, or a sandbox cannot start.
pub async fn run(paths: &[PathBuf]) -> Result<Report, Box<dyn Error + Send + Sync>> {
    let spec = Spec::embedded()?;
    let mut report = Report::default();
    for path in recording::find(paths)? {
        let lines = recording::read(&path)?.into_iter();
        let exchanges: Vec<_> = lines.map(|line| line.exchange).collect::<Result<_, _>>()?;
        let comparison = compare(&spec, &exchanges).await?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        report.add(&name, &comparison);
    }
    Ok(report)
}

/// Sends the requests of a recording to a fresh sandbox.
async fn compare(
    spec: &Spec,
    recording: &[Exchange],
) -> Result<Comparison, Box<dyn Error + Send + Sync>> {
    let sandbox = start_sandbox(recording).await?;
    let mut ids = IdMap::default();
    let mut comparison = Comparison::default();
    let mut now = recording.first().and_then(time_of);
    for (index, exchange) in recording.iter().enumerate() {
        if let (Some(next), Some(last)) = (time_of(exchange), now)
            && let Ok(passed) = next.duration_since(last)
        {
            sandbox.advance(passed);
            now = Some(next);
        }
        let target = exchange.target();
        let found = sandbox.request(
            &exchange.method,
            &ids.translate(target),
            &ids.translate(&exchange.request_body),
        );
        let recorded: Value = serde_json::from_str(&exchange.response_body).unwrap_or_default();
        let body: Value = serde_json::from_str(found.response_body()).unwrap_or_default();
        ids.learn(&recorded, &body);
        let path = target.split('?').next().unwrap_or_default();
        let route = spec.route(&exchange.method, path);
        let operation = route.map(|route| route.operation);
        let schema = operation
            .filter(|_| exchange.status < 300)
            .and_then(Operation::response);
        let shape = response_shape::differences(
            &response_shape::of(schema, &recorded),
            &response_shape::of(schema, &body),
        );
        comparison.add(
            Difference {
                number: index + 1,
                operation: operation.map_or(target, |operation| &operation.id).into(),
                recorded_status: exchange.status,
                status: found.status,
                shape,
            },
            found.error_message,
        );
    }
    Ok(comparison)
}

/// Starts a sandbox with the objects that a recording presupposes, at its time.
async fn start_sandbox(recording: &[Exchange]) -> Result<Sandbox, Box<dyn Error + Send + Sync>> {
    let exchanges = recording
        .iter()
        .map(|exchange| sandbox_recording::Exchange {
            method: exchange.method.clone(),
            target: exchange.target().to_owned(),
            request_body: exchange.request_body.clone(),
            status: exchange.status,
            response_body: exchange.response_body.clone(),
        });
    let exchanges: Vec<_> = exchanges.collect();
    let builder = Sandbox::builder()
        .time(Time::Manual)
        // The time between requests is the recorded one, so the sandbox's own quota would not fit.
        .token(Token::new("replay").permitted(u32::MAX))
        .world(sandbox_recording::world(&exchanges)?);
    let date = recording.first().and_then(date_header);
    let builder = match date.and_then(|date| rfc2822::parse(date).ok()) {
        Some(date) => builder
            .start_at(date.timestamp().into())
            .as_of(date.year().unsigned_abs(), date.month().unsigned_abs()),
        None => builder,
    };
    Ok(builder.start().await?)
}

impl Comparison {
    /// Counts an exchange. `difference` has an empty shape and equal statuses if there is none.
    fn add(&mut self, mut difference: Difference, error_message: Option<String>) {
        let status_equal = difference.recorded_status == difference.status;
        let shape_equal = difference.shape.is_empty();
        self.exchanges += 1;
        self.status_equal += usize::from(status_equal);
        self.shape_equal += usize::from(shape_equal);
        self.both_equal += usize::from(status_equal && shape_equal);
        if !status_equal {
            difference.shape.extend(error_message);
        }
        if !status_equal || !shape_equal {
            self.differences.push(difference);
        }
    }
}

fn date_header(exchange: &Exchange) -> Option<&str> {
    exchange.headers.get("date").map(String::as_str)
}

fn time_of(exchange: &Exchange) -> Option<SystemTime> {
    httpdate::parse_http_date(date_header(exchange)?).ok()
}
