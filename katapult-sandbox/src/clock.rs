//! The sandbox's time: real, scaled, or driven by the test.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How the sandbox's time passes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Time {
    /// As on the wall.
    #[default]
    Real,
    /// So many times as fast.
    Scaled(f64),
    /// Only by [`Sandbox::advance`](crate::Sandbox::advance).
    Manual,
}

/// The sandbox's clock.
#[derive(Debug)]
pub(crate) struct Clock {
    time: Time,
    began: Instant,
    start: u64,
    advanced: u64,
}

impl Clock {
    pub(crate) fn new(time: Time, start: SystemTime) -> Self {
        let start = start.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            time,
            began: Instant::now(),
            start: milliseconds(start),
            advanced: 0,
        }
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.advanced += milliseconds(by);
    }

    /// The time of the world, in milliseconds since 1970.
    pub(crate) fn world(&self) -> u64 {
        let passed = match self.time {
            Time::Real => milliseconds(self.began.elapsed()),
            Time::Scaled(factor) => milliseconds(self.began.elapsed().mul_f64(factor.max(0.0))),
            Time::Manual => 0,
        };
        self.start + self.advanced + passed
    }

    /// The time of the quota and of the `Date` header: it is not scaled, as clients hold it against
    /// their own.
    pub(crate) fn wall(&self) -> u64 {
        match self.time {
            Time::Scaled(_) => self.start + self.advanced + milliseconds(self.began.elapsed()),
            Time::Real | Time::Manual => self.world(),
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The `Date` header of a time.
pub(crate) fn date(milliseconds: u64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(milliseconds))
}
