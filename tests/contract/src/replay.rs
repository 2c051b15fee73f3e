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

use crate::client;
use crate::document::{Documents, OperationDoc};
use crate::judge::{judge_error, judge_reply};
use crate::operations::{AnyOperation, Outcome, Registry};
use crate::recording::{self, Exchange};
use crate::report::{Report, Verdict};
use crate::route::Router;
use crate::sample;
use crate::server::{Prepared, Server};

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
            judge_error(&self.documents, operation, exchange, outcome)
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
