//! Verdicts: whether a recorded response reached the typed value, or the error, whole.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Debug;

use katapult_openapi::{Operation, Schema, Spec};
use serde_json::Value;

use crate::client::{self, Told};
use crate::compare::{Comparison, Difference, compare, compare_at, misfits};
use crate::locate::path_at;
use crate::operations::{CallError, Outcome};
use crate::recording::Exchange;
use crate::report::Verdict;
use crate::value::same;

/// How many differences of one response are told.
const MOST_TOLD: usize = 5;

/// Judges a response of success; `schema` is `None` where the operation answers text.
pub fn judge_response(
    schema: Option<Schema<'_>>,
    operation: &Operation,
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
            return Verdict::failed(Some(operation), format!("the response is no JSON: {error}"));
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

/// Says why a response of success gave an error: where the schema tells, else where the decoder stood.
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
            Some((line, column)) if line > 0 => {
                let place = path_at(&exchange.response_body, line, column);
                format!("{place}: {}", chain(error))
            }
            _ => chain(error),
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
            format!("the typed response cannot be written out again: {error}")
        }
        CallError::Client(error) => chain(error),
    }
}

/// Judges a response of failure: its code, status, description and detail must have reached the error.
pub fn judge_error(
    documents: &Spec,
    operation: &Operation,
    exchange: &Exchange,
    outcome: Outcome,
) -> Verdict {
    let recorded = match read_error(documents, operation, exchange) {
        Ok(recorded) => recorded,
        Err(why) => return Verdict::failed(Some(operation), why),
    };
    let code = recorded.told.code.clone();
    let decoded = match outcome {
        Ok(_) => Err(format!(
            "the status {} was taken for a success",
            exchange.status
        )),
        Err(CallError::Client(error)) => {
            let found = client::told(&error);
            compare_errors(&recorded.told, &found)
                .map_err(|why| format!("{why} ({})", chain(&error)))
        }
        Err(other) => Err(uncalled(&other)),
    };
    Verdict {
        decoded,
        code,
        unknown: recorded.unknown,
        ..Verdict::decoded(Some(operation))
    }
}

/// A recorded failure: what an error has to tell of it, and its fields that no document knows.
struct RecordedError {
    told: Told,
    unknown: BTreeMap<String, usize>,
}

/// Reads a recorded failure. A body that says it is JSON must be the API's envelope, of the
/// document's types; anything else is a proxy's, of which only the status counts.
fn read_error(
    documents: &Spec,
    operation: &Operation,
    exchange: &Exchange,
) -> Result<RecordedError, String> {
    let status = Some(exchange.status);
    let is_json = exchange
        .headers
        .get("content-type")
        .is_some_and(|kind| kind.contains("json"));
    if !is_json {
        let told = Told {
            status,
            ..Told::default()
        };
        return Ok(RecordedError {
            told,
            unknown: BTreeMap::new(),
        });
    }
    let body: Value = serde_json::from_str(&exchange.response_body)
        .map_err(|error| format!("the error's body is no JSON: {error}"))?;
    let error = body.get("error").ok_or("error: the body has no envelope")?;
    let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    let code = text("code").ok_or("error.code: it is not there, or no text")?;
    let detail = error.get("detail").cloned().unwrap_or_default();
    let envelope = operation.error_response(exchange.status);
    let envelope = envelope
        .map(|schema| compare(schema, &body, &body))
        .unwrap_or_default();
    let typed = documents
        .error_code(operation.api, &code)
        .and_then(|error| error.detail());
    let inner = typed.map(|schema| compare_at("error.detail", schema, &detail, &detail));
    let inner = inner.unwrap_or_default();
    if let Some(why) = join(&envelope.differences).or_else(|| join(&inner.differences)) {
        return Err(why);
    }
    let told = Told {
        status,
        code: Some(code),
        description: text("description"),
        typed: typed.is_some() && !detail.is_null(),
        detail,
    };
    let unknown = envelope.unknown.into_iter().chain(inner.unknown).collect();
    Ok(RecordedError { told, unknown })
}

fn compare_errors(recorded: &Told, found: &Told) -> Result<(), String> {
    let differ = |field: &str, recorded: &dyn Debug, found: &dyn Debug| {
        Err(format!(
            "error.{field}: {recorded:?} was recorded, but the error has {found:?}"
        ))
    };
    if recorded.status != found.status {
        return differ("status", &recorded.status, &found.status);
    }
    if recorded.code != found.code {
        return differ("code", &recorded.code, &found.code);
    }
    if recorded.description != found.description {
        return differ("description", &recorded.description, &found.description);
    }
    if !same(&recorded.detail, &found.detail) {
        return differ("detail", &recorded.detail, &found.detail);
    }
    if recorded.typed && !found.typed {
        return Err("error.detail: its code has a typed detail, but the error has none".to_owned());
    }
    Ok(())
}

fn join(differences: &[Difference]) -> Option<String> {
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
