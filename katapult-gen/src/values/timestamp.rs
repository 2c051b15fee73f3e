//! Points in time.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A point in time, in whole seconds since the Unix epoch, as the API writes times.
///
/// It displays as those seconds. [`to_system_time`](Timestamp::to_system_time) converts it for the
/// standard library and, through it, for crates such as `jiff` or `chrono`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

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
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamp_is_read_written_and_displayed_as_seconds() {
        let time: Timestamp = serde_json::from_str("1605785692").unwrap();
        assert_eq!(time.as_secs(), 1_605_785_692);
        assert_eq!(time.to_string(), "1605785692");
        assert_eq!(serde_json::to_string(&time).unwrap(), "1605785692");
        assert!(time < Timestamp::from_secs(1_605_785_693));
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
