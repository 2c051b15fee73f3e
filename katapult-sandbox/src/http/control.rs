//! The control of a sandbox over HTTP: health, and with the builder's permission reset, snapshots, faults,
//! clock and journal.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::duration;
use crate::faults::Fault;
use crate::http::journal::RecordedRequest;
use crate::http::limits::MAX_FAULTS;
use crate::http::message::{Delivery, Response};
use crate::http::shared::Shared;
use crate::resources::timeline;
use crate::state::State;

/// The start of all paths.
pub(crate) const PREFIX: &str = "/sandbox/";

/// The number of saved states to keep. A client that never restores must not fill the memory.
const MAX_CHECKPOINTS: usize = 16;

/// The response to a control request.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    pub(crate) fn error(status: u16, code: &str, description: impl Into<String>) -> Self {
        let description = description.into();
        let body = json!({"error": {"code": code, "description": description, "detail": {}}});
        Self { status, body }
    }

    pub(crate) fn invalid(description: impl Into<String>) -> Self {
        Self::error(400, "invalid_request", description)
    }

    /// Returns the response to send, at once and without faults.
    pub(crate) fn into_response(self) -> Response {
        Response {
            status: self.status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: self.body.to_string(),
            delivery: Delivery::Complete,
            delay: Duration::ZERO,
            body_time: Duration::ZERO,
            late: None,
        }
    }
}

/// Handles a control request. `path` is the part after [`PREFIX`].
pub(crate) fn handle(shared: &Shared, method: &str, path: &str, body: &[u8]) -> Answer {
    if (method, path) == ("GET", "health") {
        let version = env!("CARGO_PKG_VERSION");
        return Answer::ok(json!({"status": "ok", "version": version}));
    }
    if !shared.config.control {
        let description = "the control over HTTP is off; start the program with --control";
        return Answer::error(404, "control_disabled", description);
    }
    let arguments = match body {
        b"" => Ok(Value::Null),
        body => serde_json::from_slice(body),
    };
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(error) => return Answer::invalid(format!("the body is not JSON: {error}")),
    };
    let mut state = shared.lock();
    // So that each answer shows the state of its time.
    let now = state.clock.world();
    timeline::advance(&mut state.world, now);
    match (method, path) {
        ("POST", "reset") => {
            state.reset(&shared.config.initial);
            Answer::ok(json!({}))
        }
        ("POST", "snapshot") => save(&mut state),
        ("POST", "restore") => restore(&mut state, &arguments),
        ("GET", "faults") => list_faults(&state),
        ("POST", "faults") => add_faults(shared, &mut state, &arguments),
        ("DELETE", "faults") => {
            state.faults.clear();
            Answer::ok(json!({}))
        }
        ("GET", "clock") => clock(&state),
        ("POST", "clock") => advance(&mut state, &arguments),
        ("GET", "journal") => {
            let requests: Vec<_> = state.journal.iter().map(entry).collect();
            Answer::ok(json!({"requests": requests}))
        }
        ("DELETE", "journal") => {
            state.journal.clear();
            Answer::ok(json!({}))
        }
        (_, "health" | "reset" | "snapshot" | "restore" | "faults" | "clock" | "journal") => {
            let description = format!("{PREFIX}{path} has no {method}");
            Answer::error(405, "method_not_allowed", description)
        }
        _ => Answer::error(
            404,
            "route_not_found",
            format!("there is no {PREFIX}{path}"),
        ),
    }
}

fn save(state: &mut State) -> Answer {
    let last = state.checkpoints.last_key_value();
    let number = last.map_or(1, |(number, _)| number + 1);
    let checkpoint = state.checkpoint();
    state.checkpoints.insert(number, checkpoint);
    if state.checkpoints.len() > MAX_CHECKPOINTS {
        state.checkpoints.pop_first();
    }
    Answer::ok(json!({"snapshot": number, "objects": state.world.snapshot()}))
}

fn restore(state: &mut State, arguments: &Value) -> Answer {
    let Some(number) = arguments["snapshot"].as_u64() else {
        return Answer::invalid(r#"write {"snapshot": 1}, with the number of a snapshot"#);
    };
    let Some(checkpoint) = state.checkpoints.get(&number).cloned() else {
        let description = format!(
            "there is no snapshot {number}; the sandbox keeps the newest {MAX_CHECKPOINTS}"
        );
        return Answer::error(404, "snapshot_not_found", description);
    };
    state.restore(&checkpoint);
    Answer::ok(json!({}))
}

fn list_faults(state: &State) -> Answer {
    let faults: Vec<_> = state.faults.iter().map(ToString::to_string).collect();
    Answer::ok(json!({"faults": faults}))
}

/// Adds faults, all or none.
fn add_faults(shared: &Shared, state: &mut State, arguments: &Value) -> Answer {
    let texts = arguments["faults"].as_array().map(Vec::as_slice);
    let texts = texts.unwrap_or_default().iter().map(Value::as_str);
    let Some(texts) = texts
        .collect::<Option<Vec<_>>>()
        .filter(|texts| !texts.is_empty())
    else {
        return Answer::invalid(r#"write {"faults": ["tasks.get:504#1"]}"#);
    };
    let mut faults = Vec::new();
    for text in texts {
        match text.parse::<Fault>() {
            Ok(fault) if shared.config.spec.has_operation(fault.operation()) => faults.push(fault),
            Ok(_) => return Answer::invalid(format!("the operation of {text} does not exist")),
            Err(error) => return Answer::invalid(error.to_string()),
        }
    }
    if state.faults.len() + faults.len() > MAX_FAULTS {
        state.faults.retain(|fault| !fault.is_spent());
    }
    if state.faults.len() + faults.len() > MAX_FAULTS {
        return Answer::invalid(format!(
            "there can be {MAX_FAULTS} faults; DELETE {PREFIX}faults removes all"
        ));
    }
    state.faults.extend(faults);
    list_faults(state)
}

fn clock(state: &State) -> Answer {
    let now = UNIX_EPOCH + Duration::from_millis(state.clock.world());
    Answer::ok(json!({
        "now": httpdate::fmt_http_date(now),
        "milliseconds_since_1970": state.clock.world(),
    }))
}

fn advance(state: &mut State, arguments: &Value) -> Answer {
    let Some(by) = arguments["advance"].as_str().and_then(duration::parse) else {
        let expected = duration::EXPECTED;
        return Answer::invalid(format!(r#"write {{"advance": "30s"}}: {expected}"#));
    };
    state.clock.advance(by);
    let now = state.clock.world();
    timeline::advance(&mut state.world, now);
    clock(state)
}

fn entry(request: &RecordedRequest) -> Value {
    let mut entry = request.without_bodies();
    entry["request_body"] = json!(request.body);
    entry["response_body"] = json!(request.response_body);
    entry
}
