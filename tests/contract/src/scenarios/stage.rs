//! Where scenarios are run: a client over a script, in paused time.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use katapult_core::{Client, RateLimit, RetryPolicy};
use katapult_gen::OperationInfo;
use katapult_openapi::{Operation, ParseError, Spec};
use serde_json::{Value, json};

use super::format::{Jitter, Policy, Reconcile, Scenario, Step, Switch};
use super::script::{Answer, Script};
use super::verdict::{Ended, Seen};
use crate::operations::{CallError, Look, Registry, spec_api};
use crate::route;
use crate::sample;

/// Everything that scenarios have in common.
pub struct Stage {
    documents: Spec,
    registry: Registry,
}

/// A scenario that can be run.
#[derive(Debug)]
pub struct Staged {
    /// As it was written.
    pub scenario: Scenario,
    operation: &'static OperationInfo,
    arguments: Value,
    response: Value,
    answers: Arc<[Answer]>,
}

impl Stage {
    /// The stage of all operations.
    ///
    /// # Errors
    ///
    /// When a canonical document can't be read.
    pub fn new() -> Result<Self, ParseError> {
        Ok(Self {
            documents: Spec::embedded()?,
            registry: Registry::new(),
        })
    }

    /// Sets a scenario up.
    ///
    /// # Errors
    ///
    /// Says what in it makes no sense.
    pub fn set(&self, scenario: Scenario) -> Result<Staged, String> {
        let documented = self.find(&scenario.operation)?;
        let operation = self
            .registry
            .get(documented.api, &documented.id)
            .ok_or_else(|| format!("the SDK has no operation {}", documented.id))?;
        let response = sample::response(documented);
        if scenario.responses.is_empty() {
            return Err(
                "it has no responses: there is at least one, and the last one repeats".into(),
            );
        }
        let answers = scenario.responses.iter().enumerate().map(|(index, step)| {
            answer(step, documented, &response).map_err(|why| {
                format!(
                    "response {} of {}: {why}",
                    index + 1,
                    scenario.responses.len()
                )
            })
        });
        Ok(Staged {
            answers: answers.collect::<Result<_, _>>()?,
            operation: operation.info(),
            arguments: sample::arguments(documented),
            response,
            scenario,
        })
    }

    /// The operation that a scenario names by method and path; of the core API, unless the path
    /// begins with another's prefix or only the public one has it.
    fn find(&self, text: &str) -> Result<&Operation, String> {
        let (method, path) = text
            .split_once(char::is_whitespace)
            .map(|(method, path)| (method, path.trim()))
            .filter(|(_, path)| path.starts_with('/'))
            .ok_or_else(|| {
                format!("operation `{text}` is not a method and a path, like GET /virtual_machines/virtual_machine")
            })?;
        let found = ["", "/core/v1", "/public/v1"].iter().find_map(|prefix| {
            let address = format!("https://api.katapult.io{prefix}{path}");
            route::find(&self.documents, method, &address).ok()
        });
        found
            .map(|route| route.operation)
            .ok_or_else(|| format!("no operation of the document is {method} {path}"))
    }

    /// Runs a scenario, in time of its own.
    ///
    /// # Errors
    ///
    /// When the system has no room for a runtime.
    pub fn run(&self, staged: &Staged) -> io::Result<Seen> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()?;
        Ok(runtime.block_on(self.play(staged)))
    }

    async fn play(&self, staged: &Staged) -> Seen {
        let scenario = &staged.scenario;
        let script = Script::new(Arc::clone(&staged.answers), scenario.clock.0);
        let ended = match client(scenario, &script) {
            Err(error) => Ended::Broken(error),
            Ok(client) => self.call(staged, &client).await,
        };
        Seen {
            attempts: script.attempts(),
            waits: script.waits(),
            ended,
        }
    }

    async fn call(&self, staged: &Staged, client: &Client) -> Ended {
        let look = match staged.scenario.reconcile {
            Reconcile::Reconciled => Look::Reconciled(staged.response.clone()),
            Reconcile::Missing => Look::Missing,
            Reconcile::None => Look::None,
        };
        let info = staged.operation;
        let Some(operation) = self.registry.get(spec_api(info.api), info.id) else {
            return Ended::Broken(format!("the SDK has no operation {}", info.id));
        };
        let sent = operation.send_looking(client, &staged.arguments, look);
        match sent.await {
            Ok(_) => Ended::Well,
            Err(CallError::Client(error)) => Ended::Error((&*error).into()),
            Err(CallError::Arguments(error)) => {
                Ended::Broken(format!("the sample arguments don't fit: {error}"))
            }
            Err(CallError::Unwritable(error)) => {
                Ended::Broken(format!("the response can't be written out: {error}"))
            }
        }
    }
}

/// The client that a scenario asks for.
fn client(scenario: &Scenario, script: &Script) -> Result<Client, String> {
    let policy = &scenario.policy;
    let ours = scenario.skew.from(scenario.clock.0);
    let start = tokio::time::Instant::now();
    let mut builder = Client::builder()
        .token("token-of-the-scenarios")
        .http_client(script.clone())
        .clock(move || ours + start.elapsed())
        // The middle: with jitter, waits are half of what they may be.
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

/// The answer that a step asks for.
fn answer(step: &Step, operation: &Operation, response: &Value) -> Result<Answer, String> {
    let failure = step.code.is_some() || step.detail.is_some();
    let status = match step.status {
        Some(status) => status,
        None if failure => return Err("it has a code or a detail, and so needs a status".into()),
        None => operation.status,
    };
    let status = StatusCode::from_u16(status)
        .ok()
        .filter(|status| (200..=599).contains(&status.as_u16()))
        .ok_or_else(|| format!("{status} is not the status of a response"))?;
    let body = match &step.body {
        Some(_) if failure => {
            return Err("it has a body, and a code or a detail that would be in it".into());
        }
        Some(body) => body.clone(),
        None if failure => envelope(step).to_string(),
        None if !status.is_success() => String::new(),
        // An operation that answers text.
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
        headers.remove(&header);
        if let Some(value) = header_value(name, value)? {
            given.insert(header, value);
        }
    }
    headers.extend(given);
    fit_remaining(&mut headers);
    Ok(Answer {
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

/// What every response of the API carries, but for the date.
fn usual_headers(status: StatusCode, body: &str) -> HeaderMap {
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

/// No more is left than is permitted, where only one of the two was given.
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
        other => return Err(format!("the header {name} can't be {other}")),
    };
    HeaderValue::try_from(&text)
        .map(Some)
        .map_err(|_| format!("the header {name} can't be `{text}`"))
}
