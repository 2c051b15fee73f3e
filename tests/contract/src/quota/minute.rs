//! Clock minutes, by which the quota is counted.

use std::time::Duration;

const MINUTE: u64 = 60;

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
