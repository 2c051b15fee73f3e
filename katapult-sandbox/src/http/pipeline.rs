//! The steps of a request: faults, quota, route, token, arguments, execution, response, journal.

use std::time::Duration;

use katapult_openapi::{Operation, Route};
use serde_json::{Map, Value, json};

use crate::faults::{FaultKind, inject};
use crate::http::journal::RecordedRequest;
use crate::http::message::{Delivery, LateExecution, Request, Response};
use crate::request::arguments::RawArguments;
use crate::request::auth::authorize;
use crate::request::quota::QuotaStatus;
use crate::request::resolve_lookups::resolve_lookups;
use crate::request::token::DEFAULT_LIMIT;
use crate::resources::{self, timeline};
use crate::response::context::OperationContext;
use crate::response::headers::{self, BodyKind};
use crate::response::history::ResponseHistory;
use crate::response::refusal::{Refusal, refusal_for};
use crate::state::{Config, State};

/// The fault of a journal's entry for a late execution, which is no request.
const EXECUTED_LATE: &str = "executed_late";

/// The result of an operation, before headers and response faults.
struct HandlerResult {
    /// 0 if a fault stopped the request before execution.
    status: u16,
    body: Value,
    /// The error, if the operation failed.
    refusal: Option<Refusal>,
    /// `true` if the body is plain text.
    text: bool,
}

impl HandlerResult {
    /// The result of a request that a fault stopped before execution.
    fn not_executed() -> Self {
        Self {
            status: 0,
            body: Value::Null,
            refusal: None,
            text: true,
        }
    }

    fn body_kind(&self) -> BodyKind {
        match (&self.refusal, self.text) {
            (Some(_), _) => BodyKind::Error,
            (None, true) => BodyKind::Text,
            (None, false) => BodyKind::Json,
        }
    }

    fn body_text(&self) -> String {
        match (&self.body, self.text) {
            (Value::String(text), true) => text.clone(),
            (body, _) => body.to_string(),
        }
    }
}

impl From<Refusal> for HandlerResult {
    fn from(refusal: Refusal) -> Self {
        Self {
            status: refusal.status,
            body: refusal.body(),
            refusal: Some(refusal),
            text: false,
        }
    }
}

/// Handles a request and records it in the journal.
pub(crate) fn handle(config: &Config, state: &mut State, request: &Request) -> Response {
    let now = state.clock.world();
    // Changes are applied when the world is read: the sandbox needs no timer, and a test with a manual
    // clock sees each state at its time.
    timeline::advance(&mut state.world, now);
    let route = config.spec.spec.route(&request.method, &request.path);
    let operation = route.as_ref().map(|route| route.operation);
    // Faults are chosen before anything else, so that their schedules count every request.
    let faults = active_faults(state, operation, request);
    // Rejected requests count too.
    let skew = clock_skew(&faults);
    let quota = count(state, request, skew, &faults);
    let stopped = faults.iter().find(|fault| fault.is_before_execution());
    let result = match stopped {
        Some(_) => HandlerResult::not_executed(),
        None => dispatch(config, state, request, route.as_ref(), &quota, &faults),
    };
    // Drawn for every request, or a fault would change the ids of the following ones.
    let request_id = state.rng.uuid();
    let body = result.body_text();
    let headers = headers::headers(
        result.body_kind(),
        &body,
        &quota,
        &request_id,
        state.clock.wall().saturating_add_signed(skew),
    );
    let mut response = Response {
        status: result.status,
        headers,
        body,
        delivery: match stopped {
            Some(fault) if fault.is_reset() => Delivery::Reset,
            _ => Delivery::Complete,
        },
        delay: Duration::ZERO,
        body_time: Duration::ZERO,
        late: None,
    };
    // Only a limited request reports what the fault wants it to report.
    if result.status == 429 {
        inject::rate_limit_headers(&mut response, &quota, &faults);
    }
    inject::inject(&mut response, &faults);
    let fired = faults.iter().map(ToString::to_string).collect();
    let recorded = recorded(request, operation, &result, &response, fired, request_id);
    record(config, state, recorded);
    response.late = stopped
        .and_then(|fault| fault.late())
        .map(|after| LateExecution {
            after,
            request: request.clone(),
            quota,
        });
    response
}

/// Executes a request whose response was lost before, and records it in the journal.
pub(crate) fn execute_late(config: &Config, state: &mut State, late: &LateExecution) {
    let now = state.clock.world();
    timeline::advance(&mut state.world, now);
    let LateExecution { request, quota, .. } = late;
    let route = config.spec.spec.route(&request.method, &request.path);
    let operation = route.as_ref().map(|route| route.operation);
    let result = dispatch(config, state, request, route.as_ref(), quota, &[]);
    let request_id = state.rng.uuid();
    let response = Response {
        status: result.status,
        headers: Vec::new(),
        body: result.body_text(),
        delivery: Delivery::Reset,
        delay: Duration::ZERO,
        body_time: Duration::ZERO,
        late: None,
    };
    let faults = vec![EXECUTED_LATE.to_owned()];
    let recorded = recorded(request, operation, &result, &response, faults, request_id);
    record(config, state, recorded);
}

