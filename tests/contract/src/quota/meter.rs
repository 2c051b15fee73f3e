//! The quota of a clock minute, as the API counts it.

use std::time::Duration;

const MINUTE: u64 = 60;

/// Counts the requests of the minute that it is.
#[derive(Debug)]
pub struct Meter {
    permitted: u32,
    minute: u64,
    spent: u32,
    refused: u32,
}

impl Meter {
    /// A meter that permits so many requests a minute.
    pub fn new(permitted: u32) -> Self {
        Self {
            permitted,
            minute: 0,
            spent: 0,
            refused: 0,
        }
    }

    /// How many requests are permitted in a minute.
    pub fn permitted(&self) -> u32 {
        self.permitted
    }

    /// How many were refused so far.
    pub fn refused(&self) -> u32 {
        self.refused
    }

    /// Counts a request, at so long after 1970: gives what is left of the minute, `None` when it is refused.
    pub fn take(&mut self, now: Duration) -> Option<u32> {
        let minute = now.as_secs() / MINUTE;
        if minute != self.minute {
            self.minute = minute;
            self.spent = 0;
        }
        if self.spent >= self.permitted {
            self.refused += 1;
            return None;
        }
        self.spent += 1;
        Some(self.permitted - self.spent)
    }
}

/// How much is left of the minute, at so long after 1970.
pub fn left_of_minute(now: Duration) -> Duration {
    let into = Duration::new(now.as_secs() % MINUTE, now.subsec_nanos());
    Duration::from_secs(MINUTE) - into
}

/// How long it is from this start until the quota has room for the last of so many requests.
pub fn ideal(start: Duration, requests: u32, permitted: u32) -> Duration {
    match requests.div_ceil(permitted.max(1)) {
        0 | 1 => Duration::ZERO,
        minutes => left_of_minute(start) + Duration::from_secs(MINUTE * (u64::from(minutes) - 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_permits_so_many_and_no_more() {
        let at = Duration::from_secs;
        let mut meter = Meter::new(2);
        let taken = [119, 119, 119, 120, 120, 120].map(|second| meter.take(at(second)));
        assert_eq!(taken, [Some(1), Some(0), None, Some(1), Some(0), None]);
        assert_eq!(meter.refused(), 2);
    }

    #[test]
    fn the_ideal_is_when_the_last_ones_minute_begins() {
        let start = Duration::from_millis(60_000 * 7 + 42_500);
        let cases = [
            (0, 0),
            (1000, 0),
            (1001, 17_500),
            (2000, 17_500),
            (2500, 77_500),
        ];
        for (requests, millis) in cases {
            assert_eq!(
                ideal(start, requests, 1000).as_millis(),
                millis,
                "{requests}"
            );
        }
    }
}
