//! The span and the events of a call, under the target `katapult_core`.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use katapult_gen::{ApiError, OperationInfo, RawResponse};
use tokio::time::timeout;
use tracing::field::Empty;
use tracing::{Level, Span, debug, info, trace, warn};

use super::redact::Redacted;
use crate::error::DelayReason;
use crate::retry::classify::{AttemptEnd, AttemptOutcome};

/// The delay from which an operator wants to know why a call takes long.
const INFO_DELAY: Duration = Duration::from_secs(1);
/// The delay from which a call looks as if it hung.
const WARN_DELAY: Duration = Duration::from_secs(10);

/// Returns the span of a call.
pub(super) fn span(operation: &OperationInfo) -> Span {
    tracing::info_span!(
        target: "katapult_core",
        "call",
        operation = operation.id,
        attempt = Empty,
        status = Empty,
        code = Empty,
        request_id = Empty,
        quota_remaining = Empty,
    )
}

/// Logs a request before it is sent; at TRACE only, because of its body.
pub(super) fn sending(request: &Request<Bytes>) {
    if tracing::enabled!(target: "katapult_core", Level::TRACE) {
        trace!(target: "katapult_core", method = %request.method(), path = request.uri().path(), body = %Redacted(request.body()), "sending request");
    }
}

/// Logs the result of an attempt.
pub(super) fn attempt_finished(
    number: u32,
    end: &AttemptEnd,
    last: Option<&LastResponse>,
    outcome: AttemptOutcome,
) {
    let cause = match end {
        AttemptEnd::ConnectionError(error) => Some(tracing::field::display(error)),
        _ => None,
    };
    let fields = last.map(ResponseFields::of).unwrap_or_default();
    debug!(
        target: "katapult_core",
        attempt = number,
        ?outcome,
        status = fields.status,
        code = fields.code,
        request_id = fields.request_id,
        quota_remaining = fields.quota_remaining,
        cause,
        "attempt finished",
    );
    let body = last
        .map(|(response, _)| &response.body[..])
        .unwrap_or_default();
    trace!(target: "katapult_core", body = %Redacted(body), "response body");
}

/// Logs the delay before the next attempt: at INFO if it exceeds a second, at WARN from ten.
pub(super) fn delay(attempt: u32, delay: Duration, reason: DelayReason, outcome: AttemptOutcome) {
    let reason = reason.as_str();
    // A macro, since a level is part of a call site.
    macro_rules! log {
        ($level:ident) => {
            $level!(target: "katapult_core", ?delay, attempt, ?outcome, "waiting {reason}")
        };
    }
    if delay >= WARN_DELAY {
        log!(warn);
    } else if delay > INFO_DELAY {
        log!(info);
    } else {
        log!(debug);
    }
}

/// Waits for a future whose end is not known, and logs while it waits: at INFO after a second, at WARN
/// after ten.
pub(super) async fn long_wait<F: Future>(what: &'static str, future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    if let Ok(output) = timeout(INFO_DELAY, &mut future).await {
        return output;
    }
    info!(target: "katapult_core", waited = ?INFO_DELAY, "still waiting {what}");
    if let Ok(output) = timeout(WARN_DELAY - INFO_DELAY, &mut future).await {
        return output;
    }
    warn!(target: "katapult_core", waited = ?WARN_DELAY, "still waiting {what}");
    future.await
}

/// Records the result of a call in its span.
pub(super) fn call_finished(span: &Span, attempts: u32, last: Option<&LastResponse>) {
    if span.is_disabled() {
        return; // spares a program without a subscriber the parsing of headers
    }
    span.record("attempt", attempts);
    let fields = last.map(ResponseFields::of).unwrap_or_default();
    span.record("status", fields.status);
    span.record("code", fields.code);
    span.record("request_id", fields.request_id);
    span.record("quota_remaining", fields.quota_remaining);
}

/// The last response of a call, and the API's error if it is one.
pub(super) type LastResponse = (RawResponse, Option<ApiError>);

/// The fields of a response that are logged.
#[derive(Default)]
struct ResponseFields<'a> {
    status: Option<u16>,
    code: Option<&'a str>,
    request_id: Option<&'a str>,
    quota_remaining: Option<u32>,
}

impl<'a> ResponseFields<'a> {
    fn of((response, api): &'a LastResponse) -> Self {
        Self {
            status: Some(response.status.as_u16()),
            code: api.as_ref().map(|api| api.code.as_str()),
            request_id: response.request_id(),
            quota_remaining: response.rate_limit().map(|quota| quota.remaining),
        }
    }
}
