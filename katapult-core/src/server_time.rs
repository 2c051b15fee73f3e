//! The server's clock, and the waits that it names.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use tokio::time::Instant;

/// The length of the quota's window; windows start on the minute.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// How far back a date may lie before it is taken for another clock rather than for a late response.
const STEP: Duration = Duration::from_secs(5);

/// The moment that a response was made, by the server's clock; its resolution is a second.
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

/// The wait that a response names in `Retry-After`: seconds, or a date by the server's clock `now`.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long wait, which will be capped.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// The number of the window that a moment lies in.
pub(crate) fn window(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
        / WINDOW.as_secs()
}

/// How long it is from a moment to the start of the next window.
pub(crate) fn until_next_window(time: SystemTime) -> Duration {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let into = Duration::new(since.as_secs() % WINDOW.as_secs(), since.subsec_nanos());
    WINDOW - into
}

/// What is known of the server's clock: a moment of ours at which the server's clock showed at least so much.
///
/// A response's date is cut to the second and was written before the response came, so it is a lower
/// bound, and of several bounds the highest is the closest. What follows from it is never early.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerClock {
    at: Instant,
    shown: SystemTime,
    told: bool,
}

impl ServerClock {
    /// Before any response: our own clock is all there is.
    pub(crate) fn assumed(at: Instant, ours: SystemTime) -> Self {
        Self {
            at,
            shown: ours,
            told: false,
        }
    }

    /// What the server's clock shows at least.
    pub(crate) fn at(&self, now: Instant) -> SystemTime {
        match now.checked_duration_since(self.at) {
            Some(since) => self.shown + since,
            None => self
                .shown
                .checked_sub(self.at.duration_since(now))
                .unwrap_or(UNIX_EPOCH),
        }
    }

    /// Learns from a response that came at `now`.
    pub(crate) fn learn(&mut self, now: Instant, date: SystemTime) {
        let reckoned = self.at(now);
        let stepped_back = date + STEP < reckoned;
        if !self.told || date > reckoned || stepped_back {
            *self = Self {
                at: now,
                shown: date,
                told: true,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(secs: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(secs)
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // 784111777 is Sun, 06 Nov 1994 08:49:37 GMT.
        let cases: &[(&str, Option<u64>)] = &[
            ("0", Some(0)),
            ("17", Some(17)),
            (" 17 ", Some(17)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:57 GMT", Some(20)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("-3", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let wait = retry_after(&headers("retry-after", text), time(784_111_777));
            assert_eq!(wait.map(|wait| wait.as_secs()), *expected, "{text:?}");
        }
    }

    #[test]
    fn windows_start_on_the_minute() {
        assert_eq!(until_next_window(time(120)), WINDOW);
        assert_eq!(until_next_window(time(162)), Duration::from_secs(18));
        let almost = time(179) + Duration::from_millis(999);
        assert_eq!(until_next_window(almost), Duration::from_millis(1));
        assert_eq!(window(time(179)), 2);
        assert_eq!(window(time(180)), 3);
    }

    #[test]
    fn the_closest_bound_is_kept() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut clock = ServerClock::assumed(start, time(5000));
        assert_eq!(clock.at(after(1000)), time(5001));
        // Ours was an assumption: the server's word replaces it, even backwards.
        clock.learn(after(0), time(1000));
        assert_eq!(clock.at(after(2000)), time(1002));
        // A date that adds nothing changes nothing.
        clock.learn(after(1900), time(1001));
        assert_eq!(clock.at(after(2000)), time(1002));
        // A second that turned earlier than reckoned brings the bound closer.
        clock.learn(after(2300), time(1003));
        assert_eq!(clock.at(after(2300)), time(1003));
        // A clock that was set back is believed.
        clock.learn(after(3300), time(900));
        assert_eq!(clock.at(after(4300)), time(901));
    }
}
