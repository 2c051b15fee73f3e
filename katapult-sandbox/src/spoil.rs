//! Faults put on a reply that was right.

use std::time::Duration;

use serde_json::{Value, json};

use crate::engine::{Reply, Way};
use crate::fault::FaultKind;
use crate::quota::Told;

/// How large a bare reply's page is is all the same: a proxy wrote it.
const PAGE: &str = "<html><head><title>Error</title></head><body><center><h1>The gateway is not there</h1></center></body></html>";

/// Puts faults on a reply, in their order.
pub(crate) fn reply(reply: &mut Reply, faults: &[FaultKind]) {
    for fault in faults {
        match fault {
            FaultKind::Latency(time) => {
                reply.after = reply
                    .after
                    .saturating_add(*time)
                    .min(Duration::from_secs(3600))
            }
            FaultKind::Bare(status) | FaultKind::BareBefore(status) => page(reply, *status),
            FaultKind::WrongContent => page(reply, 200),
            FaultKind::ResetAfter => reply.way = Way::Reset,
            FaultKind::Truncated if reply.way == Way::Whole => reply.way = Way::Truncated,
            FaultKind::Truncated => {}
            FaultKind::UnknownField => change(reply, unknown_field),
            FaultKind::UnknownValue => change(reply, unknown_value),
            FaultKind::RateLimit
            | FaultKind::RateLimitLeft
            | FaultKind::RateLimitFor(_)
            | FaultKind::Unavailable
            | FaultKind::ResetBefore
            | FaultKind::OldShape(_)
            | FaultKind::Revoked => {}
        }
    }
}

/// What a 429 says of the quota: that nothing is left, where no fault says otherwise.
pub(crate) fn rate_limit(reply: &mut Reply, told: &Told, faults: &[FaultKind]) {
    let left = faults
        .iter()
        .any(|fault| matches!(fault, FaultKind::RateLimitLeft | FaultKind::RateLimitFor(_)));
    if told.refused || !left {
        for (name, value) in &mut reply.headers {
            if *name == "x-ratelimit-remaining" {
                "0".clone_into(value);
            }
        }
        return;
    }
    let wait = faults.iter().find_map(|fault| match fault {
        FaultKind::RateLimitFor(wait) => Some(wait.as_secs().to_string()),
        _ => None,
    });
    reply.headers.extend(wait.map(|wait| ("retry-after", wait)));
}

fn page(reply: &mut Reply, status: u16) {
    reply.status = status;
    reply.body = PAGE.to_owned();
    reply.headers.retain(|(name, _)| *name == "date");
    reply.headers.push(("content-type", "text/html".to_owned()));
}

fn change(reply: &mut Reply, change: fn(&mut Value)) {
    if let Ok(mut body) = serde_json::from_str(&reply.body) {
        change(&mut body);
        reply.body = body.to_string();
    }
}

/// Every object has one more field.
fn unknown_field(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(unknown_field);
            fields.insert("field_of_tomorrow".into(), json!({"new": true}));
        }
        Value::Array(items) => items.iter_mut().for_each(unknown_field),
        _ => {}
    }
}

/// Every state and status has a value of tomorrow.
fn unknown_value(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "state" || name == "status" => {
                        "value_of_tomorrow".clone_into(text)
                    }
                    value => unknown_value(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(unknown_value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut Value);

    #[test]
    fn what_is_new_reaches_every_object() {
        let cases: [(Change, Value); 2] = [
            (
                unknown_field,
                json!({"a": [{"state": "x", "field_of_tomorrow": {"new": true}}], "field_of_tomorrow": {"new": true}}),
            ),
            (
                unknown_value,
                json!({"a": [{"state": "value_of_tomorrow"}]}),
            ),
        ];
        for (change, expected) in cases {
            let mut value = json!({"a": [{"state": "x"}]});
            change(&mut value);
            assert_eq!(value, expected);
        }
    }
}
