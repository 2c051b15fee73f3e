//! Runs scenarios: the public client over a scripted server, in paused time.

use katapult_openapi::{Operation, ParseError, Spec};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use katapult_core::{Client, RateLimit, RetryPolicy};
use katapult_gen::OperationInfo;
use serde_json::{Value, json};

use super::expect::{End, Observation};
use super::format::{Jitter, Policy, Reconcile, Scenario, Step, Switch};
use super::scripted_server::{ScriptedResponse, ScriptedServer};
use crate::generators::minimal;
use crate::sdk::registry::{CallError, ReconcileCheck, Registry};
use crate::spec::router;
use crate::spec::spec_api;

/// The documents and operations that all scenarios share.
pub struct Runner {
    spec: Spec,
    registry: Registry,
}

/// A scenario that is ready to run.
#[derive(Debug)]
pub struct PreparedScenario {
    /// The row of the table.
    pub scenario: Scenario,
    operation: &'static OperationInfo,
    arguments: Value,
    response: Value,
    responses: Arc<[ScriptedResponse]>,
}

impl Runner {
    /// Returns a runner for all operations.
    ///
    /// # Errors
    ///
    /// If a canonical document cannot be read.
    pub fn new() -> Result<Self, ParseError> {
        Ok(Self {
            spec: Spec::embedded()?,
            registry: Registry::new(),
        })
    }

    /// Prepares a scenario: finds its operation and makes its responses.
    ///
    /// # Errors
    ///
    /// If the scenario contradicts itself, or names no operation.
    pub fn prepare(&self, scenario: Scenario) -> Result<PreparedScenario, String> {
        let documented = self.find(&scenario.operation)?;
        let operation = self
            .registry
            .get(documented.api, &documented.id)
            .ok_or_else(|| format!("the SDK has no operation {}", documented.id))?;
        let response = minimal::response(documented);
        if scenario.responses.is_empty() {
            return Err(
                "it has no responses: there is at least one, and the last one repeats".into(),
            );
        }
        let responses = scenario.responses.iter().enumerate().map(|(index, step)| {
            scripted_response(step, documented, &response).map_err(|why| {
                format!(
                    "response {} of {}: {why}",
                    index + 1,
                    scenario.responses.len()
                )
            })
        });
        Ok(PreparedScenario {
            responses: responses.collect::<Result<_, _>>()?,
            operation: operation.info(),
            arguments: minimal::arguments(documented),
            response,
            scenario,
        })
    }

    /// Returns the operation with this method and path. A path without a prefix is one of the core API, or
    /// else of the public one.
    fn find(&self, text: &str) -> Result<&Operation, String> {
        let (method, path) = text
            .split_once(char::is_whitespace)
            .map(|(method, path)| (method, path.trim()))
            .filter(|(_, path)| path.starts_with('/'))
            .ok_or_else(|| {
                format!("operation `{text}` is not a method and a path, like GET /virtual_machines/virtual_machine")
            })?;
        // Most scenarios are about the core API and leave out its prefix.
        let found = ["", "/core/v1", "/public/v1"].iter().find_map(|prefix| {
            let address = format!("https://api.katapult.io{prefix}{path}");
            router::find(&self.spec, method, &address).ok()
        });
        found
            .map(|route| route.operation)
            .ok_or_else(|| format!("no operation of the document is {method} {path}"))
    }

    /// Runs a scenario in a runtime of its own, so that its paused clock starts anew.
    ///
    /// # Errors
    ///
    /// If the system has no resources for a runtime.
    pub fn run(&self, prepared: &PreparedScenario) -> io::Result<Observation> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            // Waits of minutes take no time, and their lengths are exact.
            .start_paused(true)
            .build()?;
        Ok(runtime.block_on(self.play(prepared)))
    }

    async fn play(&self, prepared: &PreparedScenario) -> Observation {
        let scenario = &prepared.scenario;
        let script = ScriptedServer::new(Arc::clone(&prepared.responses), scenario.clock.into());
        let end = match client(scenario, &script) {
            Err(error) => End::Invalid(error),
            Ok(client) => self.call(prepared, &client).await,
        };
        Observation {
            attempts: script.attempts(),
            waits: script.waits(),
            end,
        }
    }

    async fn call(&self, prepared: &PreparedScenario, client: &Client) -> End {
        let check = match prepared.scenario.reconcile {
            Reconcile::Found => ReconcileCheck::Exists(prepared.response.clone()),
            Reconcile::Missing => ReconcileCheck::Absent,
            Reconcile::None => ReconcileCheck::Disabled,
        };
        let info = prepared.operation;
        let Some(operation) = self.registry.get(spec_api(info.api), info.id) else {
            return End::Invalid(format!("the SDK has no operation {}", info.id));
        };
        let sent = operation.send_reconciling(client, &prepared.arguments, check);
        match sent.await {
            Ok(_) => End::Success,
            Err(CallError::Client(error)) => End::Error((&*error).into()),
            Err(CallError::Arguments(error)) => {
                End::Invalid(format!("the minimal arguments are invalid: {error}"))
            }
            Err(CallError::Encode(error)) => {
                End::Invalid(format!("the response cannot be encoded: {error}"))
            }
        }
    }
}

