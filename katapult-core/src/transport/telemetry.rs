//! The span and the events of a call, under the target `katapult_core`.

use bytes::Bytes;
use http::Request;
use katapult_gen::{ApiError, OperationInfo, Quota, RawResponse};
use tracing::field::Empty;
use tracing::{Level, Span, debug, trace};

use super::redact::Redacted;
use crate::retry::classify::{AttemptEnd, AttemptOutcome};

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
            quota_remaining: Quota::from_headers(&response.headers).map(|quota| quota.remaining),
        }
    }
}
