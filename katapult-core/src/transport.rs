//! One request's life: wait for the pace, try, read the quota, classify, and be done or wait and try again.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use katapult_gen::{Api, ApiError, OperationInfo, RawResponse};
use tokio::time::Instant;
use tracing::{Span, debug};

use crate::attempt::{self, Attempt, End, before};
use crate::call_ext::{CallOptions, Reconciled};
use crate::classify::{self, Loss, Outcome};
use crate::client::Client;
use crate::error::{self, Error, ErrorKind, Trouble};
use crate::pace::{Held, Place};
use crate::random;
use crate::retry::{self, Decision, DelayReason, Facts, Moment, Stop};
use crate::seam::{HttpTransport, Limits, Parts};
use crate::server_time;
use crate::token::Bearer;
use crate::trace;

/// A call on its way.
pub(crate) struct Life {
    http: HttpTransport,
    operation: &'static OperationInfo,
    limits: Limits,
    options: CallOptions,
    deadline: Option<Instant>,
    /// How often it was sent.
    sent: u32,
    /// How often it was sent with a token that was not rejected.
    tries: u32,
    /// The token that was rejected.
    rejected: Option<Bearer>,
    may_have_happened: bool,
    /// The last response, as much of it as came.
    last: Option<trace::Last>,
    span: Span,
}

/// What looking for a write came to.
enum Look {
    Reconciled(RawResponse),
    Missing,
    /// It could not be told, for this reason or for want of time.
    Failed(Option<Error>),
}

/// What came of an attempt, as far as the next step goes.
struct Seen {
    outcome: Outcome,
    kind: ErrorKind,
    trouble: Option<Trouble>,
    named: Option<Duration>,
    window: Option<Duration>,
}

impl Life {
    pub(crate) fn new(
        http: HttpTransport,
        operation: &'static OperationInfo,
        options: CallOptions,
        span: Span,
    ) -> Self {
        let client = &http.parts().limits;
        let limits = Limits {
            retry: options
                .retry
                .clone()
                .unwrap_or_else(|| client.retry.clone()),
            deadline: options.deadline.unwrap_or(client.deadline),
            attempt_timeout: options.attempt_timeout.unwrap_or(client.attempt_timeout),
        };
        Self {
            deadline: Instant::now().checked_add(limits.deadline),
            http,
            operation,
            limits,
            options,
            sent: 0,
            tries: 0,
            rejected: None,
            may_have_happened: false,
            last: None,
            span,
        }
    }

    pub(crate) async fn run(mut self, mut request: reqwest::Request) -> Result<RawResponse, Error> {
        self.prepare(request.headers_mut());
        loop {
            let bearer = self.token().await?;
            let place = self.place().await?;
            let attempt = self.attempt(&request, bearer.as_ref()).await?;
            let seen = self.learn(attempt, place);
            match self.decide(&seen) {
                Decision::Done => return self.done(),
                Decision::Renew => self.rejected = bearer,
                Decision::Again { wait, why, ask } => {
                    self.wait(wait, why, &seen).await;
                    match self.look(ask).await {
                        Look::Reconciled(response) => return self.found(response),
                        Look::Failed(look) => return Err(self.failed(seen, Stop::Unsafe, look)),
                        Look::Missing => {}
                    }
                }
                Decision::Stop { why, ask } => match self.look(ask).await {
                    Look::Reconciled(response) => return self.found(response),
                    Look::Failed(look) => return Err(self.failed(seen, why, look)),
                    Look::Missing => return Err(self.failed(seen, why, None)),
                },
            }
        }
    }

    fn parts(&self) -> &Parts {
        self.http.parts()
    }

