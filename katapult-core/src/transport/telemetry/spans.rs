//! The spans of a call and of its attempts, with the field names of OpenTelemetry where it defines one.
//!
//! The fields that begin with `otel.` are those of the crate `tracing-opentelemetry`, for the name, the kind and the
//! status of a span.

use katapult_gen::{ApiError, OperationInfo, RawResponse};
use tracing::field::Empty;
use tracing::{Span, info_span};

use super::response_fields::ResponseFields;
use crate::transport::shared::Shared;

/// Returns the span of a call, from its start to its response or error.
pub(super) fn call(shared: &Shared, operation: &OperationInfo) -> Span {
    info_span!(
        target: "katapult_core",
        "call",
        katapult.operation = operation.id,
        otel.name = operation.id,
        http.request.method = operation.method.as_str(),
        url.template = format_args!("{}{}", operation.api.prefix(), operation.path),
        server.address = &*shared.server.address,
        katapult.attempts = Empty,
        http.response.status_code = Empty,
        katapult.request_id = Empty,
        katapult.error_code = Empty,
        katapult.rate_limit.remaining = Empty,
        "error.type" = Empty,
        otel.status_code = Empty,
    )
}

/// Returns the span of an attempt, from sending the request to the end of the response.
pub(super) fn attempt(shared: &Shared, operation: &OperationInfo, attempt: u32) -> Span {
    let (method, prefix, path) = (&operation.method, operation.api.prefix(), &operation.path);
    info_span!(
        target: "katapult_core",
        "attempt",
        otel.name = format_args!("{method} {prefix}{path}"),
        otel.kind = "client",
        http.request.method = method.as_str(),
        // Absent for the first attempt, as OpenTelemetry requires.
        http.request.resend_count = (attempt > 1).then(|| attempt - 1),
        url.template = format_args!("{prefix}{path}"),
        server.address = &*shared.server.address,
        server.port = shared.server.port,
        http.response.status_code = Empty,
        katapult.request_id = Empty,
        katapult.error_code = Empty,
        katapult.rate_limit.remaining = Empty,
        "error.type" = Empty,
        otel.status_code = Empty,
    )
}

/// Records the response of a call or an attempt, and the type of its failure.
pub(super) fn record_end(
    span: &Span,
    response: Option<(&RawResponse, Option<&ApiError>)>,
    error_type: Option<&str>,
) {
    if span.is_disabled() {
        return; // spares a program without a subscriber the parsing of headers
    }
    if let Some((response, api)) = response {
        let fields = ResponseFields::new(response, api);
        span.record("http.response.status_code", fields.status);
        span.record("katapult.request_id", fields.request_id);
        span.record("katapult.error_code", fields.error_code);
        span.record("katapult.rate_limit.remaining", fields.quota_remaining);
    }
    if let Some(error_type) = error_type {
        record_failure(span, error_type);
    }
}

/// Records the number of requests that a call sent.
pub(super) fn record_attempts(span: &Span, attempts: u32) {
    span.record("katapult.attempts", attempts);
}

/// Records that a call or an attempt failed.
pub(super) fn record_failure(span: &Span, error_type: &str) {
    span.record("error.type", error_type);
    span.record("otel.status_code", "ERROR");
}
