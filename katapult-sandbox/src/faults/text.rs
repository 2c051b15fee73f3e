//! The text form of a fault: `[operation:]kind`, then its schedule.

use std::fmt;
use std::str::FromStr;

use super::kind::FaultKind;
use super::table::{KINDS, KindRow};
use super::{Fault, Schedule};
use crate::duration;

/// The text form of a fault is invalid. The message lists the valid kinds.
#[derive(Debug, PartialEq, Eq)]
pub struct FaultError(String);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invalid fault {:?}: expected [operation:]kind, then =0.05 (a rate), #2 (the first two) or @0110 (a script); \
             a duration is {}, for a delay at most 1h; kinds are ",
            self.0,
            duration::EXPECTED
        )?;
        let examples: Vec<_> = KINDS.iter().map(|row| row.example).collect();
        f.write_str(&examples.join(", "))
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
        let (fault, how) = kind(rest).ok_or_else(fail)?;
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
        let parameter = self.parameter();
        let is_self = |row: &&KindRow| {
            let fault = row.fault(parameter.as_deref());
            fault.is_some_and(|fault| fault.kind == *self)
        };
        f.write_str(KINDS.iter().find(is_self).map_or("", |row| row.name()))?;
        match &parameter {
            Some(parameter) => write!(f, "={parameter}"),
            None => Ok(()),
        }
    }
}

/// Returns the fault of a kind's text form, and the text after it: the schedule.
fn kind(text: &str) -> Option<(Fault, &str)> {
    let (name, rest) = until_mark(text);
    let known = |name: &str| KINDS.iter().find(|row| row.name() == name);
    match known(name) {
        Some(row) if row.has_parameter() => {
            let (parameter, rest) = until_mark(rest.strip_prefix('=')?);
            Some((row.fault(Some(parameter))?, rest))
        }
        Some(row) => Some((row.fault(None)?, rest)),
        // An underscore before the parameter, where the equals sign would be.
        None => {
            let (name, parameter) = name.rsplit_once('_')?;
            Some((known(name)?.fault(Some(parameter))?, rest))
        }
    }
}

/// Splits a text before the first character that ends a name or a parameter.
fn until_mark(text: &str) -> (&str, &str) {
    text.split_at(text.find(['=', '#', '@']).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::faults::ProxyStatus;

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
        for row in &KINDS {
            let fault: Fault = row.example.parse().unwrap();
            assert_eq!(fault.to_string(), row.example);
            for narrow in narrow {
                let fault = narrow(fault.clone());
                let text = fault.to_string();
                assert_eq!(text.parse(), Ok(fault), "{text}");
                assert!(texts.insert(text.clone()), "{text} means two faults");
            }
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
            ("latency=20ms", Fault::latency(Duration::from_millis(20))),
            (
                "latency_20ms#1",
                Fault::latency(Duration::from_millis(20)).times(1),
            ),
            (
                "429_for=2min",
                Fault::rate_limit_for(Duration::from_secs(120)),
            ),
            (
                "429_for_2s=0.5",
                Fault::rate_limit_for(Duration::from_secs(2)).probability(0.5),
            ),
            ("shape_2024", Fault::old_shape(2024)),
            (
                "slow_body=1min@01",
                Fault::slow_body(Duration::from_secs(60)).script([false, true]),
            ),
            (
                "tasks.get:half_open#1",
                Fault::half_open().on("tasks.get").times(1),
            ),
            (
                "clock_skew=-90s=0.5",
                Fault::clock_skew(-90).probability(0.5),
            ),
            ("clock_skew=1h", Fault::clock_skew(3600)),
            ("quota=0#1", Fault::quota(0).times(1)),
            ("tags.create:late=5s#1", late.on("tags.create").times(1)),
            ("late_reset=300ms=0.5", lost.probability(0.5)),
        ] {
            assert_eq!(text.parse::<Fault>(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn invalid_text_is_refused_with_the_valid_kinds() {
        let invalid = [
            "late=soon",
            "late",
            "late=",
            "late=5",
            "slow_body=2h",
            "slow_body=0.5",
            "429_for=1500ms",
            "429_soon",
            "half_open=2s",
            "clock_skew=1500ms",
            "clock_skew=--1s",
            "clock_skew=+1s",
            "quota",
            "quota=-1",
            "quota=some",
            "shape=70000",
            "shape_",
            "429=2",
            "429=NaN",
            "reset_after@02",
            "tea",
            "",
        ];
        for text in invalid {
            let error = text.parse::<Fault>().unwrap_err();
            assert_eq!(error, FaultError(text.to_owned()));
        }
        let message = FaultError("tea".to_owned()).to_string();
        assert!(message.starts_with("invalid fault \"tea\": expected"));
        for row in &KINDS {
            assert!(message.contains(row.example), "{}: {message}", row.example);
        }
    }

    #[test]
    fn values_that_the_text_cannot_express_are_adjusted() {
        for (fault, text) in [
            (Fault::latency(Duration::from_micros(1)), "latency=1ms"),
            (Fault::late(Duration::from_nanos(1)), "late=1ms"),
            (
                Fault::rate_limit_for(Duration::from_millis(1200)),
                "429_for=2s",
            ),
            (Fault::clock_skew(i64::MIN), "clock_skew=-876000h"),
            (Fault::revoked().probability(1.5), "revoked"),
            (Fault::revoked().probability(-1.0), "revoked=0"),
            (Fault::revoked().probability(f64::NAN), "revoked=0"),
        ] {
            assert_eq!(fault.to_string(), text);
        }
        let longest = [
            Fault::latency,
            Fault::slow_body,
            Fault::late,
            Fault::rate_limit_for,
        ];
        for fault in longest.map(|fault| fault(Duration::MAX)) {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
    }
}
