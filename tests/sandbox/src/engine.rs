//! One request's way: route, token, quota, scopes, arguments, deed, reply, with the faults that were
//! asked for on the way.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::asked::Asked;
use crate::behaviour;
use crate::behaviour::life::advance;
use crate::chance::Chance;
use crate::check::{Given, check};
use crate::clock::{Clock, date};
use crate::document::{Api, Document, Operation};
use crate::fault::{Fault, FaultKind};
use crate::query::nest;
use crate::quota::{Quota, Told};
use crate::random::{Random, hash};
use crate::refusal::{Refusal, refuse};
use crate::reply::Call;
use crate::route::{Route, Router};
use crate::shape::Shapes;
use crate::spoil;
use crate::token::{self, Token};
use crate::world::World;

/// What never changes while the sandbox runs.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) document: Arc<Document>,
    pub(crate) router: Arc<Router>,
    pub(crate) large_set: usize,
    pub(crate) keep: usize,
}

/// What changes with every request.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) quota: Quota,
    pub(crate) tokens: HashMap<String, Token>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) random: Random,
    pub(crate) chance: Chance,
    pub(crate) shapes: Shapes,
    pub(crate) asked: VecDeque<Asked>,
}

/// A request as it came.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) token: Option<String>,
    pub(crate) body: String,
}

/// How a reply goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Whole,
    Truncated,
    Reset,
}

/// A reply, and how it goes out.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    pub(crate) way: Way,
    pub(crate) after: Duration,
}

/// A body with its status; errors carry a code.
struct Said {
    status: u16,
    body: Value,
    refusal: Option<Refusal>,
    text: bool,
}

impl From<Refusal> for Said {
    fn from(refusal: Refusal) -> Self {
        Self {
            status: refusal.status,
            body: refusal.body(),
            refusal: Some(refusal),
            text: false,
        }
    }
}

/// Answers a request.
pub(crate) fn answer(fixed: &Fixed, state: &mut State, request: &Request) -> Reply {
    let now = state.clock.world();
    advance(&mut state.world, now);
    let route = fixed.router.find(&request.method, &request.path);
    let operation = route
        .as_ref()
        .map(|route| &fixed.document.operations[route.operation]);
    let faults = striking(state, operation, request);
    let told = count(state, request);
    let mut reply = Reply {
        status: 0,
        headers: Vec::new(),
        body: String::new(),
        way: Way::Whole,
        after: Duration::ZERO,
    };
    let said = if let Some(before) = faults.iter().find(|fault| fault.is_before_the_deed()) {
        if *before == FaultKind::ResetBefore {
            reply.way = Way::Reset;
        }
        Said {
            status: 0,
            body: Value::Null,
            refusal: None,
            text: true,
        }
    } else {
        say(fixed, state, request, route.as_ref(), &told, &faults)
    };
    reply.status = said.status;
    reply.body = match (&said.body, said.text) {
        (Value::String(text), true) => text.clone(),
        (body, _) => body.to_string(),
    };
    let request_id = state.random.uuid();
    reply.headers = headers(&said, &reply.body, &told, &request_id, state.clock.wall());
    if said.status == 429 {
        spoil::rate_limit(&mut reply, &told, &faults);
    }
    spoil::reply(&mut reply, &faults);
    remember(
        fixed, state, request, operation, &said, &reply, &faults, request_id,
    );
    reply
}

fn striking(state: &mut State, operation: Option<&Operation>, request: &Request) -> Vec<FaultKind> {
    if state.faults.is_empty() {
        return Vec::new();
    }
    let mut random = state.chance.of(request);
    let id = operation.map_or("", |operation| &operation.id);
    let faults = state.faults.iter_mut();
    faults
        .filter_map(|fault| fault.strikes(id, &mut random).then(|| fault.kind()))
        .collect()
}

fn count(state: &mut State, request: &Request) -> Told {
    let secret = request.token.as_deref().unwrap_or_default();
    let permitted = state
        .tokens
        .get(secret)
        .map_or(1000, |token| token.permitted);
    state.quota.count(secret, permitted, state.clock.wall())
}

fn say(
    fixed: &Fixed,
    state: &mut State,
    request: &Request,
    route: Option<&Route>,
    told: &Told,
    faults: &[FaultKind],
) -> Said {
    let Some(route) = route else {
        return Refusal::new(
            404,
            "route_not_found",
            "The route requested was not found",
            json!({}),
        )
        .into();
    };
    let operation = &fixed.document.operations[route.operation];
    if let Err(refusal) = admit(state, operation, request, told, faults) {
        return refusal.into();
    }
    let given = match given(request, route) {
        Ok(given) => given,
        Err(refusal) => return refusal.into(),
    };
    let (arguments, problems) = check(&fixed.document, operation, &state.world, given);
    if let Some(refusal) = refuse(operation, &problems) {
        return refusal.into();
    }
    perform(fixed, state, operation, arguments, faults)
}

