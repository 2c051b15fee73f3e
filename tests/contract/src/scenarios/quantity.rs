//! Durations and moments as tables write them.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A duration: `1s`, `500ms`, `2m`, `1m30s`, `0.5s`; a bare number counts seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// A difference between two clocks: a duration with a sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    behind: bool,
    by: Duration,
}

/// A moment: `2026-11-24T10:00:42Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub SystemTime);

/// A wait: a figure, or a range whose ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// So long.
    Figure(Span),
    /// From so long to so long.
    Range(Span, Span),
}

/// What the paused clock rounds to.
const RESOLUTION: Duration = Duration::from_millis(1);

impl Span {
    /// Reads a duration.
    ///
    /// # Errors
    ///
    /// Says what is no duration.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no duration: write it like 500ms, 1s, 2m or 1m30s");
        let text = text.trim();
        let mut rest = text;
        let mut total = Duration::ZERO;
        while !rest.is_empty() {
            let letters = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
            let (number, unit) = rest.split_at(letters.unwrap_or(rest.len()));
            let end = unit.find(|letter: char| !letter.is_ascii_alphabetic());
            let (unit, after) = unit.split_at(end.unwrap_or(unit.len()));
            let seconds = match unit {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "" if rest == text => 1.0,
                _ => return Err(wrong()),
            };
            let number: f64 = number.parse().map_err(|_| wrong())?;
            total += Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
            rest = after;
        }
        if text.is_empty() {
            return Err(wrong());
        }
        // What a float can't hold exactly is not meant.
        let nanos = (total.as_nanos() + 500) / 1000 * 1000;
        Ok(Self(
            u64::try_from(nanos).map_or(total, Duration::from_nanos),
        ))
    }

    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            other => Err(format!("`{other}` is no duration")),
        }
    }
}

impl Skew {
    /// The other clock, when this one shows that.
    pub fn from(self, clock: SystemTime) -> SystemTime {
        if self.behind {
            clock - self.by
        } else {
            clock + self.by
        }
    }
}

impl Wait {
    /// Whether a wait was as it should be, as exactly as time is kept.
    pub fn holds(self, wait: Duration) -> bool {
        let (least, most) = match self {
            Wait::Figure(span) => (span.0, span.0),
            Wait::Range(least, most) => (least.0, most.0),
        };
        wait + RESOLUTION >= least && wait <= most + RESOLUTION
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::Figure(span) => write!(f, "{span}"),
            Wait::Range(least, most) => write!(f, "{least} to {most}"),
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Skew {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let unsigned = text.trim().trim_start_matches(['-', '+']);
        let Span(by) = Span::parse(unsigned).map_err(D::Error::custom)?;
        let behind = text.trim().starts_with('-');
        Ok(Self { behind, by })
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: jiff::Timestamp = text.parse().map_err(|error| {
            D::Error::custom(format!(
                "`{text}` is no moment: write it like 2026-11-24T10:00:42Z ({error})"
            ))
        })?;
        Ok(Self(time.into()))
    }
}

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let wait = match value.as_array().map(Vec::as_slice) {
            None => Span::from_value(&value).map(Wait::Figure),
            Some([least, most]) => Span::from_value(least)
                .and_then(|least| Ok(Wait::Range(least, Span::from_value(most)?))),
            Some(_) => Err(format!(
                "`{value}` is no wait: a range has two ends, [18s, 19s]"
            )),
        };
        match wait.map_err(D::Error::custom)? {
            Wait::Range(least, most) if least > most => Err(D::Error::custom(format!(
                "a wait from {least} to {most} is impossible"
            ))),
            wait => Ok(wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_what_is_none_is_refused() {
        let cases = [
            ("1s", Some(1000)),
            ("500ms", Some(500)),
            ("2m", Some(120_000)),
            ("1m30s", Some(90_000)),
            ("1h", Some(3_600_000)),
            ("0.25s", Some(250)),
            ("0", Some(0)),
            ("0s", Some(0)),
            ("18", Some(18_000)),
            ("", None),
            ("s", None),
            ("-1s", None),
            ("1 s", None),
            ("1d", None),
            ("1s2", None),
            ("soon", None),
            ("99999999999999999999999s", None),
        ];
        for (text, millis) in cases {
            let span = Span::parse(text).ok();
            assert_eq!(span.map(|span| span.0.as_millis()), millis, "{text}");
        }
    }

    #[test]
    fn a_range_holds_its_ends() {
        let second = Duration::from_secs(1);
        let range = Wait::Range(Span(second * 18), Span(second * 19));
        assert!(range.holds(second * 18) && range.holds(second * 19));
        assert!(!range.holds(second * 17) && !range.holds(second * 20));
        let figure = Wait::Figure(Span(second));
        assert!(figure.holds(second) && !figure.holds(second * 2));
        let clock = SystemTime::UNIX_EPOCH + second * 100;
        let skew: Skew = serde_json::from_str("\"-90s\"").unwrap();
        assert_eq!(skew.from(clock), SystemTime::UNIX_EPOCH + second * 10);
        let skew: Skew = serde_json::from_str("\"1m\"").unwrap();
        assert_eq!(skew.from(clock), clock + second * 60);
    }
}
