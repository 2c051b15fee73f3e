//! The request loop: acquire a permit, send one attempt, record the quota, classify, and return or retry.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use katapult_gen::{Api, ApiError, OperationRef, RawResponse, SentRequest};
use tokio::time::Instant;
use tracing::{Instrument, Span, debug};

use super::attempt::{self, timeout_at_opt};
use super::attempt_report::AttemptReport;
use super::credentials::{BearerToken, CurrentToken};
use super::failure_cause::failure_cause;
use super::http_client::HttpFuture;
use super::named_object;
use super::options::{CallLimits, CallOptions};
use super::reconcile::{self, ReconcileOutcome, SuccessCheck};
use super::shared::{Shared, TransportConfig};
use super::telemetry::{self, CallTelemetry, LastResponse};
use crate::error::{DelayReason, Error, ErrorContext, ErrorKind, FailureCause, GiveUpReason};
use crate::rate_limit::limiter::Permit;
use crate::rate_limit::server_clock;
use crate::retry::classify::{self, Attempt, AttemptOutcome};
use crate::retry::decide::{self, RequestTraits, RetryDecision, RetryState};
use crate::util::rng;

/// The execution of one call.
pub(super) struct RequestLoop<'a, 's> {
    telemetry: &'a mut CallTelemetry<'s>,
    shared: &'a Shared,
    operation: &'a OperationRef,
    limits: CallLimits,
    options: &'a CallOptions,
    deadline: Option<Instant>,
    /// Requests that were sent.
    sent: u32,
    /// Requests that were sent with a token that was not rejected.
    attempts: u32,
    rejected_token: Option<BearerToken>,
    may_have_happened: bool,
    /// The delay that the last response requires.
    retry_after: Option<Duration>,
    /// The last response, with the part of its body that was received.
    last: Option<LastResponse>,
}

impl<'a, 's> RequestLoop<'a, 's> {
    pub(super) fn new(
        shared: &'a Shared,
        operation: &'a OperationRef,
        options: &'a CallOptions,
        telemetry: &'a mut CallTelemetry<'s>,
    ) -> Self {
        let limits = shared.config.limits.overridden_by(options);
        Self {
            // `None` when it overflows: `Duration::MAX` means no deadline.
            deadline: telemetry.started_at().checked_add(limits.deadline),
            telemetry,
            shared,
            operation,
            limits,
            options,
            sent: 0,
            attempts: 0,
            rejected_token: None,
            may_have_happened: false,
            retry_after: None,
            last: None,
        }
    }

    /// Returns the check of a success that does not show what was written, if the call has one.
    pub(super) fn success_check(&self) -> Option<SuccessCheck> {
        SuccessCheck::of(self.operation, self.options, self.deadline)
    }

    /// Sends the request until the call has ended. May be called once.
    pub(super) async fn execute(
        &mut self,
        request: &Request<Bytes>,
        sent_request: &SentRequest,
    ) -> Result<RawResponse, Error> {
        use ReconcileOutcome::{Absent, Exists, Unknown};
        loop {
            let bearer = self.bearer_token().await?;
            let permit = self.acquire_permit().await?;
            let now = permit
                .as_ref()
                .map_or_else(Instant::now, Permit::acquired_at);
            let attempt = self.send_attempt(request, bearer.as_ref(), now).await?;
            let report = self.record_response(attempt, permit, sent_request);
            let (reason, reconcile_first, may_retry) = match self.next_step(&report) {
                RetryDecision::Return => return self.finish(),
                RetryDecision::RefreshToken => {
                    let (delay, reason) = (Duration::ZERO, DelayReason::TokenRefresh);
                    self.telemetry
                        .retry_scheduled(delay, reason, report.outcome, report.kind);
                    self.rejected_token = bearer;
                    continue;
                }
                RetryDecision::Retry {
                    delay,
                    reason,
                    reconcile_first,
                } => {
                    self.delay(delay, reason, &report).await;
                    // The reason for giving up after all, if the check fails.
                    (GiveUpReason::NotIdempotent, reconcile_first, true)
                }
                RetryDecision::GiveUp {
                    reason,
                    reconcile_first,
                } => (reason, reconcile_first, false),
            };
            match self.reconcile(reconcile_first, &report).await {
                Exists(response) => return self.reconciled(*response),
                Absent if may_retry => {}
                Absent => return Err(self.fail(report, reason, None)),
                Unknown(error) => return Err(self.fail(report, reason, error)),
            }
        }
    }

