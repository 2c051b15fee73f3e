//! The message of an error: one line, for an operator on call.

use std::error::Error as StdError;
use std::fmt::{self, Write as _};
use std::time::Duration;

use http::header::LOCATION;
use katapult_gen::{ApiError, RawResponse};
use serde_json::Value;

use super::text::{self, Truncated};
use super::{Error, ErrorContext, ErrorKind, FailureCause, GiveUpReason, HttpFailure, received};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = &*self.context;
        // An error that contains this one has less room for it, and states it as the precision.
        let length = f.precision().unwrap_or(text::MAX_LENGTH);
        // The facts at the end, such as the request id, must survive a long text before them.
        let facts = text::clipped(&Facts(context).to_string(), length / 2);
        let rest = length.saturating_sub(facts.chars().count());
        f.write_str(&text::clipped(&Failure(context).to_string(), rest))?;
        f.write_str(&facts)
    }
}

/// The operation and the cause.
struct Failure<'a>(&'a ErrorContext);

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = self.0;
        // The title of a raw request is its path, which can be long.
        write!(f, "{}", Truncated(&context.operation.title))?;
        if let Some(lookup) = &context.lookup {
            write!(f, " {}", Truncated(lookup))?;
        }
        f.write_str(": ")?;
        if context.kind == ErrorKind::Unconfirmed {
            f.write_str("outcome unknown, check before retrying: ")?;
        }
        // When the last attempt ended at the deadline, the cause says so already.
        let at_deadline = matches!(context.cause, Some(FailureCause::DeadlineWhile(_)));
        match context.gave_up {
            Some(GiveUpReason::DeadlineExceeded { delay, reason }) if !at_deadline => write!(
                f,
                "gave up: waiting {} {} would exceed the {}; last attempt: ",
                Millis(delay),
                reason.phrase(),
                Deadline(context.deadline),
            )?,
            _ => {}
        }
        write_cause(f, context)?;
        if let Some(error) = &context.reconcile_error {
            let error = error.to_string();
            write!(
                f,
                "; the reconcile check also failed: {}",
                Truncated(&error)
            )?;
        }
        Ok(())
    }
}

fn write_cause(f: &mut fmt::Formatter<'_>, context: &ErrorContext) -> fmt::Result {
    let Some(cause) = &context.cause else {
        return match &context.response {
            Some(response) => write_response(f, response, context.api.as_ref()),
            None => f.write_str("no response"),
        };
    };
    match cause {
        FailureCause::RateLimited(delay) => {
            write!(
                f,
                "gave up: waiting {} for the rate limit to reset would exceed the {}",
                Millis(*delay),
                Deadline(context.deadline)
            )?;
            return write_last_attempt(f, context);
        }
        FailureCause::DeadlineWhile(what) => {
            let deadline = Deadline(context.deadline);
            write!(f, "{deadline} exceeded while waiting {what}")?;
            return write_last_attempt(f, context);
        }
        FailureCause::Pagination(problem) => return write!(f, "{}", Truncated(problem)),
        _ => {}
    }
    if let Some(response) = &context.response {
        write!(f, "{}: ", response.status.as_u16())?;
    }
    match cause {
        FailureCause::Connection(error) => {
            f.write_str(error.failure.as_str())?;
            if error.failure == HttpFailure::Lost {
                f.write_str(" before the response")?;
            }
            write_chain(f, &*error.cause)
        }
        FailureCause::AttemptTimeout(limit) if context.response.is_some() => {
            write!(f, "response not complete within {}", Millis(*limit))
        }
        FailureCause::AttemptTimeout(limit) => write!(f, "no response within {}", Millis(*limit)),
        FailureCause::BodyTruncated(error) => {
            let response = context.response.as_ref();
            let bytes = response.map_or(0, |response| response.body.len());
            write!(f, "response truncated after {bytes} bytes")?;
            write_chain(f, &*error.cause)
        }
        FailureCause::BodyTooLarge(limit) => write!(
            f,
            "response larger than {limit} bytes: raise max_response_bytes on the client's builder"
        ),
        FailureCause::Decode(error) => {
            let response = context.response.as_ref();
            write!(f, "the response could not be decoded: {error}")?;
            response.map_or(Ok(()), |response| {
                write!(f, " ({})", received::Arrived(response))
            })
        }
        FailureCause::ErrorInSuccess => {
            f.write_str("the body of the success is an error")?;
            match &context.api {
                Some(api) => {
                    f.write_str(": ")?;
                    write_api_error(f, api)
                }
                None => Ok(()),
            }
        }
        FailureCause::OtherObject {
            requested,
            received,
        } => write!(
            f,
            "the response is about another object: {}, not {}",
            Truncated(received),
            Truncated(requested)
        ),
        FailureCause::Build(error) => {
            f.write_str("the request could not be built")?;
            write_chain(f, &**error)
        }
        #[cfg(feature = "blocking")]
        FailureCause::Blocking(error) => write!(f, "{error}"),
        FailureCause::Credentials(error) => write!(f, "{}", Truncated(&error.to_string())),
        FailureCause::RateLimited(_)
        | FailureCause::DeadlineWhile(_)
        | FailureCause::Pagination(_) => Ok(()),
    }
}

