//! Conformance of the sandbox with the real API. The requests of a recording are sent to a fresh sandbox
//! that contains the objects that the recording presupposes, and status and shape of each response are
//! compared with the recorded ones. The shape is the set of fields that the document knows, each with
//! its JSON type.

mod explain;
mod id_map;
mod readme;
mod report;
mod response_shape;
mod timeline;

use std::error::Error;
use std::path::PathBuf;

use jiff::fmt::rfc2822;
use katapult_openapi::{Operation, Spec};
use katapult_sandbox::{Sandbox, Time, Token, recording as sandbox_recording};
use serde_json::Value;

use crate::replay::recording::{self, Exchange};
use id_map::IdMap;
pub use readme::{ReadmeError, check_readme, write_readme};
pub use report::{Cause, Report, Similarity};
use timeline::{Event, Recording, timelines};

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
    /// The operations of the exchanges, each with the index of its difference.
    operations: Vec<(String, Option<usize>)>,
    differences: Vec<Difference>,
}

/// Compares the recordings in files and folders.
///
/// # Errors
///
/// If a file cannot be read, or a sandbox cannot start.
pub async fn run(paths: &[PathBuf]) -> Result<Report, Box<dyn Error + Send + Sync>> {
    let spec = Spec::embedded()?;
    let mut recordings = Vec::new();
    for path in recording::find(paths)? {
        let lines = recording::read(&path)?.into_iter();
        let exchanges = lines.map(|line| line.exchange).collect::<Result<_, _>>()?;
        recordings.push(Recording { path, exchanges });
    }
    let mut comparisons: Vec<_> = recordings.iter().map(|_| Comparison::default()).collect();
    for events in timelines(&recordings) {
        compare(&spec, &events, &mut comparisons).await?;
    }
    let mut report = Report::default();
    for (recording, comparison) in recordings.iter().zip(&comparisons) {
        report.add(&recording.path, comparison);
    }
    Ok(report)
}

/// Sends the requests of recordings to a fresh sandbox. `comparisons` has one for each recording.
async fn compare(
    spec: &Spec,
    events: &[Event<'_>],
    comparisons: &mut [Comparison],
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let sandbox = start_sandbox(events).await?;
    let mut ids = IdMap::default();
    let mut now = events.first().and_then(|event| event.at);
    for event in events {
        if let (Some(next), Some(last)) = (event.at, now)
            && let Ok(passed) = next.duration_since(last)
        {
            sandbox.advance(passed);
            now = Some(next);
        }
        ids.set_recording(event.recording);
        let exchange = event.exchange;
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
        comparisons[event.recording].add(
            Difference {
                number: event.number,
                operation: operation.map_or(target, |operation| &operation.id).into(),
                recorded_status: exchange.status,
                status: found.status,
                shape,
            },
            found.error_message,
        );
    }
    Ok(())
}

/// Starts a sandbox with the objects that recordings presuppose, at their time.
async fn start_sandbox(events: &[Event<'_>]) -> Result<Sandbox, Box<dyn Error + Send + Sync>> {
    let exchanges = events.iter().map(|event| event.exchange).map(|exchange| {
        let (method, target) = (&exchange.method, exchange.target());
        let mut known = sandbox_recording::Exchange::new(method, target, exchange.status);
        known.request_body.clone_from(&exchange.request_body);
        known.response_body.clone_from(&exchange.response_body);
        known
    });
    let exchanges: Vec<_> = exchanges.collect();
    let builder = Sandbox::builder()
        .time(Time::Manual)
        // The time between requests is the recorded one, so the sandbox's own quota would not fit.
        .token(Token::new("replay").permitted(u32::MAX))
        .world(sandbox_recording::world(&exchanges)?);
    let dates = events.iter().map(|event| event.exchange);
    let date = dates.filter_map(Exchange::date_header).next();
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
        let is_different = !status_equal || !shape_equal;
        let index = is_different.then_some(self.differences.len());
        self.operations.push((difference.operation.clone(), index));
        if is_different {
            self.differences.push(difference);
        }
    }
}
