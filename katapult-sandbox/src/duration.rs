//! The text form of durations, in faults, in options and in control requests.

use std::fmt;
use std::time::Duration;

/// The units with their milliseconds, largest first.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// The longest duration: a century.
// A few of them are still before the year 9999, the last one that a `Date` header can express.
pub(crate) const MAX: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);

/// The words that describe a duration in a message.
pub(crate) const EXPECTED: &str = "a whole number of ms, s, min or h";

/// Reads a duration: an integer with a unit, such as `300ms`, at most [`MAX`].
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let milliseconds = number.parse::<u64>().ok()?.checked_mul(*unit)?;
    Some(Duration::from_millis(milliseconds)).filter(|time| *time <= MAX)
}

/// Returns the duration in whole milliseconds, rounded up and at most [`MAX`]: what the text form can express.
pub(crate) fn representable(time: Duration) -> Duration {
    let milliseconds = time.min(MAX).as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
}

/// Displays whole milliseconds in the largest unit that divides them.
pub(crate) struct DurationText(pub(crate) Duration);

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        if milliseconds == 0 {
            return f.write_str("0s");
        }
        let divides = |unit: u64| milliseconds % u128::from(unit) == 0;
        let unit = UNITS.iter().find(|(_, unit)| divides(*unit));
        let (name, unit) = unit.unwrap_or(&("ms", 1));
        write!(f, "{}{name}", milliseconds / u128::from(*unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_an_integer_with_a_unit() {
        let cases = [
            ("20ms", Some(20)),
            ("30s", Some(30_000)),
            ("2min", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("0s", Some(0)),
            ("876000h", Some(3_153_600_000_000)),
            ("876001h", None),
            ("30", None),
            ("s", None),
            ("-1s", None),
            ("1.5s", None),
            ("1 s", None),
            ("99999999999999999999s", None),
            ("9999999999h", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(Duration::from_millis);
            assert_eq!(parse(text), expected, "{text}");
            if let Some(time) = expected {
                assert_eq!(parse(&DurationText(time).to_string()), expected, "{text}");
            }
        }
    }

    #[test]
    fn duration_displays_in_its_largest_unit() {
        let cases = [
            (7_200_000, "2h"),
            (90_000, "90s"),
            (120_000, "2min"),
            (1_500, "1500ms"),
            (0, "0s"),
        ];
        for (milliseconds, text) in cases {
            let displayed = DurationText(Duration::from_millis(milliseconds)).to_string();
            assert_eq!(displayed, text);
        }
    }
}
