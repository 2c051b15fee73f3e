//! Injection of faults into a correct response.

use serde_json::{Value, json};

use crate::faults::{FaultKind, MAX_DELAY};
use crate::http::message::{Delivery, Response};
use crate::request::quota::QuotaStatus;

/// The body of a proxy's error, which is not JSON.
const HTML_PAGE: &str = "<html><head><title>Error</title></head><body><center><h1>The gateway is not there</h1></center></body></html>";

/// Injects faults into a response, in order.
pub(crate) fn inject(response: &mut Response, faults: &[FaultKind]) {
    for fault in faults {
        match fault {
            FaultKind::Latency(time) => {
                response.delay = response.delay.saturating_add(*time).min(MAX_DELAY)
            }
            FaultKind::SlowBody(time) => {
                response.body_time = response.body_time.saturating_add(*time).min(MAX_DELAY)
            }
            FaultKind::Bare(status) | FaultKind::BareBefore(status) => {
                html_page(response, status.as_u16())
            }
            FaultKind::Late(_) => html_page(response, 504),
            FaultKind::WrongContent => html_page(response, 200),
            FaultKind::ResetAfter => deliver(response, Delivery::Reset),
            FaultKind::HalfOpen => deliver(response, Delivery::Never),
            FaultKind::Truncated => deliver(response, Delivery::Truncated),
            FaultKind::UnknownField => change_body(response, unknown_field),
            FaultKind::UnknownValue => change_body(response, unknown_value),
            // These take effect before or during execution.
            FaultKind::RateLimit
            | FaultKind::RateLimitLeft
            | FaultKind::RateLimitFor(_)
            | FaultKind::Unavailable
            | FaultKind::ResetBefore
            | FaultKind::LateReset(_)
            | FaultKind::OldShape(_)
            | FaultKind::ClockSkew(_)
            | FaultKind::Quota(_)
            | FaultKind::Revoked => {}
        }
    }
}

/// Sets the way of delivery, unless the response already has one that delivers less.
fn deliver(response: &mut Response, delivery: Delivery) {
    response.delivery = response.delivery.max(delivery);
}

/// Sets the headers of a status 429: nothing is left of the quota, unless a fault leaves some.
pub(crate) fn rate_limit_headers(
    response: &mut Response,
    quota: &QuotaStatus,
    faults: &[FaultKind],
) {
    let left = faults
        .iter()
        .any(|fault| matches!(fault, FaultKind::RateLimitLeft | FaultKind::RateLimitFor(_)));
    // A quota that is really used up cannot have anything left.
    if quota.exceeded || !left {
        for (name, value) in &mut response.headers {
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
    response
        .headers
        .extend(wait.map(|wait| ("retry-after", wait)));
}

fn html_page(response: &mut Response, status: u16) {
    response.status = status;
    response.body = HTML_PAGE.to_owned();
    // A proxy knows neither the quota nor the request id.
    response.headers.retain(|(name, _)| *name == "date");
    response
        .headers
        .push(("content-type", "text/html".to_owned()));
}

fn change_body(response: &mut Response, change: fn(&mut Value)) {
    if let Ok(mut body) = serde_json::from_str(&response.body) {
        change(&mut body);
        response.body = body.to_string();
    }
}

/// Adds a field to every object.
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

/// Replaces the value of every `state` and `status`.
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
    fn unknown_fields_and_values_reach_every_object() {
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
