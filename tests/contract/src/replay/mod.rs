//! The replay of recorded exchanges.
//!
//! Each request is built from the recorded arguments and sent by the public client to a mock server, and
//! what the server received is compared with the recording. The server returns the recorded response, and
//! what the client made of it is compared with the recording too. Where only responses are replayed, or a
//! request cannot be built, the operation is called with its minimal arguments.

pub mod compare_request;
mod compare_response;
pub mod decode_request;
mod known_deviations;
pub mod recording;
pub mod report;

use katapult_openapi::{Operation, Spec};
use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use http::StatusCode;
use katapult_core::Client;
use serde_json::Value;

use crate::generators::minimal;
use crate::mock_server::{CannedResponse, MockServer, ReceivedRequest};
use crate::sdk::client;
use crate::sdk::registry::{AnyOperation, CallResult, Registry};
use crate::spec::router::{self, Route};
use compare_response::{compare_error, compare_response};
use known_deviations::KnownDeviations;
use recording::Exchange;
use report::{ExchangeResult, Report, RequestResult};

type BoxError = Box<dyn Error + Send + Sync>;

/// A client connected to a mock server, and everything that a replay looks up.
pub struct Replay {
    spec: Spec,
    registry: Registry,
    known_deviations: KnownDeviations,
    server: MockServer,
    client: Client,
    responses_only: bool,
}

impl Replay {
    /// Loads the documents and starts server and client.
    ///
    /// # Errors
    ///
    /// If a document cannot be loaded, or loopback cannot be used.
    pub async fn start() -> Result<Self, BoxError> {
        let server = MockServer::start().await?;
        let client = client::connect(&server.url())?;
        Ok(Self {
            spec: Spec::embedded()?,
            registry: Registry::new(),
            known_deviations: KnownDeviations::load()?,
            server,
            client,
            responses_only: false,
        })
    }

    /// Sets whether to replay responses only. Default: `false`.
    #[must_use]
    pub fn responses_only(mut self, responses_only: bool) -> Self {
        self.responses_only = responses_only;
        self
    }

    /// Replays every exchange of the files and folders.
    ///
    /// # Errors
    ///
    /// If a file cannot be read. Differences are in the report.
    pub async fn run(&self, paths: &[PathBuf]) -> Result<Report, BoxError> {
        let began = Instant::now();
        let mut minimal_arguments = MinimalArguments::default();
        let mut report = Report::default();
        for path in recording::find(paths)? {
            report.files += 1;
            let file = path.display().to_string();
            for line in recording::read(&path)? {
                let verdict = match &line.exchange {
                    Ok(exchange) => self.exchange(&mut minimal_arguments, exchange).await,
                    Err(why) => ExchangeResult::failed(None, why.clone()),
                };
                report.add(&file, line.number, verdict);
            }
        }
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }

    async fn exchange(
        &self,
        minimal_arguments: &mut MinimalArguments,
        exchange: &Exchange,
    ) -> ExchangeResult {
        let route = match router::find(&self.spec, &exchange.method, &exchange.url) {
            Ok(route) => route,
            Err(why) => {
                return ExchangeResult {
                    unmatched: true,
                    ..ExchangeResult::failed(None, why)
                };
            }
        };
        let operation = route.operation;
        let Some(typed) = self.registry.get(operation.api, &operation.id) else {
            let why = "the SDK has no such operation; run `cargo xtask generate`".to_owned();
            return ExchangeResult::failed(Some(operation), why);
        };
        let Ok(status) = StatusCode::from_u16(exchange.status) else {
            return ExchangeResult::failed(
                Some(operation),
                format!("{} is not a status", exchange.status),
            );
        };
        let response =
            CannedResponse::new(status, &exchange.headers, exchange.response_body.clone());
        let arguments = self.arguments(typed, &route, exchange);
        // A request that cannot be built must not hide a response that cannot be decoded.
        let used = arguments
            .as_ref()
            .unwrap_or_else(|_| minimal_arguments.of(operation));
        let (outcome, received) = self.call(typed, used, response).await;
        let request = match arguments {
            _ if self.responses_only => RequestResult::Skipped,
            Ok(_) => self.compare_request(&route, exchange, &received),
            // The types refuse what the API refused.
            Err(_) if status.is_client_error() && lacks_property(&route, exchange) => {
                RequestResult::Excused
            }
            Err(why) => RequestResult::Failed(why),
        };
        let verdict = if status.is_success() {
            compare_response(operation.response(), operation, exchange, &outcome)
        } else {
            compare_error(&self.spec, operation, exchange, outcome)
        };
        ExchangeResult { request, ..verdict }
    }

    /// Returns the arguments of a recorded request, if the operation accepts them.
    fn arguments(
        &self,
        operation: &dyn AnyOperation,
        route: &Route<'_>,
        exchange: &Exchange,
    ) -> Result<Value, String> {
        let arguments = decode_request::arguments(route, &exchange.request_body)?;
        match operation.check(&arguments) {
            Ok(()) => Ok(arguments),
            Err(error) => {
                let argument_violations =
                    compare_request::argument_violations(route.operation, &arguments);
                let lines: Vec<_> = argument_violations
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let place = match lines.is_empty() {
                    true => "the operation does not accept it".to_owned(),
                    false => lines.join("; "),
                };
                Err(format!("{place} ({error})"))
            }
        }
    }

    fn compare_request(
        &self,
        route: &Route<'_>,
        exchange: &Exchange,
        received: &[ReceivedRequest],
    ) -> RequestResult {
        let compared = || {
            let [received] = received else {
                return Err(format!(
                    "{} requests were received instead of one",
                    received.len()
                ));
            };
            let recorded = compare_request::recorded(route, exchange)?;
            Ok(compare_request::differences(
                &recorded,
                &compare_request::received(received)?,
            ))
        };
        match compared() {
            Err(why) => RequestResult::Failed(why),
            Ok(differences) if differences.is_empty() => RequestResult::Equal,
            Ok(differences)
                if self
                    .known_deviations
                    .cover(&route.operation.id, &differences) =>
            {
                RequestResult::Excused
            }
            Ok(differences) => {
                let lines: Vec<_> = differences.iter().map(ToString::to_string).collect();
                RequestResult::Failed(lines.join("; "))
            }
        }
    }

    async fn call(
        &self,
        operation: &dyn AnyOperation,
        arguments: &Value,
        response: CannedResponse,
    ) -> (CallResult, Vec<ReceivedRequest>) {
        self.server.enqueue(response);
        let outcome = operation.send(&self.client, arguments).await;
        (outcome, self.server.take_requests())
    }
}

fn lacks_property(route: &Route<'_>, exchange: &Exchange) -> bool {
    let arguments = decode_request::arguments(route, &exchange.request_body);
    arguments.is_ok_and(|arguments| compare_request::lacks_property(route.operation, &arguments))
}

/// The minimal arguments of each operation, made once.
#[derive(Default)]
struct MinimalArguments {
    made: HashMap<*const Operation, Value>,
}

impl MinimalArguments {
    fn of(&mut self, operation: &Operation) -> &Value {
        // By address, since both APIs have operations with the same id.
        let made = self.made.entry(std::ptr::from_ref(operation));
        made.or_insert_with(|| minimal::arguments(operation))
    }
}