fn write_last_attempt(f: &mut fmt::Formatter<'_>, context: &ErrorContext) -> fmt::Result {
    let Some(response) = &context.response else {
        return Ok(());
    };
    f.write_str("; last attempt: ")?;
    write_response(f, response, context.api.as_ref())
}

/// Writes an error response: the API's code and description, or else the status and the type of the body.
fn write_response(
    f: &mut fmt::Formatter<'_>,
    response: &RawResponse,
    api: Option<&ApiError>,
) -> fmt::Result {
    let status = response.status.as_u16();
    if let Some(api) = api {
        write!(f, "{status} ")?;
        return write_api_error(f, api);
    }
    write!(f, "{status}")?;
    if let Some(reason) = response.status.canonical_reason() {
        write!(f, " {reason}")?;
    }
    let header = |name| response.headers.get(name)?.to_str().ok();
    if response.status.is_redirection() {
        let to = header(LOCATION).unwrap_or("an unknown location");
        return write!(
            f,
            " to {}: redirects are not followed; check the client's base URL",
            Truncated(to)
        );
    }
    write!(f, " (not an API response: {})", received::Arrived(response))
}

/// Writes the API's code, its description, and the reasons in the details.
fn write_api_error(f: &mut fmt::Formatter<'_>, api: &ApiError) -> fmt::Result {
    write!(f, "{}", Truncated(api.code.as_str()))?;
    if let Some(description) = &api.description {
        write!(f, ": {}", Truncated(description))?;
    }
    write_detail(f, &api.detail)
}

/// Reasons of a detail that are displayed.
// More would not fit into a line.
const MAX_REASONS: usize = 10;

fn separate(text: &mut String) {
    if !text.is_empty() {
        text.push_str("; ");
    }
}

/// Writes the parts of a detail that are meant for people.
fn write_detail(f: &mut fmt::Formatter<'_>, detail: &Value) -> fmt::Result {
    let mut text = String::new();
    let errors = match detail.get("errors") {
        Some(Value::Array(errors)) => &errors[..],
        // `invalid_spec_xml` has one text in place of a list.
        Some(error @ Value::String(_)) => std::slice::from_ref(error),
        _ => &[],
    };
    for error in errors.iter().take(MAX_REASONS) {
        separate(&mut text);
        match error.as_str() {
            Some(error) => text.push_str(error),
            None => write!(text, "{error}")?,
        }
    }
    for reason in ["details", "reason", "message"] {
        if let Some(reason) = detail.get(reason).and_then(Value::as_str) {
            separate(&mut text);
            text.push_str(reason);
        }
    }
    if let Some(id) = detail.pointer("/trash_object/id").and_then(Value::as_str) {
        separate(&mut text);
        write!(text, "trash object {id}")?;
    }
    match text.is_empty() {
        true => Ok(()),
        false => write!(f, ": {}", Truncated(&text)),
    }
}

/// The facts that help to act on the error, in parentheses.
struct Facts<'a>(&'a ErrorContext);

impl fmt::Display for Facts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_facts(f, self.0)
    }
}

fn write_facts(f: &mut fmt::Formatter<'_>, context: &ErrorContext) -> fmt::Result {
    f.write_str(" (")?;
    let forbidden = context.kind == ErrorKind::Forbidden;
    match context.operation.scopes {
        [scope] if forbidden => write!(f, "needs the scope {scope}; ")?,
        scopes @ [_, ..] if forbidden => {
            write!(f, "needs one of the scopes {}; ", scopes.join(", "))?;
        }
        _ => {}
    }
    let response = context.response.as_ref();
    if context.kind == ErrorKind::RateLimited {
        if let Some(quota) = response.and_then(RawResponse::rate_limit) {
            write!(f, "limit {} requests per minute; ", quota.limit)?;
        }
    }
    if context.may_have_happened && context.kind != ErrorKind::Unconfirmed {
        f.write_str("may have happened; ")?;
    }
    if context.gave_up == Some(GiveUpReason::BudgetExhausted) {
        f.write_str("retry budget exhausted; ")?;
    }
    if let Some(id) = response.and_then(RawResponse::request_id) {
        write!(f, "request id {}; ", Truncated(id))?;
    }
    match context.attempts {
        0 => f.write_str("not sent)"),
        1 => f.write_str("1 attempt)"),
        attempts => write!(f, "{attempts} attempts)"),
    }
}

/// Writes the chain of causes, each text once: an outer error often repeats its source.
fn write_chain(f: &mut fmt::Formatter<'_>, error: &(dyn StdError + 'static)) -> fmt::Result {
    let mut chain = String::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !chain.contains(&text) {
            chain.push_str(": ");
            chain.push_str(&text);
        }
        cause = error.source();
    }
    write!(f, "{}", Truncated(&chain))
}

/// A duration to the millisecond: `18s`, `1.5s`.
struct Millis(Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        write!(f, "{:?}", Duration::from_millis(millis))
    }
}

/// `10s deadline`, or `deadline` if the limit is not known.
struct Deadline(Option<Duration>);

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(limit) => write!(f, "{} deadline", Millis(limit)),
            None => f.write_str("deadline"),
        }
    }
}
