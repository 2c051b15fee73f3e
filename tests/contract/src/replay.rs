//! The replay of recorded exchanges.
//!
//! Each reply is given by a server on loopback to a call of its operation, and judged by what came
//! out of the public client. What the call asks for does not matter here, so each operation is
//! called with the least that it takes.

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use http::StatusCode;
use katapult_core::Client;
use serde_json::Value;

use crate::client::{self, Told};
use crate::compare::{Comparison, compare, misfits, same};
use crate::document::{Documents, OperationDoc};
use crate::locate::path_at;
use crate::operations::{AnyOperation, CallError, Outcome, Registry};
use crate::recording::{self, Exchange};
use crate::report::{Report, Verdict};
use crate::route::Router;
use crate::sample;
use crate::schema::Schema;
use crate::server::{Prepared, Server};

/// How many differences of one reply are told.
const MOST_TOLD: usize = 5;

type BoxError = Box<dyn Error + Send + Sync>;

/// All that a replay needs.
pub struct Replay {
    documents: Documents,
    registry: Registry,
    server: Server,
    client: Client,
}

impl Replay {
    /// Reads the documents and starts server and client.
    ///
    /// # Errors
    ///
    /// When the documents cannot be read, or loopback cannot be used.
    pub async fn start() -> Result<Self, BoxError> {
        let server = Server::start().await?;
        let client = client::connect(&server.url())?;
        Ok(Self {
            documents: Documents::load()?,
            registry: Registry::new(),
            server,
            client,
        })
    }

    /// Replays every exchange of the files and folders.
    ///
    /// # Errors
    ///
    /// When a file cannot be read. What is wrong with an exchange is in the report.
    pub async fn run(&self, paths: &[PathBuf]) -> Result<Report, BoxError> {
        let began = Instant::now();
        let router = Router::new(&self.documents);
        let mut samples = Samples::new(&self.documents);
        let mut report = Report::default();
        for path in recording::find(paths)? {
            report.files += 1;
            let file = path.display().to_string();
            for line in recording::read(&path)? {
                let verdict = match &line.exchange {
                    Ok(exchange) => self.exchange(&router, &mut samples, exchange).await,
                    Err(why) => Verdict::failed(None, why.clone()),
                };
                report.add(&file, line.number, verdict);
            }
        }
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }

    async fn exchange<'a>(
        &'a self,
        router: &Router<'a>,
        samples: &mut Samples<'a>,
        exchange: &Exchange,
    ) -> Verdict {
        let operation = match router.route(&exchange.method, &exchange.url) {
            Ok(route) => route.operation,
            Err(why) => {
                return Verdict {
                    unmatched: true,
                    ..Verdict::failed(None, why)
                };
            }
        };
        let Some(typed) = self.registry.get(operation.api, &operation.id) else {
            let why = "the SDK has no such operation; `cargo xtask generate` makes it".to_owned();
            return Verdict::failed(Some(operation), why);
        };
        let Ok(status) = StatusCode::from_u16(exchange.status) else {
            return Verdict::failed(Some(operation), format!("{} is no status", exchange.status));
        };
        let reply = Prepared::new(status, &exchange.headers, exchange.response_body.clone());
        let outcome = self.call(typed, samples.arguments(operation), reply).await;
        if status.is_success() {
            judge_reply(
                self.documents.reply(operation),
                operation,
                exchange,
                &outcome,
            )
        } else {
            judge_error(operation, exchange, outcome)
        }
    }

    async fn call(
        &self,
        operation: &dyn AnyOperation,
        arguments: &Value,
        reply: Prepared,
    ) -> Outcome {
        self.server.prepare(reply);
        let outcome = operation.send(&self.client, arguments).await;
        self.server.take();
        outcome
    }
}

/// The least arguments of each operation, made once.
struct Samples<'a> {
    documents: &'a Documents,
    made: HashMap<*const OperationDoc, Value>,
}

impl<'a> Samples<'a> {
    fn new(documents: &'a Documents) -> Self {
        Self {
            documents,
            made: HashMap::new(),
        }
    }

    fn arguments(&mut self, operation: &'a OperationDoc) -> &Value {
        let made = self.made.entry(std::ptr::from_ref(operation));
        made.or_insert_with(|| sample::arguments(self.documents, operation))
    }
}

impl Verdict {
    fn failed(operation: Option<&OperationDoc>, why: String) -> Self {
        Self {
            decoded: Err(why),
            ..Self::decoded(operation)
        }
    }

    fn decoded(operation: Option<&OperationDoc>) -> Self {
        Self {
            operation: operation.map(|operation| operation.id.clone()),
            decoded: Ok(()),
            unmatched: false,
            unknown: Default::default(),
            code: None,
        }
    }
}

