//! The server's quota: a number of requests per token and clock minute.

use std::collections::HashMap;

/// The length of a window in milliseconds. The API counts by clock minute, not by a sliding window.
const WINDOW: u64 = 60_000;

/// The requests counted in the current window of each token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quota {
    /// The number of the window, and the requests in it.
    counted: HashMap<String, (u64, u32)>,
}

/// The state of a token's quota after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuotaStatus {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// `true` if the request is over the limit.
    pub(crate) exceeded: bool,
}

impl Quota {
    /// Counts a request at a time in milliseconds.
    pub(crate) fn count(&mut self, token: &str, limit: u32, now: u64) -> QuotaStatus {
        let window = now / WINDOW;
        // `entry` would allocate the key on every request.
        if !self.counted.contains_key(token) {
            self.counted.insert(token.to_owned(), (window, 0));
        }
        let Some((current, used)) = self.counted.get_mut(token) else {
            return QuotaStatus {
                limit,
                remaining: limit,
                exceeded: false,
            };
        };
        if *current != window {
            (*current, *used) = (window, 0);
        }
        let exceeded = *used >= limit;
        *used = used.saturating_add(1).min(limit);
        QuotaStatus {
            limit,
            remaining: limit - *used,
            exceeded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_is_the_clock_minute() {
        let mut quota = Quota::default();
        let cases = [
            (59_000, 1, false),
            (59_500, 0, false),
            (59_999, 0, true),
            (60_000, 1, false),
        ];
        for (now, remaining, exceeded) in cases {
            assert_eq!(
                quota.count("t", 2, now),
                QuotaStatus {
                    limit: 2,
                    remaining,
                    exceeded
                },
                "{now}"
            );
        }
    }
}
