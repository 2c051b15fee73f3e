//! The comparison of a recorded response with the typed value or error that the client returned.

use katapult_openapi::{ErrorCode, Operation, Schema, Spec};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Debug;

use serde_json::Value;

use crate::json::compare::{Comparison, Difference, compare, compare_at, schema_violations};
use crate::json::eq::equivalent;
use crate::json::locate::path_at;
use crate::replay::recording::Exchange;
use crate::replay::report::ExchangeResult;
use crate::sdk::client::{self, ErrorFields};
use crate::sdk::registry::{CallError, CallResult};

/// The maximum number of differences in one message; the first ones suffice to find the cause.
const MAX_DIFFERENCES: usize = 5;

/// Compares a successful response; `schema` is `None` where the response is text.
pub(crate) fn compare_response(
    schema: Option<Schema<'_>>,
    operation: &Operation,
    exchange: &Exchange,
    outcome: &CallResult,
) -> ExchangeResult {
    let recorded = match schema {
        None => Ok(Value::String(exchange.response_body.clone())),
        Some(_) => serde_json::from_str::<Value>(&exchange.response_body),
    };
    let recorded = match recorded {
        Ok(recorded) => recorded,
        Err(error) => {
            return ExchangeResult::failed(
                Some(operation),
                format!("the response is not JSON: {error}"),
            );
        }
    };
    match (outcome, schema) {
        (Ok(written), None) if equivalent(&recorded, written) => {
            ExchangeResult::decoded(Some(operation))
        }
        // A text response has no structure to compare by.
        (Ok(_), None) => ExchangeResult::failed(Some(operation), "the text differs".to_owned()),
        (Ok(written), Some(schema)) => {
            let Comparison {
                differences,
                unknown,
            } = compare(schema, &recorded, written);
            let decoded = match join(&differences) {
                Some(why) => Err(why),
                None => Ok(()),
            };
            ExchangeResult {
                decoded,
                unknown,
                ..ExchangeResult::decoded(Some(operation))
            }
        }
        (Err(error), _) => {
            ExchangeResult::failed(Some(operation), explain(schema, exchange, &recorded, error))
        }
    }
}

/// Explains why a successful response was not decoded: by the schema, or by the decoder's position.
fn explain(
    schema: Option<Schema<'_>>,
    exchange: &Exchange,
    recorded: &Value,
    error: &CallError,
) -> String {
    let violation = schema.and_then(|schema| join(&schema_violations(schema, recorded)));
    match (error, violation) {
        (CallError::Client(error), Some(violation)) => format!("{violation} ({})", chain(error)),
        (CallError::Client(error), None) => match client::position(error) {
            Some((line, column)) if line > 0 => {
                let place = path_at(&exchange.response_body, line, column);
                format!("{place}: {}", chain(error))
            }
            _ => chain(error),
        },
        (other, _) => describe(other),
    }
}

fn describe(error: &CallError) -> String {
    match error {
        CallError::Arguments(error) => {
            format!("the minimal arguments are invalid: {error}")
        }
        CallError::Encode(error) => {
            format!("the typed response cannot be encoded again: {error}")
        }
        CallError::Client(error) => chain(error),
    }
}

/// Compares a failed response: its status, code, description and detail must be in the error.
pub(crate) fn compare_error(
    spec: &Spec,
    operation: &Operation,
    exchange: &Exchange,
    outcome: CallResult,
) -> ExchangeResult {
    let recorded = match read_error(spec, operation, exchange) {
        Ok(recorded) => recorded,
        Err(why) => return ExchangeResult::failed(Some(operation), why),
    };
    let code = recorded.fields.code.clone();
    let decoded = match outcome {
        Ok(_) => Err(format!(
            "the status {} was treated as a success",
            exchange.status
        )),
        Err(CallError::Client(error)) => {
            let found = client::error_fields(&error);
            compare_errors(&recorded.fields, &found)
                .map_err(|why| format!("{why} ({})", chain(&error)))
        }
        Err(other) => Err(describe(&other)),
    };
    ExchangeResult {
        decoded,
        code,
        unknown: recorded.unknown,
        ..ExchangeResult::decoded(Some(operation))
    }
}

/// A recorded failure: the expected error, and its undocumented fields.
struct RecordedError {
    fields: ErrorFields,
    unknown: BTreeMap<String, usize>,
}

/// Reads a recorded failure. A body of a JSON type must be the API's envelope. Any other body comes from a
/// proxy, and only its status counts.
fn read_error(
    spec: &Spec,
    operation: &Operation,
    exchange: &Exchange,
) -> Result<RecordedError, String> {
    let status = Some(exchange.status);
    // The body of a proxy is HTML.
    let is_json = exchange
        .headers
        .get("content-type")
        .is_some_and(|kind| kind.contains("json"));
    if !is_json {
        let fields = ErrorFields {
            status,
            ..ErrorFields::default()
        };
        return Ok(RecordedError {
            fields,
            unknown: BTreeMap::new(),
        });
    }
    let body: Value = serde_json::from_str(&exchange.response_body)
        .map_err(|error| format!("the error's body is not JSON: {error}"))?;
    let error = body.get("error").ok_or("error: absent in the body")?;
    let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    let code = text("code").ok_or("error.code: absent, or not a string")?;
    let detail = error.get("detail").cloned().unwrap_or_default();
    let envelope = operation.error_response(exchange.status);
    let envelope = envelope
        .map(|schema| compare(schema, &body, &body))
        .unwrap_or_default();
    let typed = spec
        .error_code(operation.api, &code)
        .and_then(ErrorCode::detail);
    let inner = typed.map(|schema| compare_at("error.detail", schema, &detail, &detail));
    let inner = inner.unwrap_or_default();
    if let Some(why) = join(&envelope.differences).or_else(|| join(&inner.differences)) {
        return Err(why);
    }
    let fields = ErrorFields {
        status,
        code: Some(code),
        description: text("description"),
        typed: typed.is_some() && !detail.is_null(),
        detail,
    };
    let unknown = envelope.unknown.into_iter().chain(inner.unknown).collect();
    Ok(RecordedError { fields, unknown })
}

fn compare_errors(recorded: &ErrorFields, found: &ErrorFields) -> Result<(), String> {
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
    if !equivalent(&recorded.detail, &found.detail) {
        return differ("detail", &recorded.detail, &found.detail);
    }
    if recorded.typed && !found.typed {
        return Err("error.detail: its code has a typed detail, but the error has none".to_owned());
    }
    Ok(())
}

fn join(differences: &[Difference]) -> Option<String> {
    let (first, more) = differences.split_at(differences.len().min(MAX_DIFFERENCES));
    let mut lines: Vec<_> = first.iter().map(ToString::to_string).collect();
    if !more.is_empty() {
        lines.push(format!("and {} more", more.len()));
    }
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// Returns an error with its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors repeat the message of their cause.
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
