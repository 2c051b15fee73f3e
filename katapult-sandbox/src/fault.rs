//! Faults on request: what goes wrong, where, and how often.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::random::Random;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// The reply comes later.
    Latency(Duration),
    /// 429, with nothing left of the quota.
    RateLimit,
    /// 429, though some of the quota is left.
    RateLimitLeft,
    /// 429, though some of the quota is left, which says how long to wait.
    RateLimitFor(Duration),
    /// 503 with the code `service_unavailable`: refused.
    Unavailable,
    /// A bare 502, 503 or 504 of a proxy, after the deed.
    Bare(u16),
    /// A bare 502, 503 or 504 of a proxy, before anything is done.
    BareBefore(u16),
    /// The connection closes before anything is done.
    ResetBefore,
    /// The connection closes after the deed, without a reply.
    ResetAfter,
    /// The body ends in its middle.
    Truncated,
    /// A page of HTML, with status 200.
    WrongContent,
    /// Objects have a field that nobody knows.
    UnknownField,
    /// States and statuses have a value that nobody knows.
    UnknownValue,
    /// Objects are as they were at the end of that year.
    OldShape(u16),
    /// The token is no longer valid.
    Revoked,
}

impl FaultKind {
    pub(crate) fn is_rate_limit(self) -> bool {
        matches!(
            self,
            Self::RateLimit | Self::RateLimitLeft | Self::RateLimitFor(_)
        )
    }

    pub(crate) fn is_before_the_deed(self) -> bool {
        matches!(self, Self::ResetBefore | Self::BareBefore(_))
    }
}

/// How often.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// By chance: 0.05 is one time in twenty.
    Rate(f64),
    /// The first so many times.
    First(u32),
    /// Each request in turn: true is a fault; none when the script has ended.
    Script(Vec<bool>),
}

/// A fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    kind: FaultKind,
    operation: Option<String>,
    when: When,
    seen: u32,
}

impl Fault {
    /// A fault of every operation.
    pub fn new(kind: FaultKind, when: When) -> Self {
        Self {
            kind,
            operation: None,
            when,
            seen: 0,
        }
    }

    /// Only of this operation: `virtual_machines.get`.
    pub fn of(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    pub(crate) fn kind(&self) -> FaultKind {
        self.kind
    }

    /// Whether it strikes a request of an operation now.
    pub(crate) fn strikes(&mut self, operation: &str, random: &mut Random) -> bool {
        if self
            .operation
            .as_deref()
            .is_some_and(|wanted| wanted != operation)
        {
            return false;
        }
        let turn = self.seen;
        self.seen = turn.saturating_add(1);
        match &self.when {
            When::Rate(rate) => random.fraction() < *rate,
            When::First(count) => turn < *count,
            When::Script(script) => script.get(turn as usize).copied().unwrap_or_default(),
        }
    }
}

/// Why a text is no fault.
#[derive(Debug, PartialEq, Eq)]
pub struct FaultError(String);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no fault: write [operation:]kind, then =0.05 (a rate), #2 (the first two) or @0110 (a script); \
            kinds are 429, 429_left, 429_for_1s, unavailable, 502, 503, 504, 502_before, 503_before, 504_before, reset_before, \
            reset_after, truncated, wrong_content, unknown_field, unknown_value, revoked, latency_200ms, shape_2024",
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
        let end = rest.find(['=', '#', '@']).unwrap_or(rest.len());
        let (name, how) = rest.split_at(end);
        let when = match how.split_at_checked(1) {
            Some(("=", rate)) => When::Rate(
                rate.parse()
                    .ok()
                    .filter(|rate| (0.0..=1.0).contains(rate))
                    .ok_or_else(fail)?,
            ),
            Some(("#", count)) => When::First(count.parse().map_err(|_| fail())?),
            Some(("@", script)) if script.chars().all(|turn| turn == '0' || turn == '1') => {
                When::Script(script.chars().map(|turn| turn == '1').collect())
            }
            Some(_) => return Err(fail()),
            None => When::Rate(1.0),
        };
        Ok(Self {
            kind: kind(name).ok_or_else(fail)?,
            operation,
            when,
            seen: 0,
        })
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
            FaultKind::OldShape(name.strip_prefix("shape_")?.parse().ok()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_written_and_read() {
        let cases = [
            (
                "429=0.05",
                Ok(Fault::new(FaultKind::RateLimit, When::Rate(0.05))),
            ),
            (
                "tasks.get:504#2",
                Ok(Fault::new(FaultKind::Bare(504), When::First(2)).of("tasks.get")),
            ),
            (
                "reset_after@01",
                Ok(Fault::new(
                    FaultKind::ResetAfter,
                    When::Script(vec![false, true]),
                )),
            ),
            (
                "latency_20ms",
                Ok(Fault::new(
                    FaultKind::Latency(Duration::from_millis(20)),
                    When::Rate(1.0),
                )),
            ),
            (
                "429_for_2s",
                Ok(Fault::new(
                    FaultKind::RateLimitFor(Duration::from_secs(2)),
                    When::Rate(1.0),
                )),
            ),
            (
                "shape_2024",
                Ok(Fault::new(FaultKind::OldShape(2024), When::Rate(1.0))),
            ),
            ("429=2", Err(FaultError("429=2".into()))),
            ("tea", Err(FaultError("tea".into()))),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Fault>(), expected, "{text}");
        }
    }

    #[test]
    fn a_script_is_followed() {
        let mut random = Random::new(1);
        let mut fault =
            Fault::new(FaultKind::Bare(502), When::Script(vec![false, true])).of("tasks.get");
        assert!(!fault.strikes("zones.list", &mut random));
        let struck: Vec<_> = (0..3)
            .map(|_| fault.strikes("tasks.get", &mut random))
            .collect();
        assert_eq!(struck, [false, true, false]);
    }
}