    fn config(&self) -> &'a TransportConfig {
        &self.shared.config
    }

    /// Returns the token to send; `None` for the public API, which takes none.
    async fn bearer_token(&mut self) -> Result<Option<BearerToken>, Error> {
        if self.operation.api == Api::Public {
            return Ok(None);
        }
        let token = match self.config().token.current(self.rejected_token.as_ref()) {
            CurrentToken::Known(token) => Some(token),
            CurrentToken::Requested(token) => {
                let token = timeout_at_opt(self.deadline, token);
                telemetry::long_wait("for the token", token).await
            }
        };
        match token {
            Some(Ok(bearer)) => Ok(Some(bearer)),
            Some(Err(error)) => Err(self.abort(ErrorKind::Auth, FailureCause::Credentials(error))),
            None => Err(self.abort(
                ErrorKind::Timeout,
                FailureCause::DeadlineWhile("for the token"),
            )),
        }
    }

    /// Waits for the rate limiter; `None` for the public API, which has no quota.
    async fn acquire_permit(&mut self) -> Result<Option<Permit>, Error> {
        if self.operation.api == Api::Public {
            return Ok(None);
        }
        let jitter = self.limits.retry.has_jitter();
        let started_at = Instant::now();
        let limiter = &self.config().limiter;
        let permit = limiter.acquire(started_at, self.deadline, jitter);
        let permit = telemetry::long_wait("for the rate limit", permit).await;
        if permit.as_ref().map_or(true, Permit::was_queued) {
            let waited = started_at.elapsed();
            self.telemetry.rate_limit_waited(waited, permit.is_ok());
        }
        // The same kind as a 429, since the same remedies help.
        let permit =
            permit.map_err(|timeout| self.abort(ErrorKind::RateLimited, timeout.into()))?;
        Ok(Some(permit))
    }

    /// Sends the request once and reads the response, within the time of an attempt.
    async fn send_attempt(
        &mut self,
        request: &Request<Bytes>,
        bearer: Option<&BearerToken>,
        now: Instant,
    ) -> Result<Attempt, Error> {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            let cause = FailureCause::DeadlineWhile("to send the request");
            return Err(self.abort(ErrorKind::Timeout, cause));
        }
        let timeout = now.checked_add(self.limits.attempt_timeout);
        let end = match (timeout, self.deadline) {
            (Some(timeout), Some(deadline)) => Some(timeout.min(deadline)),
            (timeout, deadline) => timeout.or(deadline),
        };
        let (response, span) = self.start_attempt(request, bearer, now);
        let exchange = attempt::send_once(response, end, self.config().max_response_bytes);
        let mut attempt = exchange.instrument(span).await;
        if let Some(bearer) = bearer {
            // Before anything is logged or becomes part of an error.
            bearer.remove_from(&mut attempt);
        }
        Ok(attempt)
    }

    /// Begins to send the request, with the headers of each attempt.
    fn start_attempt(
        &mut self,
        request: &Request<Bytes>,
        bearer: Option<&BearerToken>,
        now: Instant,
    ) -> (HttpFuture<'a>, Span) {
        let user_agent = self.config().user_agent.clone();
        let token = bearer.map(|bearer| bearer.header.clone());
        let request = attempt::request(request, Some(user_agent), token);
        self.sent += 1;
        self.attempts += 1;
        let span = self.telemetry.attempt_started(self.sent, now, &request);
        let response = span.in_scope(|| self.config().http_client.send(request));
        (response, span)
    }

    /// Records the quota and the response, and classifies the attempt.
    fn record_response(
        &mut self,
        attempt: Attempt,
        permit: Option<Permit>,
        request: &SentRequest,
    ) -> AttemptReport {
        let ended_at = Instant::now();
        let api = match &attempt.head {
            Some((status, _)) if !status.is_success() => ApiError::from_body(&attempt.body),
            _ => None,
        };
        let outcome = classify::outcome(&attempt, api.as_ref());
        let (retry_after, quota_reset_in) = self.record_quota(&attempt, ended_at, outcome, permit);
        let by_name = matches!(outcome, AttemptOutcome::Ambiguous(_))
            && named_object::is_by_name(self.operation, request);
        let kind = classify::error_kind(self.operation, by_name, &attempt, api.as_ref(), outcome);
        self.retry_after = retry_after;
        self.may_have_happened |= classify::may_have_happened(self.operation, &attempt, outcome);
        self.last = attempt.head.map(|(status, headers)| {
            let mut response = RawResponse::new(status, headers, attempt.body);
            response.attempts = self.sent;
            response.request = Some(request.clone());
            (response, api)
        });
        let last = self.last.as_ref();
        self.telemetry
            .attempt_finished(&attempt.end, last, outcome, kind);
        let cause = failure_cause(
            attempt.end,
            outcome,
            &self.limits,
            self.deadline,
            self.config().max_response_bytes,
        );
        AttemptReport {
            outcome,
            kind,
            cause,
            retry_after,
            quota_reset_in,
            by_name,
            ended_at,
        }
    }

    /// Returns the permit, and the delays that the response states: `Retry-After`, and the reset of the quota.
    fn record_quota(
        &self,
        attempt: &Attempt,
        ended_at: Instant,
        outcome: AttemptOutcome,
        permit: Option<Permit>,
    ) -> (Option<Duration>, Option<Duration>) {
        let Some((status, headers)) = &attempt.head else {
            let unused = matches!(outcome, AttemptOutcome::NotSent | AttemptOutcome::Permanent);
            if let Some(permit) = permit.filter(|_| unused) {
                permit.release_unused();
            }
            return (None, None);
        };
        let limiter = &self.config().limiter;
        let retry_after = if status.is_success() {
            None
        } else {
            let now = server_clock::date(headers).unwrap_or_else(|| limiter.server_time());
            server_clock::retry_after(headers, now)
        };
        let quota_reset_in = match permit {
            Some(permit) => {
                permit.complete(attempt.received_at, ended_at, *status, headers, retry_after)
            }
            // The public API states no quota, but its windows start on the minute too.
            None => Some(server_clock::until_next_window(limiter.server_time())),
        };
        (retry_after, quota_reset_in)
    }

    fn next_step(&mut self, report: &AttemptReport) -> RetryDecision {
        let config = &self.shared.config;
        let request = RequestTraits {
            idempotent: self.operation.idempotent,
            by_name: report.by_name,
            can_reconcile: self.options.reconcile.is_some(),
            can_refresh_token: config.token.can_refresh() && self.rejected_token.is_none(),
        };
        let state = RetryState {
            attempts: self.attempts,
            time_remaining: report.time_until(self.deadline),
            retry_after: report.retry_after,
            quota_reset_in: report.quota_reset_in,
            budget_delay: config.budget.delay(),
            random: rng::unit_interval(&*config.rng),
        };
        let decision = decide::decide(&self.limits.retry, request, report.outcome, &state);
        match decision {
            RetryDecision::Return => config.budget.deposit(),
            RetryDecision::RefreshToken => self.attempts -= 1,
            RetryDecision::Retry { reason, .. }
                if decide::consumes_budget(report.outcome, reason) =>
            {
                config.budget.withdraw();
            }
            RetryDecision::Retry { .. } | RetryDecision::GiveUp { .. } => {}
        }
        decision
    }

    async fn delay(&self, delay: Duration, reason: DelayReason, report: &AttemptReport) {
        self.telemetry
            .retry_scheduled(delay, reason, report.outcome, report.kind);
        tokio::time::sleep(delay).await;
    }

    /// Runs the caller's reconcile check, if it is needed; without one, the write counts as absent.
    async fn reconcile(&self, needed: bool, report: &AttemptReport) -> ReconcileOutcome {
        let Some(check) = self.options.reconcile.as_ref().filter(|_| needed) else {
            return ReconcileOutcome::Absent;
        };
        debug!(target: "katapult_core", attempt = self.sent, "reconciling");
        if self.operation.idempotent && !report.by_name {
            return reconcile::check_once(check, self.deadline).await;
        }
        let window = reconcile::window(self.operation, self.options);
        // `None` for a window without end: then only the deadline ends the checks.
        let settled_at = report.ended_at.checked_add(window);
        let checks = reconcile::check_repeatedly(check, settled_at, self.deadline);
        telemetry::long_wait("for the reconcile check", checks).await
    }

    fn finish(&mut self) -> Result<RawResponse, Error> {
        match self.last.take() {
            Some((response, _)) => Ok(response),
            // Unreachable: a success has a head. An error is better than a panic in a user's program.
            None => Err(self.abort(
                ErrorKind::Connect,
                FailureCause::DeadlineWhile("for the response"),
            )),
        }
    }

    fn reconciled(&self, mut response: RawResponse) -> Result<RawResponse, Error> {
        debug!(target: "katapult_core", attempt = self.sent, "reconciled");
        response.attempts = self.sent;
        Ok(response)
    }

    /// Returns the error with which the last attempt ends the call.
    fn fail(
        &mut self,
        report: AttemptReport,
        reason: GiveUpReason,
        reconcile_error: Option<Error>,
    ) -> Error {
        debug!(target: "katapult_core", attempt = self.sent, ?reason, "giving up");
        let mut context = self.error_context(report.final_kind(reason));
        context.cause = report.cause;
        context.gave_up = Some(reason);
        context.reconcile_error = reconcile_error.map(Into::into);
        context.into()
    }

    /// Returns the error of a call that ends without another attempt.
    fn abort(&mut self, kind: ErrorKind, cause: FailureCause) -> Error {
        let mut context = self.error_context(kind);
        context.cause = Some(cause);
        context.into()
    }

    /// Returns what all errors of this call have in common.
    fn error_context(&mut self, kind: ErrorKind) -> ErrorContext {
        let mut context = ErrorContext::new(kind, self.operation.clone());
        context.attempts = self.sent;
        context.deadline = self.deadline.map(|_| self.limits.deadline);
        context.may_have_happened = self.may_have_happened;
        context.retry_after = self.retry_after;
        if let Some((response, api)) = self.last.take() {
            context.response = Some(response);
            context.api = api;
        }
        context
    }
}