/// Whether a request may be made at all.
fn admit(
    state: &mut State,
    operation: &Operation,
    request: &Request,
    told: &Told,
    faults: &[FaultKind],
) -> Result<(), Refusal> {
    let limited = || {
        Refusal::new(
            429,
            "rate_limit_reached",
            "You have reached the rate limit for this type of request",
            json!({"total_permitted": told.permitted}),
        )
    };
    if told.refused || faults.iter().any(|fault| fault.is_rate_limit()) {
        return Err(limited());
    }
    if faults.contains(&FaultKind::Unavailable) {
        return Err(Refusal::new(
            503,
            "service_unavailable",
            "The service is unavailable at the moment",
            json!({}),
        ));
    }
    if operation.api == Api::Public {
        return Ok(());
    }
    let secret = request
        .token
        .as_deref()
        .filter(|secret| !secret.is_empty())
        .ok_or_else(token::missing)?;
    if faults.contains(&FaultKind::Revoked) {
        state.tokens.remove(secret);
        return Err(token::invalid());
    }
    let scopes = match state.tokens.get_mut(secret) {
        Some(token) => {
            match &mut token.valid_for {
                Some(0) => return Err(token::invalid()),
                Some(left) => *left -= 1,
                None => {}
            }
            token.scopes.clone()
        }
        None => {
            token::made(&state.world, secret)
                .ok_or_else(token::invalid)?
                .scopes
        }
    };
    if token::is_granted(scopes.as_deref(), operation) {
        Ok(())
    } else {
        Err(token::not_granted(operation))
    }
}

fn given(request: &Request, route: &Route) -> Result<Given, Refusal> {
    let unreadable = |what: &str| {
        Refusal::new(
            400,
            "invalid_request",
            format!("The request's {what} could not be read"),
            json!({}),
        )
    };
    let body = match request.body.trim() {
        "" => Map::new(),
        text => match serde_json::from_str(text) {
            Ok(Value::Object(body)) => body,
            Ok(Value::Null) => Map::new(),
            _ => return Err(unreadable("body")),
        },
    };
    let query = nest(&request.query).ok_or_else(|| unreadable("query"))?;
    Ok(Given {
        query,
        body,
        ids: route.ids.clone(),
    })
}

fn perform(
    fixed: &Fixed,
    state: &mut State,
    operation: &Operation,
    arguments: Map<String, Value>,
    faults: &[FaultKind],
) -> Said {
    let old = faults.iter().find_map(|fault| match fault {
        FaultKind::OldShape(year) => Some(Shapes::of(u32::from(*year) * 100 + 12)),
        _ => None,
    });
    let mut call = Call {
        document: &fixed.document,
        operation,
        shapes: old.as_ref().unwrap_or(&state.shapes),
        world: &mut state.world,
        arguments,
        large_set: fixed.large_set,
    };
    match behaviour::run(&mut call) {
        Ok(mut parts) => {
            let text = operation.reply.is_none();
            let body = if text {
                parts.remove("text").unwrap_or_else(|| json!(""))
            } else {
                call.finish(&mut parts)
            };
            Said {
                status: call
                    .shapes
                    .status(&operation.id)
                    .unwrap_or(operation.status),
                body,
                refusal: None,
                text,
            }
        }
        Err(refusal) => refusal.into(),
    }
}

fn headers(
    said: &Said,
    body: &str,
    told: &Told,
    request_id: &str,
    now: u64,
) -> Vec<(&'static str, String)> {
    let content = if said.text {
        "text/plain"
    } else {
        "application/json"
    };
    let mut headers = vec![
        ("content-type", content.to_owned()),
        ("date", date(now)),
        ("x-ratelimit-permitted", told.permitted.to_string()),
        ("x-ratelimit-remaining", told.remaining.to_string()),
        ("x-request-id", request_id.to_owned()),
    ];
    if said.refusal.is_some() {
        headers.push(("x-api-schema", "json-error".to_owned()));
    } else {
        headers.push(("etag", etag(body)));
    }
    headers
}

/// A weak tag of a body.
fn etag(body: &str) -> String {
    let hash = |start| hash(start, body.bytes());
    format!(
        "W/\"{:016x}{:016x}\"",
        hash(0xcbf2_9ce4_8422_2325),
        hash(0x9ae1_6a3b_2f90_404f)
    )
}

#[allow(clippy::too_many_arguments)]
fn remember(
    fixed: &Fixed,
    state: &mut State,
    request: &Request,
    operation: Option<&Operation>,
    said: &Said,
    reply: &Reply,
    faults: &[FaultKind],
    request_id: String,
) {
    let target = if request.query.is_empty() {
        request.path.clone()
    } else {
        format!("{}?{}", request.path, request.query)
    };
    let refusal = said.refusal.as_ref();
    let why = refusal.map(
        |refusal| match refusal.detail.as_object().is_some_and(Map::is_empty) {
            true => refusal.description.clone(),
            false => format!("{} {}", refusal.description, refusal.detail),
        },
    );
    if state.asked.len() >= fixed.keep {
        state.asked.pop_front();
    }
    state.asked.push_back(Asked {
        operation: operation.map(|operation| operation.id.clone()),
        method: request.method.clone(),
        target,
        body: request.body.clone(),
        status: if reply.way == Way::Reset {
            0
        } else {
            reply.status
        },
        code: refusal.map(|refusal| refusal.code.clone()),
        done: refusal.is_none() && said.status != 0,
        why,
        faults: faults.iter().map(|fault| format!("{fault:?}")).collect(),
        request_id,
        headers: reply.headers.clone(),
        reply: reply.body.clone(),
    });
}