    fn prepare(&self, headers: &mut HeaderMap) {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.parts().user_agent.clone());
    }

    /// The token to send; the public API takes none.
    async fn token(&mut self) -> Result<Option<Bearer>, Error> {
        if self.operation.api == Api::Public {
            return Ok(None);
        }
        let token = self.parts().token.get(self.rejected.as_ref());
        match before(self.deadline, token).await {
            Some(Ok(bearer)) => Ok(Some(bearer)),
            Some(Err(error)) => Err(self.cut_short(ErrorKind::Auth, Trouble::Token(error))),
            None => Err(self.cut_short(ErrorKind::Timeout, Trouble::Waited("for the token"))),
        }
    }

    /// A place in the quota; the public API has none.
    async fn place(&mut self) -> Result<Option<Place>, Error> {
        if self.operation.api == Api::Public {
            return Ok(None);
        }
        let jitter = self.limits.retry.jitters();
        let place = self.parts().pacer.place(self.deadline, jitter).await;
        place
            .map(Some)
            .map_err(|Held { wait }| self.cut_short(ErrorKind::Timeout, Trouble::Held(wait)))
    }

    /// Sends the request once and reads the response, within the attempt's own time.
    async fn attempt(
        &mut self,
        request: &reqwest::Request,
        bearer: Option<&Bearer>,
    ) -> Result<Attempt, Error> {
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(self.cut_short(ErrorKind::Timeout, Trouble::Waited("to be sent")));
        }
        let Some(mut request) = request.try_clone() else {
            // Only a body that is a stream can't be cloned, and no operation has one.
            let cause = "its body can't be sent twice";
            return Err(self.cut_short(ErrorKind::Build, Trouble::Unbuildable(cause.into())));
        };
        if let Some(bearer) = bearer {
            request
                .headers_mut()
                .insert(AUTHORIZATION, bearer.header.clone());
        }
        self.sent += 1;
        self.tries += 1;
        trace::sending(&request);
        let own = now.checked_add(self.limits.attempt_timeout);
        let end = match (own, self.deadline) {
            (Some(own), Some(deadline)) => Some(own.min(deadline)),
            (own, deadline) => own.or(deadline),
        };
        let parts = self.parts();
        Ok(attempt::send_once(&*parts.sender, request, end, parts.max_response_bytes).await)
    }

    /// Reads the quota off the response, and tells what the attempt came to.
    fn learn(&mut self, attempt: Attempt, place: Option<Place>) -> Seen {
        let api = match &attempt.head {
            Some((status, _)) if !status.is_success() => ApiError::from_body(&attempt.body),
            _ => None,
        };
        let outcome = classify::outcome(&attempt, api.as_ref());
        let cap = self.limits.retry.longest_wait();
        let mut named = None;
        let mut window = None;
        match (&attempt.head, place) {
            (Some((status, headers)), place) => {
                if !status.is_success() {
                    let now = server_time::date(headers)
                        .unwrap_or_else(|| self.parts().pacer.server_time());
                    named = server_time::retry_after(headers, now).map(|wait| wait.min(cap));
                }
                window = match place {
                    Some(place) => place.settle(attempt.at, *status, headers, named),
                    None => Some(server_time::until_next_window(
                        self.parts().pacer.server_time(),
                    )),
                };
            }
            (None, Some(place)) if outcome == Outcome::NotSent => place.not_sent(),
            (None, _) => {}
        }
        let kind = classify::kind(self.operation, &attempt, api.as_ref(), outcome);
        self.may_have_happened |= classify::may_have_happened(self.operation, &attempt, outcome);
        self.last = attempt.head.map(|(status, headers)| {
            let response = RawResponse {
                status,
                headers,
                body: attempt.body,
                attempts: self.sent,
            };
            (response, api)
        });
        trace::tried(self.sent, &attempt.end, self.last.as_ref(), outcome);
        let trouble = self.trouble(attempt.end, outcome);
        Seen {
            outcome,
            kind,
            trouble,
            named,
            window,
        }
    }

    /// What there is to say beyond the status.
    fn trouble(&self, end: End, outcome: Outcome) -> Option<Trouble> {
        match (end, outcome) {
            // A failure that was answered: its status says it all, however its body ended.
            (_, Outcome::Done | Outcome::Lost(Loss::Gateway)) => None,
            (End::Broken(error), Outcome::Lost(Loss::CutOff)) => Some(Trouble::CutOff(error)),
            (End::Broken(error), Outcome::NotSent | Outcome::Lost(_)) => Some(Trouble::Send(error)),
            (End::TimedOut, Outcome::Lost(_)) if self.is_over() => {
                Some(Trouble::Waited("for the response"))
            }
            (End::TimedOut, Outcome::Lost(_)) => {
                Some(Trouble::NoResponse(self.limits.attempt_timeout))
            }
            (End::TooLarge, Outcome::Failed) => {
                Some(Trouble::TooLarge(self.parts().max_response_bytes))
            }
            _ => None,
        }
    }

    fn is_over(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline <= Instant::now())
    }

    fn decide(&mut self, seen: &Seen) -> Decision {
        let parts = self.http.parts();
        let facts = Facts {
            idempotent: self.operation.idempotent,
            can_ask: self.options.look.is_some(),
            can_renew: parts.token.can_renew() && self.rejected.is_none(),
        };
        let moment = Moment {
            attempts: self.tries,
            left: self
                .deadline
                .map(|end| end.saturating_duration_since(Instant::now())),
            named: seen.named,
            window: seen.window,
            budget: parts.budget.allows(),
            random: random::unit(&*parts.random),
        };
        let decision = retry::decide(&self.limits.retry, facts, seen.outcome, &moment);
        match decision {
            Decision::Done => parts.budget.earn(),
            Decision::Renew => self.tries -= 1,
            Decision::Again { why, .. } if retry::costs(seen.outcome, why) => parts.budget.spend(),
            Decision::Again { .. } | Decision::Stop { .. } => {}
        }
        decision
    }

    async fn wait(&self, wait: Duration, why: DelayReason, seen: &Seen) {
        debug!(target: "katapult_core", ?wait, attempt = self.sent, outcome = ?seen.outcome, "waiting {}, to try again", why.as_str());
        tokio::time::sleep(wait).await;
    }

    /// Asks the caller's way to look whether the write was done, if that is to be.
    async fn look(&self, ask: bool) -> Look {
        let Some(look) = self.options.look.as_ref().filter(|_| ask) else {
            return Look::Missing;
        };
        debug!(target: "katapult_core", attempt = self.sent, "looking whether it was done");
        let look = look(Client::over(self.http.clone()));
        match before(self.deadline, look).await {
            Some(Ok(Some(Reconciled(response)))) => Look::Reconciled(response),
            Some(Ok(None)) => Look::Missing,
            // What may be done twice needs no look to be tried again.
            _ if self.operation.idempotent => Look::Missing,
            Some(Err(error)) => Look::Failed(Some(error)),
            None => Look::Failed(None),
        }
    }

    fn done(mut self) -> Result<RawResponse, Error> {
        trace::ended(&self.span, self.sent, self.last.as_ref());
        match self.last.take() {
            Some((response, _)) => Ok(response),
            // A success always has a head.
            None => Err(self.cut_short(ErrorKind::Connect, Trouble::Waited("for the response"))),
        }
    }

    fn found(&self, mut response: RawResponse) -> Result<RawResponse, Error> {
        debug!(target: "katapult_core", attempt = self.sent, "it was done");
        trace::ended(&self.span, self.sent, self.last.as_ref());
        response.attempts = self.sent;
        Ok(response)
    }

    /// The error that the last attempt ends the call with.
    fn failed(mut self, seen: Seen, why: Stop, look: Option<Error>) -> Error {
        let out_of_time = matches!(why, Stop::Deadline { .. })
            || matches!(seen.trouble, Some(Trouble::Waited(_)));
        let kind = match seen.kind {
            ErrorKind::Unconfirmed => ErrorKind::Unconfirmed,
            _ if out_of_time => ErrorKind::Timeout,
            kind => kind,
        };
        debug!(target: "katapult_core", attempt = self.sent, ?why, "giving up");
        let mut parts = self.error_parts(kind);
        parts.trouble = seen.trouble;
        parts.stop = Some(why);
        parts.look = look;
        parts.into()
    }

    /// The error of a call that ends without a further attempt.
    fn cut_short(&mut self, kind: ErrorKind, trouble: Trouble) -> Error {
        let mut parts = self.error_parts(kind);
        parts.trouble = Some(trouble);
        parts.into()
    }

    /// What any error of this call says.
    fn error_parts(&mut self, kind: ErrorKind) -> error::Parts {
        trace::ended(&self.span, self.sent, self.last.as_ref());
        let mut parts = error::Parts::new(kind, self.operation);
        parts.attempts = self.sent;
        parts.deadline = self.deadline.map(|_| self.limits.deadline);
        parts.may_have_happened = self.may_have_happened;
        if let Some((response, api)) = self.last.take() {
            parts.response = Some(response);
            parts.api = api;
        }
        parts
    }
}
