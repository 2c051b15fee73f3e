//! The sandbox's clock: real, scaled, or controlled by the test.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The way in which the sandbox's time passes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Time {
    /// Real time.
    #[default]
    Real,
    /// Real time multiplied by a factor. The quota's minute and the `Date` header stay real, as clients
    /// compare them with their own clock.
    Scaled(f64),
    /// Time passes only by [`Sandbox::advance`](crate::Sandbox::advance).
    Manual,
}

/// The largest factor. Larger ones exceed what a date can express.
const MAX_SCALE: f64 = 1e6;

/// The latest time in milliseconds since 1970, the end of the year 9999: a `Date` header cannot express a later one.
const LATEST: u64 = 253_402_300_799_999;

/// The sandbox's clock. All times are in milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct Clock {
    time: Time,
    started: Instant,
    start: u64,
    advanced: u64,
    /// The time by which the world is behind, after it was set back.
    behind: u64,
}

impl Clock {
    pub(crate) fn new(time: Time, start: SystemTime) -> Self {
        let start = start.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            time,
            started: Instant::now(),
            start: milliseconds(start),
            advanced: 0,
            behind: 0,
        }
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.advanced = self.advanced.saturating_add(milliseconds(by));
    }

    /// Sets the time of the world back. The quota's minute and the `Date` header go on.
    pub(crate) fn set_world(&mut self, time: u64) {
        self.behind += self.world().saturating_sub(time);
    }

    /// Returns the time of the world.
    pub(crate) fn world(&self) -> u64 {
        self.elapsed().saturating_sub(self.behind)
    }

    /// Returns the time of a world that was never set back.
    fn elapsed(&self) -> u64 {
        let passed = match self.time {
            Time::Real => milliseconds(self.started.elapsed()),
            // A negative or an infinite factor would panic.
            Time::Scaled(factor) => {
                // `clamp` would keep NaN, and no duration can be scaled by it.
                let factor = if factor.is_nan() {
                    0.0
                } else {
                    factor.clamp(0.0, MAX_SCALE)
                };
                milliseconds(self.started.elapsed().mul_f64(factor))
            }
            Time::Manual => 0,
        };
        self.after_start(passed)
    }

    /// Returns the time after this much has passed by itself.
    fn after_start(&self, passed: u64) -> u64 {
        let time = self.start.saturating_add(self.advanced);
        time.saturating_add(passed).min(LATEST)
    }

    /// Returns the time of the quota and of the `Date` header, which is never scaled.
    pub(crate) fn wall(&self) -> u64 {
        match self.time {
            Time::Scaled(_) => self.after_start(milliseconds(self.started.elapsed())),
            Time::Real | Time::Manual => self.elapsed(),
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the `Date` header of a time in milliseconds since 1970.
pub(crate) fn http_date(milliseconds: u64) -> String {
    // A later time would panic; faults set the clock ahead.
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(milliseconds.min(LATEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_ends_with_the_year_9999() {
        let mut clock = Clock::new(Time::Manual, UNIX_EPOCH);
        for _ in 0..3 {
            clock.advance(Duration::MAX);
            assert_eq!((clock.world(), clock.wall()), (LATEST, LATEST));
        }
        let last = "Fri, 31 Dec 9999 23:59:59 GMT";
        assert_eq!(http_date(clock.wall()), last);
        assert_eq!(http_date(u64::MAX), last);
    }
}
