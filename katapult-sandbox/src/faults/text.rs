//! The text form of a fault: `[operation:]kind`, then its schedule.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::kind::{FaultKind, ProxyStatus};
use super::{Fault, Schedule};

/// The kinds without a parameter, by their names.
const NAMES: [(&str, FaultKind); 16] = [
    ("429", FaultKind::RateLimit),
    ("429_left", FaultKind::RateLimitLeft),
    ("unavailable", FaultKind::Unavailable),
    ("502", FaultKind::Bare(ProxyStatus::BadGateway)),
    ("503", FaultKind::Bare(ProxyStatus::ServiceUnavailable)),
    ("504", FaultKind::Bare(ProxyStatus::GatewayTimeout)),
    ("502_before", FaultKind::BareBefore(ProxyStatus::BadGateway)),
    (
        "503_before",
        FaultKind::BareBefore(ProxyStatus::ServiceUnavailable),
    ),
    (
        "504_before",
        FaultKind::BareBefore(ProxyStatus::GatewayTimeout),
    ),
    ("reset_before", FaultKind::ResetBefore),
    ("reset_after", FaultKind::ResetAfter),
    ("truncated", FaultKind::Truncated),
    ("wrong_content", FaultKind::WrongContent),
    ("unknown_field", FaultKind::UnknownField),
    ("unknown_value", FaultKind::UnknownValue),
    ("revoked", FaultKind::Revoked),
];

/// The text form of a fault is invalid. The message lists the valid kinds.
#[derive(Debug, PartialEq, Eq)]
pub struct FaultError(String);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invalid fault {:?}: expected [operation:]kind, then =0.05 (a rate), #2 (the first two) or @0110 (a script); kinds are ",
            self.0
        )?;
        for (name, _) in NAMES {
            write!(f, "{name}, ")?;
        }
        f.write_str("429_for_1s, late=5s, late_reset=5s, latency_200ms, shape_2024")
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
        let fault = Fault::new(kind(name).ok_or_else(fail)?);
        Ok(Fault {
            operation,
            schedule,
            ..fault
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.operation {
            write!(f, "{operation}:")?;
        }
        write!(f, "{}", self.kind)?;
        match &self.schedule {
            // Every request, which is the default.
            Schedule::Rate(1.0) => Ok(()),
            Schedule::Rate(rate) => write!(f, "={rate}"),
            Schedule::First(count) => write!(f, "#{count}"),
            Schedule::Script(script) => {
                f.write_str("@")?;
                let mut turns = script.iter().copied();
                turns.try_for_each(|turn| f.write_str(if turn { "1" } else { "0" }))
            }
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(time) => write!(f, "latency_{}ms", time.as_millis()),
            Self::RateLimitFor(time) => write!(f, "429_for_{}s", time.as_secs()),
            Self::Late(after) => write!(f, "late={}", DurationText(*after)),
            Self::LateReset(after) => write!(f, "late_reset={}", DurationText(*after)),
            Self::OldShape(year) => write!(f, "shape_{year}"),
            kind => {
                let name = NAMES.iter().find(|(_, named)| named == kind);
                f.write_str(name.map_or("", |(name, _)| name))
            }
        }
    }
}

