//! One request's life: wait for the pace, try, read the quota, classify, and be done or wait and try again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use katapult_gen::{Api, ApiError, OperationInfo, Quota, RawReply, Transport};
use tokio::time::{Instant, timeout_at};
use tracing::field::Empty;
use tracing::{Instrument, Level, Span, debug, trace};

use crate::budget::RetryBudget;
use crate::call_ext::{CallOptions, Found};
use crate::classify::{self, Attempt, End, Loss, Outcome};
use crate::client::Client;
use crate::error::{self, Error, ErrorKind, Trouble};
use crate::pace::{Held, Pacer, Place, QuotaState};
use crate::random::{self, Random};
use crate::redact::Redacted;
use crate::retry::{self, Decision, Facts, Moment, RetryPolicy, Stop, Wait};
use crate::sender::{SendError, Sender};
use crate::server_time;
use crate::token::{Bearer, TokenCell};

/// The transport of a [`Client`]: carries requests to the API by its settings.
#[derive(Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

/// What a transport is made of.
pub(crate) struct Parts {
    pub(crate) http: reqwest::Client,
    pub(crate) sender: Arc<dyn Sender>,
    pub(crate) root: String,
    pub(crate) token: TokenCell,
    pub(crate) user_agent: HeaderValue,
    pub(crate) limits: Limits,
    pub(crate) pacer: Arc<Pacer>,
    pub(crate) budget: RetryBudget,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) max_reply_bytes: usize,
}

/// What holds for a call.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) retry: RetryPolicy,
    pub(crate) deadline: Duration,
    pub(crate) attempt_timeout: Duration,
}

struct Inner {
    parts: Parts,
    core: String,
    public: String,
}

impl Http {
    pub(crate) fn new(parts: Parts) -> Self {
        let address = |api: Api| format!("{}{}", parts.root, api.prefix());
        Self {
            inner: Arc::new(Inner {
                core: address(Api::Core),
                public: address(Api::Public),
                parts,
            }),
        }
    }

    pub(crate) fn quota(&self) -> Option<QuotaState> {
        self.inner.parts.pacer.state()
    }
}

impl Transport for Http {
    type Error = Error;
    type Options = CallOptions;

    fn http(&self) -> &reqwest::Client {
        &self.inner.parts.http
    }

    fn base_url(&self, api: Api) -> &str {
        match api {
            Api::Public => &self.inner.public,
            _ => &self.inner.core,
        }
    }

    async fn execute(
        &self,
        operation: &'static OperationInfo,
        request: reqwest::Request,
        options: CallOptions,
    ) -> Result<RawReply, Error> {
        let span = tracing::info_span!(
            target: "katapult_core",
            "call",
            operation = operation.id,
            attempt = Empty,
            status = Empty,
            code = Empty,
            request_id = Empty,
            quota_remaining = Empty,
        );
        let life = Life::new(self.clone(), operation, options, span.clone());
        // Boxed, so that the futures of those who call stay small.
        Box::pin(life.run(request).instrument(span)).await
    }

    fn unbuildable(&self, operation: &'static OperationInfo, cause: reqwest::Error) -> Error {
        let mut parts = error::Parts::new(ErrorKind::Build, operation);
        parts.trouble = Some(Trouble::Unbuildable(Box::new(cause.without_url())));
        parts.into()
    }

    fn undecodable(
        &self,
        operation: &'static OperationInfo,
        reply: RawReply,
        cause: serde_json::Error,
    ) -> Error {
        debug!(target: "katapult_core", operation = operation.id, %cause, "the reply could not be read");
        let mut parts = error::Parts::new(ErrorKind::Decode, operation);
        parts.attempts = reply.attempts;
        parts.may_have_happened = operation.method != Method::GET;
        parts.reply = Some(reply);
        parts.trouble = Some(Trouble::Undecodable(cause));
        parts.into()
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.inner.parts;
        f.debug_struct("Http")
            .field("base_url", &parts.root)
            .field("token", &parts.token)
            .field("retry", &parts.limits.retry)
            .field("deadline", &parts.limits.deadline)
            .field("attempt_timeout", &parts.limits.attempt_timeout)
            .field("pace", &parts.pacer.pace())
            .field("max_reply_bytes", &parts.max_reply_bytes)
            .finish_non_exhaustive()
    }
}

/// A call on its way.
struct Life {
    http: Http,
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
    /// The last reply, as much of it as came.
    last: Option<(RawReply, Option<ApiError>)>,
    span: Span,
}

/// What looking for a write came to.
enum Look {
    Found(RawReply),
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
    window: Duration,
}

