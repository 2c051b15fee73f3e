//! The kinds of faults as a table: the text form, the help of the program and the README come from it.

use std::time::Duration;

use super::Fault;
use super::kind::{FaultKind, ProxyStatus};
use crate::duration::{self, DurationText};

/// A kind of fault.
pub(super) struct KindRow {
    /// An example of the text form: the name, then the parameter after an equals sign, if the kind has one.
    pub(super) example: &'static str,
    constructor: Constructor,
    /// The effect, as a phrase that follows the example.
    pub(super) effect: &'static str,
}

/// The constructor of a kind, by its parameter.
enum Constructor {
    Plain(fn() -> Fault),
    Duration(fn(Duration) -> Fault),
    /// A duration that may be negative, in seconds.
    Seconds(fn(i64) -> Fault),
    Number(fn(u32) -> Fault),
}

use Constructor::{Number, Plain, Seconds};

const fn row(example: &'static str, constructor: Constructor, effect: &'static str) -> KindRow {
    KindRow {
        example,
        constructor,
        effect,
    }
}

/// All kinds.
pub(super) static KINDS: [KindRow; 25] = [
    row(
        "429",
        Plain(Fault::rate_limit),
        "429; nothing is left of the quota",
    ),
    row(
        "429_left",
        Plain(Fault::rate_limit_left),
        "429, though some of the quota is left",
    ),
    row(
        "429_for=1s",
        Constructor::Duration(Fault::rate_limit_for),
        "429 with `Retry-After` in whole seconds, though some of the quota is left",
    ),
    row(
        "quota=0",
        Number(Fault::quota),
        "executed, and so many requests are left of the quota, as if other clients had used the rest; in the same minute, the requests after those get a 429",
    ),
    row(
        "unavailable",
        Plain(Fault::unavailable),
        "503 with the API's code, before execution",
    ),
    row(
        "502",
        Plain(|| Fault::bare(ProxyStatus::BadGateway)),
        "a proxy's 502 with an HTML page, after execution",
    ),
    row(
        "503",
        Plain(|| Fault::bare(ProxyStatus::ServiceUnavailable)),
        "a proxy's 503 with an HTML page, after execution",
    ),
    row(
        "504",
        Plain(|| Fault::bare(ProxyStatus::GatewayTimeout)),
        "a proxy's 504 with an HTML page, after execution",
    ),
    row(
        "502_before",
        Plain(|| Fault::bare_before(ProxyStatus::BadGateway)),
        "a proxy's 502, before execution",
    ),
    row(
        "503_before",
        Plain(|| Fault::bare_before(ProxyStatus::ServiceUnavailable)),
        "a proxy's 503, before execution",
    ),
    row(
        "504_before",
        Plain(|| Fault::bare_before(ProxyStatus::GatewayTimeout)),
        "a proxy's 504, before execution",
    ),
    row(
        "reset_before",
        Plain(Fault::reset_before),
        "the connection is closed before execution",
    ),
    row(
        "reset_after",
        Plain(Fault::reset_after),
        "the connection is closed after execution, without a response",
    ),
    row(
        "late=5s",
        Constructor::Duration(Fault::late),
        "a proxy's 504; the request is executed so much later",
    ),
    row(
        "late_reset=5s",
        Constructor::Duration(Fault::late_reset),
        "the connection is closed; the request is executed so much later",
    ),
    row(
        "half_open",
        Plain(Fault::half_open),
        "executed, and then neither answered nor closed, until the client closes the connection or the sandbox stops",
    ),
    row(
        "truncated",
        Plain(Fault::truncated),
        "the connection is closed after half of the body",
    ),
    row(
        "slow_body=2s",
        Constructor::Duration(Fault::slow_body),
        "the head of the response at once, its body in up to 20 pieces over that time",
    ),
    row(
        "latency=200ms",
        Constructor::Duration(Fault::latency),
        "a delay before the response",
    ),
    row(
        "clock_skew=-30s",
        Seconds(Fault::clock_skew),
        "a clock that is behind, or ahead without the sign: `Date`, and the minute of the quota",
    ),
    row(
        "wrong_content",
        Plain(Fault::wrong_content),
        "an HTML page with status 200, after execution",
    ),
    row(
        "unknown_field",
        Plain(Fault::unknown_field),
        "a field that the document lacks, in every object",
    ),
    row(
        "unknown_value",
        Plain(Fault::unknown_value),
        "a value that the document lacks, for every `state` and `status`",
    ),
    row(
        "shape=2024",
        Number(|year| Fault::old_shape(u16::try_from(year).unwrap_or(u16::MAX))),
        "objects in the form of the end of that year",
    ),
    row(
        "revoked",
        Plain(Fault::revoked),
        "the token is rejected from now on",
    ),
];

