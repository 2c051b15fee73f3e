//! The telemetry of a call: its spans, its log events and the calls of observers.

mod log;
mod response_fields;
mod spans;

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use katapult_gen::{OperationInfo, OperationRef, RawResponse};
use tokio::time::Instant;
use tracing::Span;

use super::shared::Shared;
use crate::error::{DelayReason, Error, ErrorKind};
use crate::observer::{
    AttemptFinished, CallFinished, CallOutcome, CallStarted, Observers, RateLimitWaited,
    RetryScheduled,
};
use crate::retry::classify::{AttemptEnd, AttemptOutcome};
use response_fields::ResponseFields;

pub(super) use log::long_wait;
pub(super) use response_fields::LastResponse;

/// The telemetry of one call, from its start to its end. Dropping it earlier reports the call as cancelled.
pub(super) struct CallTelemetry<'a> {
    shared: &'a Shared,
    operation: OperationRef,
    span: Span,
    started_at: Instant,
    /// The number of the current attempt; 0 before the first.
    attempt: u32,
    attempt_span: Span,
    attempt_started_at: Instant,
    finished: bool,
}

impl<'a> CallTelemetry<'a> {
    pub(super) fn start(shared: &'a Shared, operation: OperationRef) -> Self {
        let now = Instant::now();
        let telemetry = Self {
            shared,
            span: spans::call(shared, &operation),
            operation,
            started_at: now,
            attempt: 0,
            attempt_span: Span::none(),
            attempt_started_at: now,
            finished: false,
        };
        if let Some(observers) = telemetry.observers() {
            let operation = &*telemetry.operation;
            let event = CallStarted { operation };
            observers.notify(&|observer| observer.call_started(&event));
        }
        telemetry
    }

    /// Returns the span of the call.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Returns the start of the call.
    pub(super) fn started_at(&self) -> Instant {
        self.started_at
    }

    /// Returns the observers, if there are any: building an event costs a little.
    fn observers(&self) -> Option<&'a Observers> {
        observers(self.shared)
    }

    /// Records the start of an attempt, and returns its span.
    pub(super) fn attempt_started(
        &mut self,
        attempt: u32,
        now: Instant,
        request: &Request<Bytes>,
    ) -> Span {
        self.attempt = attempt;
        self.attempt_started_at = now;
        // Within the span of the call, which is entered while the call is polled.
        self.attempt_span = spans::attempt(self.shared, &self.operation, attempt);
        self.attempt_span.in_scope(|| log::sending(request));
        self.attempt_span.clone()
    }

    /// Records the end of an attempt; `kind` is that of the error with which it would end the call.
    pub(super) fn attempt_finished(
        &mut self,
        end: &AttemptEnd,
        last: Option<&LastResponse>,
        outcome: AttemptOutcome,
        kind: ErrorKind,
    ) {
        let error_kind = (outcome != AttemptOutcome::Success).then_some(kind);
        // Ends here, so that the delay before the next attempt is no part of it.
        let span = std::mem::replace(&mut self.attempt_span, Span::none());
        span.in_scope(|| log::attempt_finished(self.attempt, end, last, outcome));
        let response = last.map(|(response, api)| (response, api.as_ref()));
        spans::record_end(&span, response, error_kind.map(ErrorKind::as_str));
        let Some(observers) = self.observers() else {
            return;
        };
        let fields = last.map(ResponseFields::of).unwrap_or_default();
        let event = AttemptFinished {
            operation: &self.operation,
            attempt: self.attempt,
            outcome,
            duration: self.attempt_started_at.elapsed(),
            status: last.map(|(response, _)| response.status),
            error_kind,
            error_code: fields.error_code,
            request_id: fields.request_id,
            quota_remaining: fields.quota_remaining,
        };
        observers.notify(&|observer| observer.attempt_finished(&event));
    }

    /// Records the decision to send the request again.
    pub(super) fn retry_scheduled(
        &self,
        delay: Duration,
        reason: DelayReason,
        outcome: AttemptOutcome,
        error_kind: ErrorKind,
    ) {
        log::delay(self.attempt, delay, reason, outcome);
        let Some(observers) = self.observers() else {
            return;
        };
        let event = RetryScheduled {
            operation: &self.operation,
            attempt: self.attempt,
            outcome,
            error_kind,
            delay,
            reason,
        };
        observers.notify(&|observer| observer.retry_scheduled(&event));
    }

    /// Records the end of a wait for the rate limiter.
    pub(super) fn rate_limit_waited(&self, waited: Duration, permitted: bool) {
        let Some(observers) = self.observers() else {
            return;
        };
        let event = RateLimitWaited {
            operation: &self.operation,
            attempt: self.attempt + 1,
            waited,
            permitted,
        };
        observers.notify(&|observer| observer.rate_limit_waited(&event));
    }

    /// Records the end of the call, up to the decoding of a success.
    pub(super) fn finish(
        mut self,
        result: Result<RawResponse, Error>,
    ) -> Result<RawResponse, Error> {
        self.finished = true;
        match result {
            Ok(mut response) => {
                response.elapsed = self.started_at.elapsed();
                spans::record_attempts(&self.span, response.attempts);
                spans::record_end(&self.span, Some((&response, None)), None);
                Ok(response)
            }
            Err(error) => {
                spans::record_attempts(&self.span, error.attempts());
                spans::record_end(
                    &self.span,
                    error.last_response(),
                    Some(error.kind().as_str()),
                );
                let duration = self.started_at.elapsed();
                call_finished(self.shared, &self.operation, Err(&error), duration);
                Err(error)
            }
        }
    }
}

/// Returns the observers of a client, if there are any.
fn observers(shared: &Shared) -> Option<&Observers> {
    Some(&shared.config.observers).filter(|observers| !observers.is_empty())
}

/// Passes the end of a call to the observers.
pub(super) fn call_finished(
    shared: &Shared,
    operation: &OperationInfo,
    result: Result<&RawResponse, &Error>,
    duration: Duration,
) {
    let Some(observers) = observers(shared) else {
        return;
    };
    let error = result.err();
    let event = CallFinished {
        operation,
        outcome: match error {
            None => CallOutcome::Success,
            Some(_) => CallOutcome::Failure,
        },
        attempts: result.map_or_else(Error::attempts, |response| response.attempts),
        duration,
        status: result.map_or_else(Error::status, |response| Some(response.status)),
        error_kind: error.map(Error::kind),
        error,
    };
    observers.notify(&|observer| observer.call_finished(&event));
}

impl Drop for CallTelemetry<'_> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        spans::record_attempts(&self.span, self.attempt);
        spans::record_failure(&self.span, "cancelled");
        let Some(observers) = self.observers() else {
            return;
        };
        let event = CallFinished {
            operation: &self.operation,
            outcome: CallOutcome::Cancelled,
            attempts: self.attempt,
            duration: self.started_at.elapsed(),
            status: None,
            error_kind: None,
            error: None,
        };
        observers.notify(&|observer| observer.call_finished(&event));
    }
}