/// Displays whole milliseconds, as seconds where they are.
struct DurationText(Duration);

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.subsec_nanos() {
            0 => write!(f, "{}s", self.0.as_secs()),
            _ => write!(f, "{}ms", self.0.as_millis()),
        }
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
    if let Some((_, kind)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*kind);
    }
    let number = |prefix, suffix| {
        name.strip_prefix(prefix)?
            .strip_suffix(suffix)?
            .parse()
            .ok()
    };
    if let Some(millis) = number("latency_", "ms") {
        return Some(FaultKind::Latency(Duration::from_millis(millis)));
    }
    if let Some(seconds) = number("429_for_", "s") {
        return Some(FaultKind::RateLimitFor(Duration::from_secs(seconds)));
    }
    if let Some(after) = name.strip_prefix("late_reset=") {
        return Some(FaultKind::LateReset(duration(after)?));
    }
    if let Some(after) = name.strip_prefix("late=") {
        return Some(FaultKind::Late(duration(after)?));
    }
    Some(FaultKind::OldShape(
        name.strip_prefix("shape_")?.parse().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [fn() -> Fault; 21] = [
        || Fault::latency(Duration::from_millis(20)),
        Fault::rate_limit,
        Fault::rate_limit_left,
        || Fault::rate_limit_for(Duration::from_secs(2)),
        Fault::unavailable,
        || Fault::bare(ProxyStatus::BadGateway),
        || Fault::bare(ProxyStatus::ServiceUnavailable),
        || Fault::bare(ProxyStatus::GatewayTimeout),
        || Fault::bare_before(ProxyStatus::BadGateway),
        || Fault::bare_before(ProxyStatus::ServiceUnavailable),
        || Fault::bare_before(ProxyStatus::GatewayTimeout),
        Fault::reset_before,
        Fault::reset_after,
        || Fault::late(Duration::from_secs(5)),
        || Fault::late_reset(Duration::from_millis(300)),
        Fault::truncated,
        Fault::wrong_content,
        Fault::unknown_field,
        Fault::unknown_value,
        || Fault::old_shape(2024),
        Fault::revoked,
    ];

    #[test]
    fn text_of_each_fault_is_parsed_to_the_same_fault() {
        type Narrow = fn(Fault) -> Fault;
        let narrow: [Narrow; 8] = [
            |fault| fault,
            |fault| fault.on("tasks.get"),
            |fault| fault.times(2),
            |fault| fault.on("tags.create").times(0),
            |fault| fault.probability(0.05),
            |fault| fault.on("tasks.get").probability(1e-9),
            |fault| fault.script([false, true, true]),
            |fault| fault.script([]),
        ];
        let mut texts = std::collections::HashSet::new();
        for fault in ALL {
            for narrow in narrow {
                let fault = narrow(fault());
                let text = fault.to_string();
                assert_eq!(text.parse(), Ok(fault), "{text}");
                assert!(texts.insert(text.clone()), "{text} means two faults");
            }
        }
    }

    #[test]
    fn each_named_kind_has_a_constructor() {
        let texts = ALL.map(|fault| fault().to_string());
        for (name, _) in NAMES {
            assert!(texts.iter().any(|text| text == name), "{name}");
        }
    }

    #[test]
    fn text_form_is_parsed() {
        let late = Fault::late(Duration::from_secs(5));
        let lost = Fault::late_reset(Duration::from_millis(300));
        let timeout = Fault::bare(ProxyStatus::GatewayTimeout);
        for (text, expected) in [
            ("429=0.05", Fault::rate_limit().probability(0.05)),
            ("429=1", Fault::rate_limit()),
            ("tasks.get:504#2", timeout.on("tasks.get").times(2)),
            ("reset_after@01", Fault::reset_after().script([false, true])),
            ("latency_20ms", Fault::latency(Duration::from_millis(20))),
            ("429_for_2s", Fault::rate_limit_for(Duration::from_secs(2))),
            ("shape_2024", Fault::old_shape(2024)),
            ("tags.create:late=5s#1", late.on("tags.create").times(1)),
            ("late_reset=300ms=0.5", lost.probability(0.5)),
        ] {
            assert_eq!(text.parse::<Fault>(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn invalid_text_is_refused_with_the_valid_kinds() {
        for text in ["late=soon", "429=2", "429=NaN", "reset_after@02", "tea", ""] {
            let error = text.parse::<Fault>().unwrap_err();
            assert_eq!(error, FaultError(text.to_owned()));
        }
        let message = FaultError("tea".to_owned()).to_string();
        assert!(message.starts_with("invalid fault \"tea\": expected"));
        for fault in ALL {
            // All but their parameters.
            let text = fault().to_string();
            let name = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == 's' || c == 'm');
            assert!(message.contains(name), "{name}: {message}");
        }
    }

    #[test]
    fn values_that_the_text_cannot_express_are_adjusted() {
        for (fault, text) in [
            (Fault::latency(Duration::from_micros(1)), "latency_1ms"),
            (Fault::late(Duration::from_nanos(1)), "late=1ms"),
            (
                Fault::rate_limit_for(Duration::from_millis(1200)),
                "429_for_2s",
            ),
            (Fault::revoked().probability(1.5), "revoked"),
            (Fault::revoked().probability(-1.0), "revoked=0"),
            (Fault::revoked().probability(f64::NAN), "revoked=0"),
        ] {
            assert_eq!(fault.to_string(), text);
        }
        let longest = Fault::latency(Duration::MAX);
        assert_eq!(longest.to_string().parse(), Ok(longest));
    }
}