/// Returns the faults that apply to this request, in the order in which they were added.
fn active_faults(
    state: &mut State,
    operation: Option<&Operation>,
    request: &Request,
) -> Vec<FaultKind> {
    if state.faults.is_empty() {
        return Vec::new();
    }
    let mut rng = state.fault_rng.for_request(request);
    let id = operation.map_or("", |operation| &operation.id);
    let faults = state.faults.iter_mut();
    faults
        .filter_map(|fault| fault.should_fire(id, &mut rng).then(|| fault.kind()))
        .collect()
}

/// Returns the milliseconds by which the server's clock is ahead; negative if it is behind.
fn clock_skew(faults: &[FaultKind]) -> i64 {
    let skews = faults.iter().map(|fault| match fault {
        FaultKind::ClockSkew(seconds) => seconds.saturating_mul(1000),
        _ => 0,
    });
    skews.fold(0, i64::saturating_add)
}

/// Counts a request against the quota of its token. Requests without a known token count too.
fn count(state: &mut State, request: &Request, skew: i64, faults: &[FaultKind]) -> QuotaStatus {
    let secret = request.token.as_deref().unwrap_or_default();
    let token = state.tokens.get(secret);
    let limit = token.map_or(DEFAULT_LIMIT, |token| token.permitted);
    let status = state.quota.count(secret, limit, state.clock.wall(), skew);
    let left = faults.iter().filter_map(|fault| match fault {
        FaultKind::Quota(remaining) => Some(*remaining),
        _ => None,
    });
    match left.min() {
        Some(remaining) => state.quota.use_up(secret, status, remaining),
        None => status,
    }
}

/// Checks a request and executes its operation.
fn dispatch(
    config: &Config,
    state: &mut State,
    request: &Request,
    route: Option<&Route<'_>>,
    quota: &QuotaStatus,
    faults: &[FaultKind],
) -> HandlerResult {
    let Some(route) = route else {
        let description = "The route requested was not found";
        return Refusal::new(404, "route_not_found", description, json!({})).into();
    };
    let operation = route.operation;
    if let Err(refusal) = authorize(state, operation, request, quota, faults) {
        return refusal.into();
    }
    let raw = match RawArguments::read(request, route) {
        Ok(raw) => raw,
        Err(refusal) => return refusal.into(),
    };
    let (arguments, problems) = resolve_lookups(&config.spec, operation, &state.world, raw);
    if let Some(refusal) = refusal_for(operation, &problems) {
        return refusal.into();
    }
    execute(state, operation, arguments, faults)
}

/// Executes an operation whose arguments are valid.
fn execute(
    state: &mut State,
    operation: &Operation,
    arguments: Map<String, Value>,
    faults: &[FaultKind],
) -> HandlerResult {
    let old = faults.iter().find_map(|fault| match fault {
        FaultKind::OldShape(year) => Some(ResponseHistory::as_of(*year, 12)),
        _ => None,
    });
    let mut ctx = OperationContext {
        operation,
        history: old.as_ref().unwrap_or(&state.history),
        world: &mut state.world,
        arguments,
    };
    match resources::run(&mut ctx) {
        Ok(mut fields) => {
            // An operation without a JSON schema returns plain text.
            let text = operation.response().is_none();
            let body = if text {
                fields.remove("text").unwrap_or_else(|| json!(""))
            } else {
                ctx.finish(&mut fields)
            };
            let status = ctx.history.status(&operation.id);
            HandlerResult {
                status: status.unwrap_or(operation.status),
                body,
                refusal: None,
                text,
            }
        }
        Err(refusal) => refusal.into(),
    }
}

fn recorded(
    request: &Request,
    operation: Option<&Operation>,
    result: &HandlerResult,
    response: &Response,
    faults: Vec<String>,
    request_id: String,
) -> RecordedRequest {
    let target = if request.query.is_empty() {
        request.path.clone()
    } else {
        format!("{}?{}", request.path, request.query)
    };
    let refusal = result.refusal.as_ref();
    RecordedRequest {
        operation: operation.map(|operation| operation.id.clone()),
        method: request.method.clone(),
        target,
        body: request.body.clone(),
        status: match response.delivery.has_status() {
            true => response.status,
            false => 0,
        },
        error_code: refusal.map(|refusal| refusal.code.clone()),
        executed: refusal.is_none() && result.status != 0,
        error_message: refusal.map(Refusal::message),
        faults,
        request_id,
        response_headers: response.headers.clone(),
        response_body: response.body.clone(),
    }
}

/// Adds a request to the journal.
fn record(config: &Config, state: &mut State, recorded: RecordedRequest) {
    let (requests, bytes) = (config.max_recorded_requests, config.max_recorded_bytes);
    state.journal.push(recorded, requests, bytes);
}
