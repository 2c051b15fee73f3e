//! The replay of recorded exchanges.
//!
//! Each request is built anew from what was recorded and sent by the public client to a server on
//! loopback; what arrives there is compared with the recording. The server gives the recorded response,
//! which is judged by what came out of the client. Where only responses are asked for, or a request
//! cannot be built, the operation is called with the least that it takes.

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use http::StatusCode;
use katapult_core::Client;
use katapult_openapi::{Operation, Spec};
use serde_json::Value;

use crate::client;
use crate::excuse::Excuses;
use crate::from_wire;
use crate::judge::{judge_error, judge_response};
use crate::operations::{AnyOperation, Outcome, Registry};
use crate::recording::{self, Exchange};
use crate::report::{Report, RequestVerdict, Verdict};
use crate::request;
use crate::route::{self, Route};
use crate::sample;
use crate::server::{Arrived, Prepared, Server};

type BoxError = Box<dyn Error + Send + Sync>;

/// All that a replay needs.
pub struct Replay {
    documents: Spec,
    registry: Registry,
    excuses: Excuses,
    server: Server,
    client: Client,
    responses_only: bool,
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
            documents: Spec::embedded()?,
            registry: Registry::new(),
            excuses: Excuses::load()?,
            server,
            client,
            responses_only: false,
        })
    }

    /// Leaves the requests out.
    #[must_use]
    pub fn responses_only(mut self, responses_only: bool) -> Self {
        self.responses_only = responses_only;
        self
    }

    /// Replays every exchange of the files and folders.
    ///
    /// # Errors
    ///
    /// When a file cannot be read. What is wrong with an exchange is in the report.
    pub async fn run(&self, paths: &[PathBuf]) -> Result<Report, BoxError> {
        let began = Instant::now();
        let mut samples = Samples::default();
        let mut report = Report::default();
        for path in recording::find(paths)? {
            report.files += 1;
            let file = path.display().to_string();
            for line in recording::read(&path)? {
                let verdict = match &line.exchange {
                    Ok(exchange) => self.exchange(&mut samples, exchange).await,
                    Err(why) => Verdict::failed(None, why.clone()),
                };
                report.add(&file, line.number, verdict);
            }
        }
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }

    async fn exchange(&self, samples: &mut Samples, exchange: &Exchange) -> Verdict {
        let route = match route::find(&self.documents, &exchange.method, &exchange.url) {
            Ok(route) => route,
            Err(why) => {
                return Verdict {
                    unmatched: true,
                    ..Verdict::failed(None, why)
                };
            }
        };
        let operation = route.operation;
        let Some(typed) = self.registry.get(operation.api, &operation.id) else {
            let why = "the SDK has no such operation; `cargo xtask generate` makes it".to_owned();
            return Verdict::failed(Some(operation), why);
        };
        let Ok(status) = StatusCode::from_u16(exchange.status) else {
            return Verdict::failed(Some(operation), format!("{} is no status", exchange.status));
        };
        let response = Prepared::new(status, &exchange.headers, exchange.response_body.clone());
        let arguments = match self.responses_only {
            true => None,
            false => Some(self.arguments(typed, &route, exchange)),
        };
        let (outcome, request) = match arguments {
            Some(Ok(arguments)) => {
                let (outcome, arrived) = self.call(typed, &arguments, response).await;
                (outcome, self.judge_request(&route, exchange, &arrived))
            }
            other => {
                let (outcome, _) = self
                    .call(typed, samples.arguments(operation), response)
                    .await;
                let request = match other {
                    Some(Err(why)) => RequestVerdict::Failed(why),
                    _ => RequestVerdict::Skipped,
                };
                (outcome, request)
            }
        };
        let verdict = if status.is_success() {
            judge_response(operation.response(), operation, exchange, &outcome)
        } else {
            judge_error(&self.documents, operation, exchange, outcome)
        };
        Verdict { request, ..verdict }
    }

    /// The recorded request as the operation's arguments, if it takes them.
    fn arguments(
        &self,
        operation: &dyn AnyOperation,
        route: &Route<'_>,
        exchange: &Exchange,
    ) -> Result<Value, String> {
        let arguments = from_wire::arguments(route, &exchange.request_body)?;
        match operation.check(&arguments) {
            Ok(()) => Ok(arguments),
            Err(error) => {
                let misfits = request::misfits(route.operation, &arguments);
                let told: Vec<_> = misfits.iter().map(ToString::to_string).collect();
                let place = match told.is_empty() {
                    true => "the operation does not take it".to_owned(),
                    false => told.join("; "),
                };
                Err(format!("{place} ({error})"))
            }
        }
    }

    fn judge_request(
        &self,
        route: &Route<'_>,
        exchange: &Exchange,
        arrived: &[Arrived],
    ) -> RequestVerdict {
        let compared = || {
            let [arrived] = arrived else {
                return Err(format!(
                    "{} requests arrived where one was due",
                    arrived.len()
                ));
            };
            let recorded = request::recorded(route, exchange)?;
            Ok(request::differences(&recorded, &request::arrived(arrived)?))
        };
        match compared() {
            Err(why) => RequestVerdict::Failed(why),
            Ok(differences) if differences.is_empty() => RequestVerdict::Equal,
            Ok(differences) if self.excuses.cover(&route.operation.id, &differences) => {
                RequestVerdict::Excused
            }
            Ok(differences) => {
                let told: Vec<_> = differences.iter().map(ToString::to_string).collect();
                RequestVerdict::Failed(told.join("; "))
            }
        }
    }

    async fn call(
        &self,
        operation: &dyn AnyOperation,
        arguments: &Value,
        response: Prepared,
    ) -> (Outcome, Vec<Arrived>) {
        self.server.prepare(response);
        let outcome = operation.send(&self.client, arguments).await;
        (outcome, self.server.take())
    }
}

/// The least arguments of each operation, made once.
#[derive(Default)]
struct Samples {
    made: HashMap<*const Operation, Value>,
}

impl Samples {
    fn arguments(&mut self, operation: &Operation) -> &Value {
        let made = self.made.entry(std::ptr::from_ref(operation));
        made.or_insert_with(|| sample::arguments(operation))
    }
}
