//! The server's clock, and the delays that responses state.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use tokio::time::Instant;

/// The length of a window of the quota; windows start on the minute.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// A date further back than this is a clock that was set back, and not a response that was late.
// More than the resolution of dates and the differences between the API's servers.
const MAX_LATENESS: Duration = Duration::from_secs(5);

/// Returns the time at which a response was generated, by the server's clock, to the second.
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

/// The last date that was parsed: all responses of a second have the same.
#[derive(Debug, Default)]
pub(crate) struct DateCache {
    text: [u8; 29], // the length of a date in the format of HTTP
    date: Option<SystemTime>,
}

impl DateCache {
    /// Returns the time at which a response was generated, as [`date`] does.
    pub(crate) fn date(&mut self, headers: &HeaderMap) -> Option<SystemTime> {
        let text = headers.get(DATE)?.as_bytes();
        if self.date.is_none() || text != self.text {
            // Another format of a date is not cached.
            self.text = text.try_into().unwrap_or_default();
            self.date = date(headers);
        }
        self.date
    }
}

/// Returns the delay in `Retry-After`: seconds, or a date by the server's clock, which shows `now`. Zero for a
/// negative number and for a date in the past.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Some(digits) = text.strip_prefix('-') {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        return is_number.then_some(Duration::ZERO);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit mean a very long delay, which exceeds every deadline.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Returns the number of the window that contains a time.
pub(crate) fn window_number(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
        / WINDOW.as_secs()
}

/// Returns the duration from a time to the start of the next window.
pub(crate) fn until_next_window(time: SystemTime) -> Duration {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let since_start = Duration::new(
        since_epoch.as_secs() % WINDOW.as_secs(),
        since_epoch.subsec_nanos(),
    );
    WINDOW - since_start
}

/// An estimate of the server's clock: a local instant at which the server's clock showed at least a given time.
///
/// A response's date is cut to the second and was written before the response arrived, so it is a lower bound,
/// and of several bounds the highest is the closest. A time derived from it is never early.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerClock {
    at: Instant,
    lower_bound: SystemTime,
    /// A response has stated the server's time.
    synced: bool,
}

impl ServerClock {
    /// Returns an estimate before any response: the local clock is the only source.
    pub(crate) fn estimate(at: Instant, local_time: SystemTime) -> Self {
        Self {
            at,
            lower_bound: local_time,
            synced: false,
        }
    }

    /// Returns a lower bound of the time by the server's clock.
    pub(crate) fn at(&self, now: Instant) -> SystemTime {
        match now.checked_duration_since(self.at) {
            Some(elapsed) => self.lower_bound + elapsed,
            None => self
                .lower_bound
                .checked_sub(self.at.duration_since(now))
                .unwrap_or(UNIX_EPOCH),
        }
    }

    /// Records the date of a response that was received at `now`.
    pub(crate) fn observe(&mut self, now: Instant, date: SystemTime) {
        let estimate = self.at(now);
        let set_back = date + MAX_LATENESS < estimate;
        if !self.synced || date > estimate || set_back {
            *self = Self {
                at: now,
                lower_bound: date,
                synced: true,
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
            ("-3", Some(0)),
            ("-", None),
            ("--3", None),
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
    fn cached_date_is_that_of_the_response() {
        let mut cache = DateCache::default();
        for (text, expected) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Sun, 06 Nov 1994 08:49:38 GMT", Some(784_111_778)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777)),
            ("Sun, 06 Nov 1994 08:49:37 XYZ", None),
            ("today", None),
        ] {
            let date = cache.date(&headers("date", text));
            assert_eq!(date, expected.map(time), "{text}");
        }
        assert_eq!(cache.date(&HeaderMap::new()), None);
    }

    #[test]
    fn windows_start_on_the_minute() {
        assert_eq!(until_next_window(time(120)), WINDOW);
        assert_eq!(until_next_window(time(162)), Duration::from_secs(18));
        let almost = time(179) + Duration::from_millis(999);
        assert_eq!(until_next_window(almost), Duration::from_millis(1));
        assert_eq!(window_number(time(179)), 2);
        assert_eq!(window_number(time(180)), 3);
    }

    #[test]
    fn server_clock_keeps_the_highest_lower_bound() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut clock = ServerClock::estimate(start, time(5000));
        assert_eq!(clock.at(after(1000)), time(5001));
        // The local clock was an assumption: the server's date replaces it, even backwards.
        clock.observe(after(0), time(1000));
        assert_eq!(clock.at(after(2000)), time(1002));
        // A date that adds nothing changes nothing.
        clock.observe(after(1900), time(1001));
        assert_eq!(clock.at(after(2000)), time(1002));
        // A second that began earlier than estimated raises the bound.
        clock.observe(after(2300), time(1003));
        assert_eq!(clock.at(after(2300)), time(1003));
        // A clock that was set back is followed.
        clock.observe(after(3300), time(900));
        assert_eq!(clock.at(after(4300)), time(901));
    }
}
