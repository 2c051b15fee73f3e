//! The format of a table of scenarios.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::quantity::{Moment, Skew, Span, Wait};

/// One row: what is called, what is answered, and what must come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows.
    pub name: String,
    /// By method and path: `GET /virtual_machines/virtual_machine`.
    pub operation: String,
    /// What the server's clock shows at the start.
    #[serde(default = "some_day")]
    pub clock: Moment,
    /// How much our clock is ahead of the server's.
    #[serde(default)]
    pub skew: Skew,
    /// Settings of the client; its defaults where left out.
    #[serde(default)]
    pub policy: Policy,
    /// In turn; the last one repeats.
    pub responses: Vec<Step>,
    /// What a look whether it was done finds.
    #[serde(default)]
    pub reconcile: Reconcile,
    /// What must come of it.
    pub expect: Expect,
}

fn some_day() -> Moment {
    Moment(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_514_400))
}

/// Settings of the client.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// How often it is sent at most.
    pub attempts: Option<u32>,
    /// The first back-off.
    pub base: Option<Span>,
    /// The longest wait.
    pub cap: Option<Span>,
    /// How waits are spread.
    pub jitter: Option<Jitter>,
    /// The limit of the call.
    pub deadline: Option<Span>,
    /// The limit of each attempt.
    pub attempt_timeout: Option<Span>,
    /// Whether the client keeps to the quota by itself.
    pub pace: Option<Switch>,
}

/// How waits are spread.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Not at all.
    None,
    /// From nothing to the whole.
    Full,
}

/// `on` or `off`, which to some writers of YAML are `true` and `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// `on`
    On,
    /// `off`
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

/// One answer of the server, or why there is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The status; that of success where left out.
    pub status: Option<u16>,
    /// The code of the API's error.
    pub code: Option<String>,
    /// What the code brings with it.
    pub detail: Option<Value>,
    /// The body as it is; else the API's error if there is a code, and what the operation answers
    /// if the status is one of success.
    pub body: Option<String>,
    /// Further headers, and those in place of the ones that every response has; `null` takes one away.
    #[serde(default)]
    pub headers: BTreeMap<String, Value>,
    /// How long the server takes.
    pub delay: Option<Span>,
    /// What goes wrong.
    pub fault: Option<Fault>,
}

/// What goes wrong below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nobody listens.
    ConnectRefused,
    /// The connection breaks before the server did the deed, which nobody can tell.
    ResetBefore,
    /// The connection breaks after the server did the deed.
    ResetAfter,
    /// The response's body breaks off.
    Truncated,
}

/// What a look whether it was done finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reconcile {
    /// It was done.
    Reconciled,
    /// It was not.
    Missing,
    /// There is no way to look.
    #[default]
    None,
}

/// What must come of it; what is left out is not looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// How often it is sent.
    pub attempts: Option<u32>,
    /// The pauses between attempts; before the first too, if the pace holds it back.
    pub waits: Option<Vec<Wait>>,
    /// How it ends.
    pub outcome: Option<Outcome>,
}

/// How a call ends.
#[derive(Debug)]
pub enum Outcome {
    /// Well.
    Ok,
    /// With an error.
    Error(ErrorExpected),
}

/// What is asked of an error; what is left out is not looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorExpected {
    /// Its kind.
    pub error: Option<Kind>,
    /// The API's code.
    pub code: Option<String>,
    /// The status of the last response.
    pub status: Option<u16>,
    /// Whether it may have been done all the same.
    pub may_have_happened: Option<bool>,
}

/// The kinds of error that tables tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
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
