//! The format of a scenario table.

use jiff::Timestamp;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use super::units::{ClockSkew, ExpectedWait, HumanDuration};

/// One row of a table: a call, the server's responses, and the expected behaviour.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The name, which describes the expected behaviour.
    pub name: String,
    /// The operation, by method and path: `GET /virtual_machines/virtual_machine`.
    pub operation: String,
    /// The server's time at the start. Default: 2026-11-24T10:00:00Z.
    #[serde(default = "default_clock", deserialize_with = "clock")]
    pub clock: Timestamp,
    /// The client's clock minus the server's.
    #[serde(default)]
    pub skew: ClockSkew,
    /// Settings of the client. Default: the client's own defaults.
    #[serde(default)]
    pub policy: Policy,
    /// The server's responses in turn; the last one repeats.
    #[serde(rename = "replies")]
    pub responses: Vec<Step>,
    /// The result of the reconcile check.
    #[serde(default)]
    pub reconcile: Reconcile,
    /// The expected behaviour.
    pub expect: Expect,
}

fn default_clock() -> Timestamp {
    Timestamp::constant(1_795_514_400, 0)
}

fn clock<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    // jiff's own message does not name the expected form.
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|error| {
        let example = "2026-11-24T10:00:42Z";
        D::Error::custom(format!("`{text}` is not a time like {example}: {error}"))
    })
}

/// Settings of the client.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The maximum number of attempts.
    pub attempts: Option<u32>,
    /// The first backoff.
    pub base: Option<HumanDuration>,
    /// The longest backoff.
    pub cap: Option<HumanDuration>,
    /// The jitter of the backoff.
    pub jitter: Option<Jitter>,
    /// The deadline of the call.
    pub deadline: Option<HumanDuration>,
    /// The timeout of each attempt.
    pub attempt_timeout: Option<HumanDuration>,
    /// `on` if the client limits its rate.
    pub pace: Option<Switch>,
}

/// The jitter of the backoff.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// No jitter: every wait is the whole backoff.
    None,
    /// Full jitter: a wait is anything from zero to the backoff.
    Full,
}

/// `on` or `off`. YAML 1.1 writers quote neither, and readers then see `true` or `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// The setting is on.
    On,
    /// The setting is off.
    Off,
}

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match (value.as_bool(), value.as_str()) {
            (Some(true), _) | (_, Some("on")) => Ok(Switch::On),
            (Some(false), _) | (_, Some("off")) => Ok(Switch::Off),
            _ => Err(D::Error::custom(format!("`{value}` is neither on nor off"))),
        }
    }
}

/// One response of the server, or the fault that prevents it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The status. Default: the operation's status of success.
    pub status: Option<u16>,
    /// The code of the API error.
    pub code: Option<String>,
    /// The detail of the API error.
    pub detail: Option<Value>,
    /// The raw body. Default: the API error if there is a code or detail, and the operation's minimal response
    /// if the status is a success.
    pub body: Option<String>,
    /// Headers that replace or extend the usual ones; `null` removes one.
    #[serde(default)]
    pub headers: BTreeMap<String, Value>,
    /// The time before the response.
    pub delay: Option<HumanDuration>,
    /// The fault.
    pub fault: Option<Fault>,
}

/// A fault below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The connection is refused.
    ConnectRefused,
    /// The connection is reset before the server executed the request; the client cannot know that.
    ResetBefore,
    /// The connection is reset after the server executed the request.
    ResetAfter,
    /// The response body is truncated.
    Truncated,
}

/// The result of a check for a write with an unknown outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reconcile {
    /// The write happened.
    Found,
    /// The write did not happen.
    Missing,
    /// The call has no reconcile check.
    #[default]
    None,
}

/// The expected behaviour; absent fields are not checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The number of attempts.
    pub attempts: Option<u32>,
    /// The waits between attempts, and before the first if the rate limiter delays it.
    pub waits: Option<Vec<ExpectedWait>>,
    /// The result of the call.
    pub outcome: Option<Outcome>,
}

/// The result of a call.
#[derive(Debug)]
pub enum Outcome {
    /// The call succeeds.
    Ok,
    /// The call fails.
    Error(ErrorExpected),
}

/// The expected error; absent fields are not checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorExpected {
    /// The kind.
    pub error: Option<Kind>,
    /// The code of the API error.
    pub code: Option<String>,
    /// The status of the last response.
    pub status: Option<u16>,
    /// The error's `may_have_happened()`.
    pub may_have_happened: Option<bool>,
}

/// The kinds of error that tables distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of `ErrorKind`")]
pub enum Kind {
    NotFound,
    InTrash,
    RateLimited,
    Unavailable,
    Auth,
    Forbidden,
    Validation,
    Unconfirmed,
    Timeout,
    Connect,
    Decode,
    Api,
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if text == "ok" => Ok(Outcome::Ok),
            value @ Value::Object(_) => read(value).map(Outcome::Error),
            other => Err(D::Error::custom(format!(
                "outcome is `ok` or {{ error: …, code: …, status: …, may_have_happened: … }}, not {other}"
            ))),
        }
    }
}

fn read<T: DeserializeOwned, E: serde::de::Error>(value: Value) -> Result<T, E> {
    T::deserialize(value).map_err(|error| E::custom(format!("outcome: {error}")))
}
