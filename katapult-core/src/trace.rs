//! What is told to who listens, under the target `katapult_core`.

use http::HeaderMap;
use katapult_gen::{ApiError, OperationInfo, Quota, RawReply};
use tracing::field::Empty;
use tracing::{Level, Span, debug, trace};

use crate::attempt::{Attempt, End};
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

/// What an attempt came to.
pub(crate) fn tried(number: u32, attempt: &Attempt, api: Option<&ApiError>, outcome: Outcome) {
    let status = attempt.head.as_ref().map(|(status, _)| status.as_u16());
    let headers = attempt.head.as_ref().map(|(_, headers)| headers);
    let code = api.map(|api| api.code.as_str());
    let cause = match &attempt.end {
        End::Broken(error) => Some(tracing::field::display(error)),
        _ => None,
    };
    debug!(
        target: "katapult_core",
        attempt = number,
        ?outcome,
        status,
        code,
        request_id = headers.and_then(request_id),
        quota_remaining = headers.and_then(Quota::from_headers).map(|quota| quota.remaining),
        cause,
        "tried",
    );
    trace!(target: "katapult_core", body = %Redacted(&attempt.body), "the reply's body");
}

/// How the call went, into its span.
pub(crate) fn ended(span: &Span, attempts: u32, last: Option<&(RawReply, Option<ApiError>)>) {
    span.record("attempt", attempts);
    let Some((reply, api)) = last else {
        return;
    };
    span.record("status", reply.status.as_u16());
    if let Some(api) = api {
        span.record("code", api.code.as_str());
    }
    if let Some(id) = request_id(&reply.headers) {
        span.record("request_id", id);
    }
    if let Some(quota) = Quota::from_headers(&reply.headers) {
        span.record("quota_remaining", quota.remaining);
    }
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-request-id")?.to_str().ok()
}
