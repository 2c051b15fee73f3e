//! Faults: their kinds, the operations they apply to, their schedules.

pub(crate) mod inject;
pub(crate) mod rng;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::rng::Rng;

/// The kind of a fault. "Before execution" means that the request has no effect.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Delays the response.
    Latency(Duration),
    /// Status 429, with nothing left of the quota.
    RateLimit,
    /// Status 429, though some of the quota is left.
    RateLimitLeft,
    /// Status 429 with `Retry-After` in whole seconds, though some of the quota is left.
    RateLimitFor(Duration),
    /// Status 503 with the code `service_unavailable`, before execution.
    Unavailable,
    /// A proxy's status 502, 503 or 504 with an HTML body, after execution.
    Bare(u16),
    /// A proxy's status 502, 503 or 504 with an HTML body, before execution.
    BareBefore(u16),
    /// Closes the connection before execution.
    ResetBefore,
    /// Closes the connection after execution, without a response.
    ResetAfter,
    /// A proxy's status 504 with an HTML body; the request is executed this long after it, in real time.
    Late(Duration),
    /// Closes the connection without a response; the request is executed this long after it, in real time.
    LateReset(Duration),
    /// Closes the connection after half of the response body.
    Truncated,
    /// Replaces the response by an HTML page with status 200.
    WrongContent,
    /// Adds a field that the document lacks to every object.
    UnknownField,
    /// Sets every `state` and `status` to a value that the document lacks.
    UnknownValue,
    /// Leaves out fields that the API added after that year.
    OldShape(u16),
    /// Revokes the token.
    Revoked,
}

impl FaultKind {
    pub(crate) fn is_rate_limit(self) -> bool {
        matches!(
            self,
            Self::RateLimit | Self::RateLimitLeft | Self::RateLimitFor(_)
        )
    }

    pub(crate) fn is_before_execution(self) -> bool {
        matches!(self, Self::ResetBefore | Self::BareBefore(_)) || self.late().is_some()
    }

    /// Returns the time after which a request is executed although its response was lost before.
    pub(crate) fn late(self) -> Option<Duration> {
        match self {
            Self::Late(after) | Self::LateReset(after) => Some(after),
            _ => None,
        }
    }

    pub(crate) fn is_reset(self) -> bool {
        matches!(self, Self::ResetBefore | Self::LateReset(_))
    }
}

/// The requests to which a fault applies, among those of its operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// A share of the requests, from 0.0 to 1.0, chosen at random.
    Rate(f64),
    /// The first requests.
    First(u32),
    /// Each request in turn, `true` for a fault; none after the end.
    Script(Vec<bool>),
}

/// A fault, and the requests to which it applies.
///
/// Its text form is `[operation:]kind`, then `=0.05` for a rate, `#2` for the first two requests or
/// `@0110` for a script; without one of these, it applies to every request.
///
/// ```
/// use katapult_sandbox::{Fault, FaultKind, Schedule};
///
/// let fault: Fault = "tasks.get:504#1".parse()?;
/// let same = Fault::new(FaultKind::Bare(504), Schedule::First(1)).for_operation("tasks.get");
/// assert_eq!(fault, same);
/// # Ok::<(), katapult_sandbox::FaultError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    kind: FaultKind,
    operation: Option<String>,
    schedule: Schedule,
    /// The number of matching requests so far.
    matched: u32,
}

impl Fault {
    /// Returns a fault that applies to every operation.
    pub fn new(kind: FaultKind, schedule: Schedule) -> Self {
        Self {
            kind,
            operation: None,
            schedule,
            matched: 0,
        }
    }

    /// Restricts the fault to one operation, such as `virtual_machines.get`.
    pub fn for_operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    pub(crate) fn kind(&self) -> FaultKind {
        self.kind
    }

    /// Returns `true` if the fault applies to this request of an operation, and counts the request.
    pub(crate) fn should_fire(&mut self, operation: &str, rng: &mut Rng) -> bool {
        if self
            .operation
            .as_deref()
            .is_some_and(|only| only != operation)
        {
            return false;
        }
        // Requests of other operations do not count.
        let turn = self.matched;
        self.matched = turn.saturating_add(1);
        match &self.schedule {
            Schedule::Rate(rate) => rng.next_f64() < *rate,
            Schedule::First(count) => turn < *count,
            Schedule::Script(script) => script.get(turn as usize).copied().unwrap_or_default(),
        }
    }
}

/// The text form of a fault is invalid. The message lists the valid kinds.
#[derive(Debug, PartialEq, Eq)]
pub struct FaultError(String);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invalid fault {:?}: expected [operation:]kind, then =0.05 (a rate), #2 (the first two) or @0110 (a script); \
            kinds are 429, 429_left, 429_for_1s, unavailable, 502, 503, 504, 502_before, 503_before, 504_before, reset_before, \
            reset_after, late=5s, late_reset=5s, truncated, wrong_content, unknown_field, unknown_value, revoked, latency_200ms, shape_2024",
            self.0
        )
    }
}