/// Returns the client that a scenario describes.
fn client(scenario: &Scenario, script: &ScriptedServer) -> Result<Client, String> {
    let policy = &scenario.policy;
    let ours = scenario.skew.apply_to(scenario.clock.into());
    let start = tokio::time::Instant::now();
    let mut builder = Client::builder()
        .token("token-of-the-scenarios")
        .http_client(script.clone())
        .clock(move || ours + start.elapsed())
        // A constant in the middle of the range makes jittered waits exact: half of the backoff.
        .rng(|| 0.5)
        .retry(retry(policy));
    if let Some(deadline) = policy.deadline {
        builder = builder.deadline(deadline.0);
    }
    if let Some(limit) = policy.attempt_timeout {
        builder = builder.attempt_timeout(limit.0);
    }
    if let Some(pace) = policy.pace {
        builder = builder.rate_limit(match pace {
            Switch::On => RateLimit::Auto,
            Switch::Off => RateLimit::Off,
        });
    }
    builder.build().map_err(|error| error.to_string())
}

fn retry(policy: &Policy) -> RetryPolicy {
    let mut retry = RetryPolicy::default();
    if let Some(attempts) = policy.attempts {
        retry = retry.max_attempts(attempts);
    }
    if let Some(base) = policy.base {
        retry = retry.initial_backoff(base.0);
    }
    if let Some(cap) = policy.cap {
        retry = retry.max_backoff(cap.0);
    }
    match policy.jitter {
        Some(Jitter::None) => retry.jitter(katapult_core::Jitter::None),
        Some(Jitter::Full) => retry.jitter(katapult_core::Jitter::Full),
        None => retry,
    }
}

/// Returns the response that a step describes.
fn scripted_response(
    step: &Step,
    operation: &Operation,
    response: &Value,
) -> Result<ScriptedResponse, String> {
    let failure = step.code.is_some() || step.detail.is_some();
    let status = match step.status {
        Some(status) => status,
        None if failure => return Err("it has a code or a detail, and so needs a status".into()),
        None => operation.status,
    };
    let status = StatusCode::from_u16(status)
        .ok()
        // Informational responses are not final, so no HTTP client returns them.
        .filter(|status| (200..=599).contains(&status.as_u16()))
        .ok_or_else(|| format!("{status} is not the status of a response"))?;
    let body = match &step.body {
        Some(_) if failure => {
            return Err("it has a body, and a code or a detail that would be in it".into());
        }
        Some(body) => body.clone(),
        None if failure => envelope(step).to_string(),
        None if !status.is_success() => String::new(),
        // An operation whose response is text.
        None if response.is_null() => "sample".to_owned(),
        None => response.to_string(),
    };
    let mut headers = usual_headers(status, &body);
    let mut dated = true;
    let mut given = HeaderMap::new();
    for (name, value) in &step.headers {
        let header =
            HeaderName::try_from(name).map_err(|_| format!("no header has the name `{name}`"))?;
        dated &= header != "date";
        // A header of the step replaces the usual one instead of being added to it.
        headers.remove(&header);
        if let Some(value) = header_value(name, value)? {
            given.insert(header, value);
        }
    }
    headers.extend(given);
    fit_remaining(&mut headers);
    Ok(ScriptedResponse {
        status,
        headers,
        dated,
        body: Bytes::from(body),
        delay: step.delay.map_or(Duration::ZERO, |delay| delay.0),
        fault: step.fault,
    })
}

fn envelope(step: &Step) -> Value {
    let mut error = serde_json::Map::new();
    if let Some(code) = &step.code {
        error.insert("code".into(), json!(code));
        error.insert("description".into(), json!("As the scenario has it"));
    }
    error.insert(
        "detail".into(),
        step.detail.clone().unwrap_or_else(|| json!({})),
    );
    json!({ "error": error })
}

/// Returns the headers of every API response, except for the date.
fn usual_headers(status: StatusCode, body: &str) -> HeaderMap {
    // An HTML body is that of a proxy.
    let kind = if body.starts_with('<') {
        "text/html"
    } else {
        "application/json"
    };
    let remaining = if status == StatusCode::TOO_MANY_REQUESTS {
        "0"
    } else {
        "999"
    };
    let usual = [
        ("content-type", kind),
        ("x-request-id", "01J8ZK5SCENARIO"),
        ("x-ratelimit-permitted", "1000"),
        ("x-ratelimit-remaining", remaining),
    ];
    usual
        .into_iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect()
}

/// Corrects the remaining quota where a step gives only the permitted one: the default would exceed it.
fn fit_remaining(headers: &mut HeaderMap) {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u32>().ok();
    let permitted = number("x-ratelimit-permitted");
    let remaining = number("x-ratelimit-remaining");
    if let (Some(permitted), Some(999)) = (permitted, remaining)
        && permitted < 999
    {
        headers.insert("x-ratelimit-remaining", permitted.saturating_sub(1).into());
    }
}

fn header_value(name: &str, value: &Value) -> Result<Option<HeaderValue>, String> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        other => return Err(format!("the header {name} cannot be {other}")),
    };
    HeaderValue::try_from(&text)
        .map(Some)
        .map_err(|_| format!("the header {name} cannot be `{text}`"))
}