impl Life {
    fn new(
        http: Http,
        operation: &'static OperationInfo,
        options: CallOptions,
        span: Span,
    ) -> Self {
        let client = &http.inner.parts.limits;
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

    async fn run(mut self, mut request: reqwest::Request) -> Result<RawReply, Error> {
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
                        Look::Found(reply) => return Ok(reply),
                        Look::Failed(look) => return Err(self.failed(seen, Stop::Unsafe, look)),
                        Look::Missing => {}
                    }
                }
                Decision::Stop { why, ask } => match self.look(ask).await {
                    Look::Found(reply) => return Ok(reply),
                    Look::Failed(look) => return Err(self.failed(seen, why, look)),
                    Look::Missing => return Err(self.failed(seen, why, None)),
                },
            }
        }
    }

    fn parts(&self) -> &Parts {
        &self.http.inner.parts
    }

    fn prepare(&self, headers: &mut HeaderMap) {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.parts().user_agent.clone());
    }

    /// The token to send; the public API takes none.
    async fn token(&self) -> Result<Option<Bearer>, Error> {
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
    async fn place(&self) -> Result<Option<Place>, Error> {
        if self.operation.api == Api::Public {
            return Ok(None);
        }
        let asked = Instant::now();
        let place = self
            .parts()
            .pacer
            .place(self.deadline, self.limits.retry.jitters())
            .await;
        let waited = asked.elapsed();
        if !waited.is_zero() {
            debug!(target: "katapult_core", ?waited, "was held back, to keep to the quota");
        }
        place
            .map(Some)
            .map_err(|Held { wait }| self.cut_short(ErrorKind::Timeout, Trouble::Held(wait)))
    }

    /// Sends the request once and reads the reply, within the attempt's own time.
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
        if tracing::enabled!(target: "katapult_core", Level::TRACE) {
            let body = request
                .body()
                .and_then(|body| body.as_bytes())
                .unwrap_or_default();
            trace!(target: "katapult_core", method = %request.method(), path = request.url().path(), body = %Redacted(body), "sending");
        }
        let own = now.checked_add(self.limits.attempt_timeout);
        let end = match (own, self.deadline) {
            (Some(own), Some(deadline)) => Some(own.min(deadline)),
            (own, deadline) => own.or(deadline),
        };
        let parts = self.parts();
        Ok(send_once(&*parts.sender, request, end, parts.max_reply_bytes).await)
    }

    /// Reads the quota off the reply, and tells what the attempt came to.
    fn learn(&mut self, attempt: Attempt, place: Option<Place>) -> Seen {
        let api = match &attempt.head {
            Some((status, _)) if !status.is_success() => ApiError::from_body(&attempt.body),
            _ => None,
        };
        let outcome = classify::outcome(&attempt, api.as_ref());
        let cap = self.limits.retry.longest_wait();
        let mut named = None;
        let mut window = Duration::ZERO;
        match (&attempt.head, place) {
            (Some((status, headers)), place) => {
                if !status.is_success() {
                    let now = server_time::date(headers)
                        .unwrap_or_else(|| self.parts().pacer.server_time());
                    named = server_time::retry_after(headers, now).map(|wait| wait.min(cap));
                }
                window = match place {
                    Some(place) => place.settle(*status, headers, named),
                    None => server_time::until_next_window(self.parts().pacer.server_time()),
                };
            }
            (None, Some(place)) if outcome == Outcome::NotSent => place.not_sent(),
            (None, _) => {}
        }
        self.tell(&attempt, api.as_ref(), outcome);
        let kind = classify::kind(self.operation, &attempt, api.as_ref(), outcome);
        self.may_have_happened |= classify::may_have_happened(self.operation, &attempt, outcome);
        let trouble = self.trouble(attempt.end, outcome);
        self.last = attempt.head.map(|(status, headers)| {
            let reply = RawReply {
                status,
                headers,
                body: attempt.body,
                attempts: self.sent,
            };
            (reply, api)
        });
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
                Some(Trouble::Waited("for the reply"))
            }
            (End::TimedOut, Outcome::Lost(_)) => {
                Some(Trouble::NoReply(self.limits.attempt_timeout))
            }
            (End::TooLarge, Outcome::Failed) => {
                Some(Trouble::TooLarge(self.parts().max_reply_bytes))
            }
            _ => None,
        }
    }

    fn is_over(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline <= Instant::now())
    }

    fn decide(&mut self, seen: &Seen) -> Decision {
        let parts = &self.http.inner.parts;
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
            Decision::Again { .. } if seen.outcome != Outcome::RateLimited => parts.budget.spend(),
            Decision::Again { .. } | Decision::Stop { .. } => {}
        }
        decision
    }

    async fn wait(&self, wait: Duration, why: Wait, seen: &Seen) {
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
            Some(Ok(Some(Found(mut reply)))) => {
                debug!(target: "katapult_core", "it was done");
                reply.attempts = self.sent;
                Look::Found(reply)
            }
            Some(Ok(None)) => Look::Missing,
            // What may be done twice needs no look to be tried again.
            _ if self.operation.idempotent => Look::Missing,
            Some(Err(error)) => Look::Failed(Some(error)),
            None => Look::Failed(None),
        }
    }

    fn done(mut self) -> Result<RawReply, Error> {
        self.record();
        match self.last.take() {
            Some((reply, _)) => Ok(reply),
            // A success always has a head.
            None => Err(self.cut_short(ErrorKind::Connect, Trouble::Waited("for the reply"))),
        }
    }

    /// The error that the last attempt ends the call with.
    fn failed(mut self, seen: Seen, why: Stop, look: Option<Error>) -> Error {
        let deadline = matches!(why, Stop::Deadline { .. });
        let kind = match seen.kind {
            ErrorKind::Unconfirmed => ErrorKind::Unconfirmed,
            _ if deadline || matches!(seen.trouble, Some(Trouble::Waited(_))) => ErrorKind::Timeout,
            kind => kind,
        };
        self.record();
        let mut parts = self.error_parts(kind);
        if let Some((reply, api)) = self.last.take() {
            parts.reply = Some(reply);
            parts.api = api;
        }
        parts.trouble = seen.trouble;
        parts.stop = Some(why);
        parts.look = look;
        debug!(target: "katapult_core", attempt = self.sent, why = ?why, "giving up");
        parts.into()
    }

    /// The error of a call that ends without a further attempt.
    fn cut_short(&self, kind: ErrorKind, trouble: Trouble) -> Error {
        self.record();
        let mut parts = self.error_parts(kind);
        parts.trouble = Some(trouble);
        parts.into()
    }

    fn error_parts(&self, kind: ErrorKind) -> error::Parts {
        let mut parts = error::Parts::new(kind, self.operation);
        parts.attempts = self.sent;
        parts.deadline = self.deadline.map(|_| self.limits.deadline);
        parts.may_have_happened = self.may_have_happened;
        if let Some((reply, api)) = &self.last {
            parts.reply = Some(reply.clone());
            parts.api = api.clone();
        }
        parts
    }

    /// Tells what an attempt came to, to who listens.
    fn tell(&self, attempt: &Attempt, api: Option<&ApiError>, outcome: Outcome) {
        let status = attempt.head.as_ref().map(|(status, _)| status.as_u16());
        let headers = attempt.head.as_ref().map(|(_, headers)| headers);
        let code = api.map(|api| api.code.as_str());
        let cause = match &attempt.end {
            End::Broken(error) => Some(tracing::field::display(error)),
            _ => None,
        };
        debug!(
            target: "katapult_core",
            attempt = self.sent,
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

    /// Writes how the call went into its span.
    fn record(&self) {
        let span = &self.span;
        span.record("attempt", self.sent);
        let Some((reply, api)) = &self.last else {
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
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-request-id")?.to_str().ok()
}

/// Waits for a future, but not past this moment.
async fn before<F: Future>(end: Option<Instant>, future: F) -> Option<F::Output> {
    match end {
        Some(end) => timeout_at(end, future).await.ok(),
        None => Some(future.await),
    }
}

/// Sends a request and reads its reply, until `end` and up to `limit` bytes.
async fn send_once(
    sender: &dyn Sender,
    request: reqwest::Request,
    end: Option<Instant>,
    limit: usize,
) -> Attempt {
    // Outside of what may be dropped when the time is up, so that what came is kept.
    let mut head: Option<(StatusCode, HeaderMap)> = None;
    let mut body = BytesMut::new();
    let exchange = async {
        let mut incoming = match sender.send(request).await {
            Ok(incoming) => incoming,
            Err(error) => return End::Broken(error),
        };
        head = Some((incoming.status, std::mem::take(&mut incoming.headers)));
        loop {
            match incoming.chunk().await {
                Ok(None) if incoming.until_close && ends_early(&body) => {
                    return End::Broken(SendError::lost("the connection was closed too early"));
                }
                Ok(None) => return End::Whole,
                Ok(Some(chunk)) if chunk.len() > limit - body.len() => return End::TooLarge,
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(SendError { cause, .. }) => return End::Broken(SendError::lost(cause)),
            }
        }
    };
    let end = before(end, exchange).await.unwrap_or(End::TimedOut);
    Attempt {
        head,
        body: Bytes::from(body),
        end,
    }
}

/// A body that lasts until the connection is closed looks whole when it was cut off; JSON knows better.
fn ends_early(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body).is_err_and(|error| error.is_eof())
}
