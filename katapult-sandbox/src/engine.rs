//! One request's way: route, token, quota, scopes, arguments, deed, reply, with the faults that were
//! asked for on the way.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use katapult_openapi::{Operation, Route};
use serde_json::{Map, Value, json};

use crate::admit::admit;
use crate::asked::RecordedRequest;
use crate::behaviour;
use crate::behaviour::life::advance;
use crate::chance::Chance;
use crate::check::check;
use crate::clock::Clock;
use crate::document::Document;
use crate::fault::{Fault, FaultKind};
use crate::given::Given;
use crate::headers::{self, Content};
use crate::quota::{Quota, Told};
use crate::random::Random;
use crate::refusal::{Refusal, refuse};
use crate::reply::Call;
use crate::shape::Shapes;
use crate::spoil;
use crate::token::Token;
use crate::world::World;

/// What never changes while the sandbox runs.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) document: Arc<Document>,
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
    pub(crate) asked: VecDeque<RecordedRequest>,
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

impl Said {
    fn content(&self) -> Content {
        match (&self.refusal, self.text) {
            (Some(_), _) => Content::Refusal,
            (None, true) => Content::Text,
            (None, false) => Content::Json,
        }
    }
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
    let route = fixed.document.spec.route(&request.method, &request.path);
    let operation = route.as_ref().map(|route| route.operation);
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
    reply.headers = headers::of(
        said.content(),
        &reply.body,
        &told,
        &request_id,
        state.clock.wall(),
    );
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
    route: Option<&Route<'_>>,
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
    let operation = route.operation;
    if let Err(refusal) = admit(state, operation, request, told, faults) {
        return refusal.into();
    }
    let given = match Given::read(request, route) {
        Ok(given) => given,
        Err(refusal) => return refusal.into(),
    };
    let (arguments, problems) = check(&fixed.document, operation, &state.world, given);
    if let Some(refusal) = refuse(operation, &problems) {
        return refusal.into();
    }
    perform(fixed, state, operation, arguments, faults)
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
        operation,
        shapes: old.as_ref().unwrap_or(&state.shapes),
        world: &mut state.world,
        arguments,
        large_set: fixed.large_set,
    };
    match behaviour::run(&mut call) {
        Ok(mut parts) => {
            let text = operation.response().is_none();
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
    state.asked.push_back(RecordedRequest {
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