impl std::error::Error for FaultError {}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let fail = || FaultError(text.to_owned());
        let (operation, rest) = match text.split_once(':') {
            Some((operation, rest)) => (Some(operation.to_owned()), rest),
            None => (None, text),
        };
        // The name of a late execution has its time after an equals sign; no other name has one of these characters.
        let is_late = rest.starts_with("late=") || rest.starts_with("late_reset=");
        let start = rest
            .find('=')
            .filter(|_| is_late)
            .map_or(0, |equals| equals + 1);
        let end = rest[start..].find(['=', '#', '@']);
        let (name, how) = rest.split_at(end.map_or(rest.len(), |end| start + end));
        let schedule = match how.split_at_checked(1) {
            Some(("=", rate)) => Schedule::Rate(
                rate.parse()
                    .ok()
                    .filter(|rate| (0.0..=1.0).contains(rate))
                    .ok_or_else(fail)?,
            ),
            Some(("#", count)) => Schedule::First(count.parse().map_err(|_| fail())?),
            Some(("@", script)) if script.chars().all(|turn| turn == '0' || turn == '1') => {
                Schedule::Script(script.chars().map(|turn| turn == '1').collect())
            }
            Some(_) => return Err(fail()),
            None => Schedule::Rate(1.0),
        };
        Ok(Self {
            kind: kind(name).ok_or_else(fail)?,
            operation,
            schedule,
            matched: 0,
        })
    }
}

/// Parses a duration such as `300ms` or `5s`.
fn duration(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(number) => Some(Duration::from_millis(number.parse().ok()?)),
        None => Some(Duration::from_secs(text.strip_suffix('s')?.parse().ok()?)),
    }
}

fn kind(name: &str) -> Option<FaultKind> {
    Some(match name {
        "429" => FaultKind::RateLimit,
        "429_left" => FaultKind::RateLimitLeft,
        "unavailable" => FaultKind::Unavailable,
        "502" => FaultKind::Bare(502),
        "503" => FaultKind::Bare(503),
        "504" => FaultKind::Bare(504),
        "502_before" => FaultKind::BareBefore(502),
        "503_before" => FaultKind::BareBefore(503),
        "504_before" => FaultKind::BareBefore(504),
        "reset_before" => FaultKind::ResetBefore,
        "reset_after" => FaultKind::ResetAfter,
        "truncated" => FaultKind::Truncated,
        "wrong_content" => FaultKind::WrongContent,
        "unknown_field" => FaultKind::UnknownField,
        "unknown_value" => FaultKind::UnknownValue,
        "revoked" => FaultKind::Revoked,
        _ => {
            if let Some(time) = name
                .strip_prefix("latency_")
                .and_then(|time| time.strip_suffix("ms"))
            {
                return Some(FaultKind::Latency(Duration::from_millis(
                    time.parse().ok()?,
                )));
            }
            if let Some(time) = name
                .strip_prefix("429_for_")
                .and_then(|time| time.strip_suffix('s'))
            {
                return Some(FaultKind::RateLimitFor(Duration::from_secs(
                    time.parse().ok()?,
                )));
            }
            if let Some(after) = name.strip_prefix("late_reset=") {
                return Some(FaultKind::LateReset(duration(after)?));
            }
            if let Some(after) = name.strip_prefix("late=") {
                return Some(FaultKind::Late(duration(after)?));
            }
            FaultKind::OldShape(name.strip_prefix("shape_")?.parse().ok()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_parsed() {
        let cases = [
            (
                "429=0.05",
                Ok(Fault::new(FaultKind::RateLimit, Schedule::Rate(0.05))),
            ),
            (
                "tasks.get:504#2",
                Ok(Fault::new(FaultKind::Bare(504), Schedule::First(2)).for_operation("tasks.get")),
            ),
            (
                "reset_after@01",
                Ok(Fault::new(
                    FaultKind::ResetAfter,
                    Schedule::Script(vec![false, true]),
                )),
            ),
            (
                "latency_20ms",
                Ok(Fault::new(
                    FaultKind::Latency(Duration::from_millis(20)),
                    Schedule::Rate(1.0),
                )),
            ),
            (
                "429_for_2s",
                Ok(Fault::new(
                    FaultKind::RateLimitFor(Duration::from_secs(2)),
                    Schedule::Rate(1.0),
                )),
            ),
            (
                "shape_2024",
                Ok(Fault::new(FaultKind::OldShape(2024), Schedule::Rate(1.0))),
            ),
            (
                "tags.create:late=5s#1",
                Ok(
                    Fault::new(FaultKind::Late(Duration::from_secs(5)), Schedule::First(1))
                        .for_operation("tags.create"),
                ),
            ),
            (
                "late_reset=300ms=0.5",
                Ok(Fault::new(
                    FaultKind::LateReset(Duration::from_millis(300)),
                    Schedule::Rate(0.5),
                )),
            ),
            ("late=soon", Err(FaultError("late=soon".into()))),
            ("429=2", Err(FaultError("429=2".into()))),
            ("tea", Err(FaultError("tea".into()))),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Fault>(), expected, "{text}");
        }
    }

    #[test]
    fn script_applies_to_its_operation_in_turn() {
        let mut random = Rng::new(1);
        let mut fault = Fault::new(FaultKind::Bare(502), Schedule::Script(vec![false, true]))
            .for_operation("tasks.get");
        assert!(!fault.should_fire("zones.list", &mut random));
        let fired: Vec<_> = (0..3)
            .map(|_| fault.should_fire("tasks.get", &mut random))
            .collect();
        assert_eq!(fired, [false, true, false]);
    }
}
