//! The clock minutes in which the quota is counted.

use std::time::Duration;

const MINUTE: u64 = 60;

/// Returns the time left in the minute of `now`, the time since 1970.
pub(crate) fn left_of_minute(now: Duration) -> Duration {
    let into = Duration::new(now.as_secs() % MINUTE, now.subsec_nanos());
    Duration::from_secs(MINUTE) - into
}

/// Returns the time from `start` until the quota admits the last of `requests`.
pub(crate) fn ideal(start: Duration, requests: u32, permitted: u32) -> Duration {
    match requests.div_ceil(permitted.max(1)) {
        0 | 1 => Duration::ZERO,
        minutes => left_of_minute(start) + Duration::from_secs(MINUTE * (u64::from(minutes) - 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ideal_ends_when_the_last_minute_begins() {
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
