//! What is told to who listens, under the target `katapult_core`.

use katapult_gen::{ApiError, OperationInfo, Quota, RawResponse};
use tracing::field::Empty;
use tracing::{Level, Span, debug, trace};

use crate::attempt::End;
use crate::classify::Outcome;
use crate::redact::Redacted;

/// The span of a call.
pub(crate) fn span(operation: &OperationInfo) -> Span {
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

/// What is sent; at TRACE only, for its body.
pub(crate) fn sending(request: &reqwest::Request) {
    if tracing::enabled!(target: "katapult_core", Level::TRACE) {
        let body = request
            .body()
            .and_then(|body| body.as_bytes())
            .unwrap_or_default();
        trace!(target: "katapult_core", method = %request.method(), path = request.url().path(), body = %Redacted(body), "sending");
    }
}

/// What an attempt came to: the head of its response, if that came.
pub(crate) fn tried(number: u32, end: &End, last: Option<&Last>, outcome: Outcome) {
    let cause = match end {
        End::Broken(error) => Some(tracing::field::display(error)),
        _ => None,
    };
    let told = last.map(told).unwrap_or_default();
    debug!(
        target: "katapult_core",
        attempt = number,
        ?outcome,
        status = told.status,
        code = told.code,
        request_id = told.request_id,
        quota_remaining = told.quota_remaining,
        cause,
        "tried",
    );
    let body = last
        .map(|(response, _)| &response.body[..])
        .unwrap_or_default();
    trace!(target: "katapult_core", body = %Redacted(body), "the response's body");
}

/// How the call went, into its span.
pub(crate) fn ended(span: &Span, attempts: u32, last: Option<&Last>) {
    if span.is_disabled() {
        return; // no one listens: nothing needs to be read out of the headers
    }
    span.record("attempt", attempts);
    let told = last.map(told).unwrap_or_default();
    span.record("status", told.status);
    span.record("code", told.code);
    span.record("request_id", told.request_id);
    span.record("quota_remaining", told.quota_remaining);
}

/// The last response that came, and what it says if it is an error.
pub(crate) type Last = (RawResponse, Option<ApiError>);

/// What is told of a response.
#[derive(Default)]
struct Told<'a> {
    status: Option<u16>,
    code: Option<&'a str>,
    request_id: Option<&'a str>,
    quota_remaining: Option<u32>,
}

fn told((response, api): &Last) -> Told<'_> {
    Told {
        status: Some(response.status.as_u16()),
        code: api.as_ref().map(|api| api.code.as_str()),
        request_id: response.request_id(),
        quota_remaining: Quota::from_headers(&response.headers).map(|quota| quota.remaining),
    }
}
