//! The lines that the processes print, and the summary of a run.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;

/// An event that a process reports: one line of its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The completion of a task was detected, at a time since 1970.
    Completed(u32, Duration),
    /// A call got its response after this time.
    Called(Duration),
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed(number, at) => write!(f, "completed {number} {}", at.as_millis()),
            Self::Called(waited) => write!(f, "called {}", waited.as_millis()),
        }
    }
}

impl FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(' ').collect();
        let millis = |word: &str| word.parse().map(Duration::from_millis).ok();
        let line = match words[..] {
            ["completed", number, at] => number
                .parse()
                .ok()
                .zip(millis(at))
                .map(|(number, at)| Self::Completed(number, at)),
            ["called", waited] => millis(waited).map(Self::Called),
            _ => None,
        };
        line.ok_or_else(|| format!("a process printed {text:?}"))
    }
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The number of waits.
    pub waits: u32,
    /// The number of polls that the server received.
    pub polls: u32,
    /// The quota of all clock minutes of the run.
    pub quota: u32,
    /// The largest share of a clock minute's quota that polls used.
    pub poll_share: f64,
    /// The number of calls other than polls.
    pub calls: u32,
    /// The 95th percentile of the time from a call to its response, in seconds.
    pub call_wait_p95: f64,
    /// The longest time from the completion of a task to its detection, in seconds.
    pub detection_max: f64,
    /// The bound of that time, in seconds.
    pub detection_bound: f64,
    /// The number of requests that the server rejected.
    pub refused: u32,
}

impl Summary {
    /// Returns what the run violates, if polls may use this share of the quota; empty if nothing.
    pub fn violations(&self, share: f64) -> Vec<String> {
        let mut violations = Vec::new();
        let mut check = |holds: bool, text: String| {
            if !holds {
                violations.push(text);
            }
        };
        // The sum of several shares is not exact.
        check(
            self.poll_share <= share + 1e-9,
            format!("polls used {} of a minute's quota", self.poll_share),
        );
        check(
            self.call_wait_p95 < 2.0,
            format!("calls waited {} s (95th percentile)", self.call_wait_p95),
        );
        check(
            self.detection_max <= self.detection_bound,
            format!("a completion was detected after {} s", self.detection_max),
        );
        check(
            self.refused == 0,
            format!("{} requests were rejected", self.refused),
        );
        violations
    }
}

/// Returns the percentile of values; 0 if there are none.
pub(super) fn percentile(values: &mut [Duration], percent: usize) -> Duration {
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(rank).copied().unwrap_or_default()
}

/// Counts the requests of each clock minute, by their dates.
pub(super) fn per_minute(dates: impl Iterator<Item = u64>) -> BTreeMap<u64, u32> {
    let mut minutes = BTreeMap::new();
    for date in dates {
        *minutes.entry(date / 60).or_default() += 1;
    }
    minutes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_printed() {
        let lines = [
            Line::Completed(7, Duration::from_millis(1_700_000_000_123)),
            Line::Called(Duration::from_millis(21)),
        ];
        for line in lines {
            assert_eq!(line.to_string().parse(), Ok(line));
        }
        assert!("completed".parse::<Line>().is_err());
        assert!("called soon".parse::<Line>().is_err());
    }

    #[test]
    fn percentile_is_the_value_that_as_many_do_not_exceed() {
        let mut values: Vec<Duration> = (1..=100).rev().map(Duration::from_secs).collect();
        assert_eq!(percentile(&mut values, 95), Duration::from_secs(95));
        assert_eq!(percentile(&mut values[..1], 95), Duration::from_secs(1));
        assert_eq!(percentile(&mut [], 95), Duration::ZERO);
    }

    #[test]
    fn violations_name_each_limit_that_is_exceeded() {
        let summary = Summary {
            waits: 500,
            polls: 900,
            quota: 3_200,
            poll_share: 0.3,
            calls: 1_600,
            call_wait_p95: 0.1,
            detection_max: 600.0,
            detection_bound: 600.0,
            refused: 0,
        };
        assert!(summary.violations(0.1 + 0.1 + 0.1).is_empty());
        let summary = Summary {
            poll_share: 0.305,
            call_wait_p95: 2.0,
            detection_max: 600.1,
            refused: 1,
            ..summary
        };
        assert_eq!(summary.violations(0.3).len(), 4);
    }
}
