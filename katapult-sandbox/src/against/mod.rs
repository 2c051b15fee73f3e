//! The sandbox held against the real API: recorded requests are asked again, in their order, of a
//! sandbox whose world holds what the recording presumes; status and shape of each reply are
//! compared. The shape is the set of fields that the document knows, each with its JSON type.

mod cause;
mod names;
mod presumed;
mod shape;

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use katapult_openapi::{Operation, Spec};
use serde_json::{Value, json};

use crate::{Sandbox, StartError, Time, Token};
use names::Names;

/// One recorded exchange.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// In capitals.
    pub method: String,
    /// The whole address, with its query.
    pub url: String,
    /// The request's body.
    pub request_body: String,
    /// The reply's status.
    pub status: u16,
    /// The reply's body.
    pub response_body: String,
    /// The reply's `Date` header.
    pub date: String,
}

/// Where a reply of the sandbox is not as the recorded one.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The place of the exchange in its recording, from 1.
    pub number: usize,
    /// The operation, or the address where there is none.
    pub operation: String,
    /// The recorded status and the sandbox's.
    pub status: (u16, u16),
    /// What the recorded reply has and the sandbox's has not, and the other way round.
    pub shape: Vec<String>,
}

/// How a recording compares.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many exchanges there were.
    pub exchanges: usize,
    /// How many replies have the recorded status.
    pub status_equal: usize,
    /// How many replies have the recorded shape.
    pub shape_equal: usize,
    /// How many have both.
    pub equal: usize,
    /// Those that differ.
    pub differences: Vec<Difference>,
}

impl Outcome {
    /// Adds another outcome.
    pub fn add(&mut self, other: Self) {
        self.exchanges += other.exchanges;
        self.status_equal += other.status_equal;
        self.shape_equal += other.shape_equal;
        self.equal += other.equal;
        self.differences.extend(other.differences);
    }

    /// The share of replies that have the recorded status and shape.
    pub fn ratio(&self) -> f64 {
        if self.exchanges == 0 {
            0.0
        } else {
            self.equal as f64 / self.exchanges as f64
        }
    }

    /// What is missing, by operation and cause, the most frequent first.
    pub fn causes(&self) -> Vec<(String, usize)> {
        let mut causes: BTreeMap<String, usize> = BTreeMap::new();
        for difference in &self.differences {
            let cause = format!("{} {}", difference.operation, cause::of(difference));
            *causes.entry(cause).or_default() += 1;
        }
        let mut causes: Vec<_> = causes.into_iter().collect();
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        causes
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (recorded, found) = self.status;
        write!(
            f,
            "{}: {}: status {recorded}, {found} here",
            self.number, self.operation
        )?;
        if !self.shape.is_empty() {
            write!(f, "; {}", self.shape.join(", "))?;
        }
        Ok(())
    }
}

/// Asks a recording's requests of a fresh sandbox.
///
/// # Errors
///
/// When the sandbox cannot start.
pub async fn compare(recording: &[Exchange]) -> Result<Outcome, StartError> {
    let spec = Spec::embedded().map_err(|error| StartError::Document(error.into()))?;
    let world = presumed::world(&spec, recording);
    let first = recording
        .first()
        .and_then(|exchange| httpdate::parse_http_date(&exchange.date).ok());
    let start = first.unwrap_or_else(SystemTime::now);
    let (year, month) = recording
        .first()
        .and_then(|exchange| month_of(&exchange.date))
        .unwrap_or((u16::MAX, 12));
    let sandbox = Sandbox::builder()
        .time(Time::Manual)
        .start_at(start)
        .as_of(year, month)
        .token(Token::new("replay").permitted(u32::MAX))
        .world(json!({"objects": world}).to_string())
        .start()
        .await?;
    let mut names = Names::default();
    let mut outcome = Outcome::default();
    let mut passed = start;
    for (index, exchange) in recording.iter().enumerate() {
        if let Ok(now) = httpdate::parse_http_date(&exchange.date)
            && let Ok(by) = now.duration_since(passed)
        {
            sandbox.advance(by);
            passed = now;
        }
        let target = target(&exchange.url);
        let asked = sandbox.request(
            &exchange.method,
            &names.ours(target),
            &names.ours(&exchange.request_body),
        );
        let recorded: Value = serde_json::from_str(&exchange.response_body).unwrap_or_default();
        let found: Value = serde_json::from_str(asked.response()).unwrap_or_default();
        names.learn(&recorded, &found);
        let route = spec.route(
            &exchange.method,
            target.split('?').next().unwrap_or_default(),
        );
        let operation = route.map(|route| route.operation);
        let known = operation.filter(|_| exchange.status < 300);
        let schema = known.and_then(Operation::response);
        let shape = shape::differences(&shape::of(schema, &recorded), &shape::of(schema, &found));
        let same_status = exchange.status == asked.status;
        outcome.exchanges += 1;
        outcome.status_equal += usize::from(same_status);
        outcome.shape_equal += usize::from(shape.is_empty());
        outcome.equal += usize::from(same_status && shape.is_empty());
        if !same_status || !shape.is_empty() {
            let operation =
                operation.map_or_else(|| target.to_owned(), |operation| operation.id.clone());
            let mut shape = shape;
            shape.extend(asked.why.filter(|_| !same_status));
            outcome.differences.push(Difference {
                number: index + 1,
                operation,
                status: (exchange.status, asked.status),
                shape,
            });
        }
    }
    Ok(outcome)
}

/// Year and month of a `Date` header.
fn month_of(date: &str) -> Option<(u16, u8)> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut words = date.split(' ').skip(2);
    let month = MONTHS.find(words.next()?)? / 3 + 1;
    Some((words.next()?.parse().ok()?, u8::try_from(month).ok()?))
}

/// Path and query of an address.
fn target(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    url[after_scheme..]
        .find('/')
        .map_or("", |at| &url[after_scheme + at..])
}
