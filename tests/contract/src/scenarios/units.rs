//! Durations and clock differences as scenario tables write them.

use std::fmt;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A duration: `1s`, `500ms`, `2m`, `1m30s`, `0.5s`; a bare number counts seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(pub Duration);

/// The difference between two clocks: a duration with a sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockSkew(SignedDuration);

/// The range of a wait, both ends included; a single figure is both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedWait {
    min: HumanDuration,
    max: HumanDuration,
}

/// The resolution of tokio's paused clock.
const RESOLUTION: Duration = Duration::from_millis(1);

/// Parses a duration in jiff's "friendly" format; a bare number counts seconds.
fn parse(text: &str) -> Result<SignedDuration, String> {
    let seconds = text.parse::<f64>().is_ok().then(|| format!("{text}s"));
    let parsed = seconds.as_deref().unwrap_or(text).parse();
    parsed
        .map_err(|error| format!("`{text}` is not a duration like 500ms, 1s, 2m or 1m30s: {error}"))
}

/// Reads a duration from a YAML string or number.
fn from_value(value: &Value) -> Result<SignedDuration, String> {
    match value {
        Value::String(text) => parse(text),
        other => parse(&other.to_string()),
    }
}

impl HumanDuration {
    fn from_value(value: &Value) -> Result<Self, String> {
        let duration = from_value(value)?;
        match Duration::try_from(duration) {
            Ok(duration) => Ok(Self(duration)),
            Err(_) => Err(format!("`{value}` is negative")),
        }
    }
}

impl ClockSkew {
    /// Returns the client's time when the server's clock shows `server`.
    pub(crate) fn apply_to(self, server: SystemTime) -> SystemTime {
        if self.0.is_negative() {
            server - self.0.unsigned_abs()
        } else {
            server + self.0.unsigned_abs()
        }
    }
}

impl ExpectedWait {
    /// Returns `true` if `wait` is within the range, give or take the clock's resolution.
    pub(crate) fn matches(self, wait: Duration) -> bool {
        wait + RESOLUTION >= self.min.0 && wait <= self.max.0 + RESOLUTION
    }
}

impl fmt::Display for ExpectedWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (self.min.0, self.max.0);
        match min == max {
            true => write!(f, "{min:?}"),
            false => write!(f, "{min:?} to {max:?}"),
        }
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ClockSkew {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let skew = from_value(&Value::deserialize(deserializer)?);
        skew.map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ExpectedWait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let ends = match value.as_array().map(Vec::as_slice) {
            None => HumanDuration::from_value(&value).map(|wait| (wait, wait)),
            Some([min, max]) => HumanDuration::from_value(min)
                .and_then(|min| Ok((min, HumanDuration::from_value(max)?))),
            Some(_) => Err(format!("`{value}` is not a wait: a range is [18s, 19s]")),
        };
        match ends.map_err(D::Error::custom)? {
            (min, max) if min > max => Err(D::Error::custom(format!(
                "`{value}` is an empty range: its first end is the later one"
            ))),
            (min, max) => Ok(Self { min, max }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn duration_is_a_number_with_units_or_bare_seconds() {
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
            ("1d", None),
            ("1s2", None),
            ("soon", None),
            ("99999999999999999999999s", None),
        ];
        for (text, millis) in cases {
            let parsed = HumanDuration::from_value(&json!(text)).ok();
            assert_eq!(parsed.map(|parsed| parsed.0.as_millis()), millis, "{text}");
        }
    }

    #[test]
    fn expected_wait_includes_both_ends() {
        let second = Duration::from_secs(1);
        let wait = |value| serde_json::from_value::<ExpectedWait>(value);
        let range = wait(json!(["18s", 19])).unwrap();
        assert!(range.matches(second * 18) && range.matches(second * 19));
        assert!(!range.matches(second * 17) && !range.matches(second * 20));
        let figure = wait(json!("1s")).unwrap();
        assert!(figure.matches(second) && !figure.matches(second * 2));
        assert!(wait(json!(["2s", "1s"])).is_err() && wait(json!(["2s"])).is_err());
    }

    #[test]
    fn clock_skew_has_a_sign() {
        let clock = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        for (skew, seconds) in [("-90s", 10), ("1m", 160)] {
            let skew: ClockSkew = serde_json::from_value(json!(skew)).unwrap();
            let expected = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(skew.apply_to(clock), expected);
        }
    }
}
