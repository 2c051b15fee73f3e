use std::fmt;
use std::ops::{RangeFrom, RangeFull, RangeInclusive, RangeToInclusive};

/// A number of calls: `2`, `1..`, `..=3`, `1..=3`, or `..` for any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub(super) min: usize,
    /// `None` for no limit.
    pub(super) max: Option<usize>,
}

impl Times {
    const fn new(min: usize, max: Option<usize>) -> Self {
        Self { min, max }
    }

    /// Returns `true` if no further call is permitted after so many.
    pub(super) fn is_exhausted(self, calls: usize) -> bool {
        self.max.is_some_and(|max| calls >= max)
    }

    /// Returns `true` if so many calls are enough, though further ones may be permitted.
    pub(super) fn is_satisfied(self, calls: usize) -> bool {
        calls >= self.min
    }
}

impl From<usize> for Times {
    fn from(calls: usize) -> Self {
        Self::new(calls, Some(calls))
    }
}

impl From<RangeFrom<usize>> for Times {
    fn from(calls: RangeFrom<usize>) -> Self {
        Self::new(calls.start, None)
    }
}

impl From<RangeInclusive<usize>> for Times {
    fn from(calls: RangeInclusive<usize>) -> Self {
        Self::new(*calls.start(), Some(*calls.end()))
    }
}

impl From<RangeToInclusive<usize>> for Times {
    fn from(calls: RangeToInclusive<usize>) -> Self {
        Self::new(0, Some(calls.end))
    }
}

impl From<RangeFull> for Times {
    fn from(_: RangeFull) -> Self {
        Self::new(0, None)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (0, None) => f.write_str("any number of calls"),
            (1, None) => f.write_str("at least 1 call"),
            (min, None) => write!(f, "at least {min} calls"),
            (0, Some(0)) => f.write_str("no call"),
            (1, Some(1)) => f.write_str("1 call"),
            (min, Some(max)) if min == max => write!(f, "{max} calls"),
            (0, Some(1)) => f.write_str("at most 1 call"),
            (0, Some(max)) => write!(f, "at most {max} calls"),
            (min, Some(max)) => write!(f, "{min} to {max} calls"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_displayed_in_words() {
        for (times, text) in [
            (Times::from(0), "no call"),
            (Times::from(1), "1 call"),
            (Times::from(2), "2 calls"),
            ((1..).into(), "at least 1 call"),
            ((2..).into(), "at least 2 calls"),
            ((..=1).into(), "at most 1 call"),
            ((..=3).into(), "at most 3 calls"),
            ((1..=3).into(), "1 to 3 calls"),
            ((..).into(), "any number of calls"),
        ] {
            assert_eq!(times.to_string(), text);
        }
    }
}
