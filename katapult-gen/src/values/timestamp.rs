//! Points in time.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A point in time, in whole seconds since the Unix epoch, as the API writes times.
///
/// It displays as RFC 3339 in UTC, and is sent as seconds. It converts to and from
/// [`SystemTime`], and with the feature `jiff` to and from `jiff::Timestamp`.
///
/// ```
/// use katapult_gen::Timestamp;
///
/// assert_eq!(Timestamp::from_secs(1_605_785_692).to_string(), "2020-11-19T11:34:52Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

const SECS_PER_DAY: i64 = 86_400;

impl Timestamp {
    /// Returns the time that is `secs` seconds after the Unix epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs)
    }

    /// Returns the seconds since the Unix epoch.
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// Converts to the standard library's type. A time out of its range becomes the Unix epoch.
    pub fn to_system_time(self) -> SystemTime {
        // `unsigned_abs`, since the least `i64` has no positive twin.
        let distance = Duration::from_secs(self.0.unsigned_abs());
        let time = match self.0 {
            ..0 => SystemTime::UNIX_EPOCH.checked_sub(distance),
            _ => SystemTime::UNIX_EPOCH.checked_add(distance),
        };
        time.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

impl From<i64> for Timestamp {
    fn from(secs: i64) -> Self {
        Self(secs)
    }
}

impl From<i64> for crate::Patch<Timestamp> {
    fn from(secs: i64) -> Self {
        Self::Value(Timestamp(secs))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        time.to_system_time()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.rem_euclid(SECS_PER_DAY);
        let (year, month, day) = date(self.0.div_euclid(SECS_PER_DAY));
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        // A year that RFC 3339 has no form for is written as ISO 8601's expanded year.
        let year = match year {
            0..=9999 => format!("{year:04}"),
            _ => format!("{year:+07}"),
        };
        // `pad` honours widths such as `{:<25}`, for tables.
        f.pad(&format!(
            "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        ))
    }
}

/// Returns the year, month and day of a number of days since the Unix epoch.
fn date(days: i64) -> (i64, i64, i64) {
    // 400 years have the same number of days wherever they begin. They begin on 1 March here, so
    // that the leap day is the last of a year; 719,468 days lie between 0000-03-01 and the epoch.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Five months from March have 153 days, and the next five as many.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, next_year) = match month_from_march {
        0..=9 => (month_from_march + 3, 0),
        _ => (month_from_march - 9, 1),
    };
    (year_of_era + era * 400 + next_year, month, day)
}

#[cfg(feature = "jiff")]
impl TryFrom<Timestamp> for jiff::Timestamp {
    type Error = jiff::Error;

    /// Converts to jiff's type.
    ///
    /// # Errors
    ///
    /// Returns an error if the year is not within -9999 and 9999, all that jiff has.
    fn try_from(time: Timestamp) -> Result<Self, Self::Error> {
        Self::from_second(time.as_secs())
    }
}

#[cfg(feature = "jiff")]
impl From<jiff::Timestamp> for Timestamp {
    /// Converts from jiff's type, without fractions of a second, which the API does not have.
    fn from(time: jiff::Timestamp) -> Self {
        Self(time.as_second())
    }
}

#[cfg(feature = "jiff")]
impl From<jiff::Timestamp> for crate::Patch<Timestamp> {
    fn from(time: jiff::Timestamp) -> Self {
        Self::Value(time.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamp_is_read_and_written_as_seconds() {
        let time: Timestamp = serde_json::from_str("1605785692").unwrap();
        assert_eq!(time.as_secs(), 1_605_785_692);
        assert_eq!(serde_json::to_string(&time).unwrap(), "1605785692");
        assert!(time < Timestamp::from_secs(1_605_785_693));
    }

    #[test]
    fn timestamp_displays_as_rfc_3339() {
        for (secs, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (1_605_785_692, "2020-11-19T11:34:52Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (253_402_300_800, "+010000-01-01T00:00:00Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (-62_167_219_201, "-000001-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from_secs(secs).to_string(), expected, "{secs}");
        }
        assert_eq!(format!("{:>22}", Timestamp(0)), "  1970-01-01T00:00:00Z");
        for secs in [i64::MAX, i64::MIN] {
            assert!(Timestamp::from_secs(secs).to_string().ends_with('Z'));
        }
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn timestamp_converts_to_and_from_jiff_and_displays_alike() {
        // A prime step, so that each month, weekday and hour occurs.
        for secs in (-99_999_999_999..99_999_999_999).step_by(86_413_003) {
            let ours = Timestamp::from_secs(secs);
            let theirs = jiff::Timestamp::try_from(ours).unwrap();
            assert_eq!(Timestamp::from(theirs), ours);
            if (0..=9999).contains(&theirs.strftime("%Y").to_string().parse::<i64>().unwrap()) {
                assert_eq!(ours.to_string(), theirs.to_string());
            }
        }
        assert!(jiff::Timestamp::try_from(Timestamp::from_secs(i64::MAX)).is_err());
    }

    #[test]
    fn to_system_time_converts_any_time() {
        let epoch = SystemTime::UNIX_EPOCH;
        for (secs, expected) in [
            (0, epoch),
            (90, epoch + Duration::from_secs(90)),
            (-90, epoch - Duration::from_secs(90)),
        ] {
            assert_eq!(Timestamp::from_secs(secs).to_system_time(), expected);
        }
        for secs in [i64::MAX, i64::MIN] {
            let _ = Timestamp::from_secs(secs).to_system_time();
        }
    }
}
