//! The quota: so many requests a clock minute and token.

use std::collections::HashMap;

const MINUTE: u64 = 60_000;

/// Requests counted, by token.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    counted: HashMap<String, (u64, u32)>,
}

/// What a request was told of its quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) permitted: u32,
    pub(crate) remaining: u32,
    pub(crate) refused: bool,
}

impl Quota {
    /// Counts a request at a time in milliseconds.
    pub(crate) fn count(&mut self, token: &str, permitted: u32, now: u64) -> Told {
        let minute = now / MINUTE;
        if !self.counted.contains_key(token) {
            self.counted.insert(token.to_owned(), (minute, 0));
        }
        let Some((window, used)) = self.counted.get_mut(token) else {
            return Told {
                permitted,
                remaining: permitted,
                refused: false,
            };
        };
        if *window != minute {
            (*window, *used) = (minute, 0);
        }
        let refused = *used >= permitted;
        *used = used.saturating_add(1).min(permitted);
        Told {
            permitted,
            remaining: permitted - *used,
            refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_the_clock_minute() {
        let mut quota = Quota::default();
        let cases = [
            (59_000, 1, false),
            (59_500, 0, false),
            (59_999, 0, true),
            (60_000, 1, false),
        ];
        for (now, remaining, refused) in cases {
            assert_eq!(
                quota.count("t", 2, now),
                Told {
                    permitted: 2,
                    remaining,
                    refused
                },
                "{now}"
            );
        }
    }
}
