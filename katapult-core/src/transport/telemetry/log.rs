//! The log events of a call, under the target `katapult_core`.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::poll_immediate;
use http::Request;
use tokio::time::timeout;
use tracing::{Level, debug, info, trace, warn};

use super::response_fields::{LastResponse, ResponseFields};
use crate::error::DelayReason;
use crate::retry::classify::{AttemptEnd, AttemptOutcome};
use crate::transport::redact::Redacted;

/// The delay from which an operator wants to know why a call takes long.
const INFO_DELAY: Duration = Duration::from_secs(1);
/// The delay from which a call looks as if it hung.
const WARN_DELAY: Duration = Duration::from_secs(10);

/// Logs a request before it is sent; at TRACE only, because of its body.
pub(super) fn sending(request: &Request<Bytes>) {
    if tracing::enabled!(target: "katapult_core", Level::TRACE) {
        trace!(target: "katapult_core", method = %request.method(), path = request.uri().path(), body = %Redacted(request.body()), "sending request");
    }
}

/// Logs the result of an attempt.
pub(super) fn attempt_finished(
    attempt: u32,
    end: &AttemptEnd,
    last: Option<&LastResponse>,
    outcome: AttemptOutcome,
) {
    let cause = match end {
        AttemptEnd::ConnectionError(error) => Some(tracing::field::display(error)),
        _ => None,
    };
    if tracing::enabled!(target: "katapult_core", Level::DEBUG) {
        let fields = last.map(ResponseFields::of).unwrap_or_default();
        debug!(
            target: "katapult_core",
            attempt,
            ?outcome,
            http.response.status_code = fields.status,
            katapult.error_code = fields.error_code,
            katapult.request_id = fields.request_id,
            katapult.rate_limit.remaining = fields.quota_remaining,
            cause,
            "attempt finished",
        );
    }
    let body = last
        .map(|(response, _)| &response.body[..])
        .unwrap_or_default();
    trace!(target: "katapult_core", body = %Redacted(body), "response body");
}

/// Logs the delay before the next attempt: at INFO if it exceeds a second, at WARN from ten.
pub(super) fn delay(attempt: u32, delay: Duration, reason: DelayReason, outcome: AttemptOutcome) {
    let reason = reason.phrase();
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
pub(crate) async fn long_wait<F: Future>(what: &'static str, future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    // Nearly all are complete at once, and need no timer.
    if let Some(output) = poll_immediate(future.as_mut()).await {
        return output;
    }
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