/// The list of all kinds.
impl Fault {
    /// Returns the kinds: an example of the text form of each, and its effect.
    ///
    /// ```
    /// use katapult_sandbox::Fault;
    ///
    /// for (example, effect) in Fault::kinds() {
    ///     assert_eq!(example.parse::<Fault>()?.to_string(), example);
    ///     println!("{example}: {effect}"); // late=5s: a proxy's 504; the request is executed so much later
    /// }
    /// # Ok::<(), katapult_sandbox::FaultError>(())
    /// ```
    pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
        KINDS.iter().map(|row| (row.example, row.effect))
    }
}

impl KindRow {
    /// Returns the name: the text form without its parameter.
    pub(super) fn name(&self) -> &'static str {
        let name = self.example.split_once('=').map(|(name, _)| name);
        name.unwrap_or(self.example)
    }

    pub(super) fn has_parameter(&self) -> bool {
        !matches!(self.constructor, Plain(_))
    }

    /// Returns the fault with a parameter. `None` if the kind has no such parameter, or only a similar one.
    pub(super) fn fault(&self, parameter: Option<&str>) -> Option<Fault> {
        let (fault, parameter) = match (&self.constructor, parameter) {
            (Plain(make), None) => (make(), None),
            (Constructor::Duration(make), Some(text)) => {
                let time = duration::parse(text)?;
                (make(time), Some(DurationText(time).to_string()))
            }
            (Seconds(make), Some(text)) => {
                let (sign, text) = match text.strip_prefix('-') {
                    Some(text) => (-1, text),
                    None => (1, text),
                };
                let time = duration::parse(text)?;
                // Not a whole number of seconds, which `Date` cannot express.
                if time.subsec_nanos() > 0 {
                    return None;
                }
                let seconds = sign * i64::try_from(time.as_secs()).ok()?;
                (make(seconds), Some(SecondsText(seconds).to_string()))
            }
            (Number(make), Some(text)) => {
                let number: u32 = text.parse().ok()?;
                (make(number), Some(number.to_string()))
            }
            _ => return None,
        };
        // A constructor adjusts what it cannot represent; a text that says something else is a mistake.
        (fault.kind.parameter() == parameter).then_some(fault)
    }
}

impl FaultKind {
    /// Returns the text of the parameter.
    pub(super) fn parameter(self) -> Option<String> {
        match self {
            Self::Latency(time)
            | Self::SlowBody(time)
            | Self::RateLimitFor(time)
            | Self::Late(time)
            | Self::LateReset(time) => Some(DurationText(time).to_string()),
            Self::ClockSkew(seconds) => Some(SecondsText(seconds).to_string()),
            Self::Quota(remaining) => Some(remaining.to_string()),
            Self::OldShape(year) => Some(year.to_string()),
            _ => None,
        }
    }
}

/// Displays seconds, which may be negative, as a duration.
struct SecondsText(i64);

impl std::fmt::Display for SecondsText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let time = Duration::from_secs(self.0.unsigned_abs());
        write!(f, "{sign}{}", DurationText(time))
    }
}