/// Judges a reply of success; `schema` is `None` where the operation answers text.
fn judge_reply(
    schema: Option<Schema<'_>>,
    operation: &OperationDoc,
    exchange: &Exchange,
    outcome: &Outcome,
) -> Verdict {
    let recorded = match schema {
        None => Ok(Value::String(exchange.response_body.clone())),
        Some(_) => serde_json::from_str::<Value>(&exchange.response_body),
    };
    let recorded = match recorded {
        Ok(recorded) => recorded,
        Err(error) => {
            return Verdict::failed(Some(operation), format!("the reply is no JSON: {error}"));
        }
    };
    match (outcome, schema) {
        (Ok(written), None) if same(&recorded, written) => Verdict::decoded(Some(operation)),
        (Ok(_), None) => Verdict::failed(
            Some(operation),
            "the text was changed in reading".to_owned(),
        ),
        (Ok(written), Some(schema)) => {
            let Comparison {
                differences,
                unknown,
            } = compare(schema, &recorded, written);
            let decoded = match join(&differences) {
                Some(why) => Err(why),
                None => Ok(()),
            };
            Verdict {
                decoded,
                unknown,
                ..Verdict::decoded(Some(operation))
            }
        }
        (Err(error), _) => {
            Verdict::failed(Some(operation), unread(schema, exchange, &recorded, error))
        }
    }
}

/// Says why a reply of success gave an error: where the schema tells, else where the decoder stood.
fn unread(
    schema: Option<Schema<'_>>,
    exchange: &Exchange,
    recorded: &Value,
    error: &CallError,
) -> String {
    let misfit = schema.and_then(|schema| join(&misfits(schema, recorded)));
    match (error, misfit) {
        (CallError::Client(error), Some(misfit)) => format!("{misfit} ({})", chain(error)),
        (CallError::Client(error), None) => match client::position(error) {
            Some((line, column)) => {
                let place = path_at(&exchange.response_body, line, column);
                format!("{place}: {}", chain(error))
            }
            None => chain(error),
        },
        (other, _) => uncalled(other),
    }
}

fn uncalled(error: &CallError) -> String {
    match error {
        CallError::Arguments(error) => {
            format!("the sample arguments are not what it takes: {error}")
        }
        CallError::Unwritable(error) => {
            format!("the typed reply cannot be written out again: {error}")
        }
        CallError::Client(error) => chain(error),
    }
}

/// Judges a reply of failure: its code, status, description and detail must have reached the error.
fn judge_error(operation: &OperationDoc, exchange: &Exchange, outcome: Outcome) -> Verdict {
    let expected = match expected_error(exchange) {
        Ok(expected) => expected,
        Err(why) => return Verdict::failed(Some(operation), why),
    };
    let code = expected.code.clone();
    let decoded = match outcome {
        Ok(_) => Err(format!(
            "the status {} was taken for a success",
            exchange.status
        )),
        Err(CallError::Client(error)) => {
            let found = client::told(&error);
            compare_errors(&expected, &found).map_err(|why| format!("{why} ({})", chain(&error)))
        }
        Err(other) => Err(uncalled(&other)),
    };
    Verdict {
        decoded,
        code,
        ..Verdict::decoded(Some(operation))
    }
}

/// What an error has to tell of the recorded reply. A body that says it is the API's JSON must be
/// the envelope; anything else is a proxy's, of which only the status counts.
fn expected_error(exchange: &Exchange) -> Result<Told, String> {
    let status = Some(exchange.status);
    let is_json = exchange
        .headers
        .get("content-type")
        .is_some_and(|kind| kind.contains("json"));
    if !is_json {
        return Ok(Told {
            status,
            ..Told::default()
        });
    }
    let body: Value = serde_json::from_str(&exchange.response_body)
        .map_err(|error| format!("the error's body is no JSON: {error}"))?;
    let error = body.get("error").ok_or("error: the body has no envelope")?;
    let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(Told {
        status,
        code: Some(text("code").ok_or("error.code: it is not there, or no text")?),
        description: text("description"),
        detail: error.get("detail").cloned().unwrap_or_default(),
    })
}

fn compare_errors(expected: &Told, found: &Told) -> Result<(), String> {
    let differ = |field: &str, expected: &dyn std::fmt::Debug, found: &dyn std::fmt::Debug| {
        Err(format!(
            "error.{field}: {expected:?} was recorded, but the error has {found:?}"
        ))
    };
    if expected.status != found.status {
        return differ("status", &expected.status, &found.status);
    }
    if expected.code != found.code {
        return differ("code", &expected.code, &found.code);
    }
    if expected.description != found.description {
        return differ("description", &expected.description, &found.description);
    }
    if !same(&expected.detail, &found.detail) {
        return differ("detail", &expected.detail, &found.detail);
    }
    Ok(())
}

fn join(differences: &[crate::compare::Difference]) -> Option<String> {
    let (shown, more) = differences.split_at(differences.len().min(MOST_TOLD));
    let mut told: Vec<_> = shown.iter().map(ToString::to_string).collect();
    if !more.is_empty() {
        told.push(format!("and {} more", more.len()));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// An error with its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
