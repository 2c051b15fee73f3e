//! The server's quota: a number of requests per token and clock minute.

use std::collections::HashMap;

/// The length of a window in milliseconds. The API counts by clock minute, not by a sliding window.
const WINDOW: u64 = 60_000;

/// The tokens whose requests are counted. A client that tries ever new ones must not fill the memory.
const MAX_TOKENS: usize = 10_000;

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
    /// Counts a request at a time in milliseconds, on a server whose clock is ahead by `skew`.
    pub(crate) fn count(&mut self, token: &str, limit: u32, now: u64, skew: i64) -> QuotaStatus {
        // Whole windows of the skew would only number the windows differently.
        let offset = skew.rem_euclid(WINDOW as i64).unsigned_abs();
        let window = now.saturating_add(offset) / WINDOW;
        // `entry` would allocate the key on every request.
        if !self.counted.contains_key(token) {
            if self.counted.len() >= MAX_TOKENS {
                self.counted.retain(|_, (current, _)| *current >= window);
            }
            // All of them are of this minute: the further ones are not counted.
            if self.counted.len() >= MAX_TOKENS {
                return QuotaStatus {
                    limit,
                    remaining: limit,
                    exceeded: false,
                };
            }
            self.counted.insert(token.to_owned(), (window, 0));
        }
        let Some((current, used)) = self.counted.get_mut(token) else {
            return QuotaStatus {
                limit,
                remaining: limit,
                exceeded: false,
            };
        };
        // The clock never goes back: a window from before it is that of another server, with another skew.
        if window > *current {
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

    /// Uses the quota up after a request, except for so many requests, and returns the status of that request.
    pub(crate) fn use_up(
        &mut self,
        token: &str,
        status: QuotaStatus,
        remaining: u32,
    ) -> QuotaStatus {
        let remaining = status.remaining.min(remaining);
        if let Some((_, used)) = self.counted.get_mut(token) {
            *used = status.limit - remaining;
        }
        QuotaStatus {
            remaining,
            ..status
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
                quota.count("t", 2, now, 0),
                QuotaStatus {
                    limit: 2,
                    remaining,
                    exceeded
                },
                "{now}"
            );
        }
    }

    #[test]
    fn window_of_a_skewed_clock_begins_by_that_clock() {
        // skew; a time just before, and at, the beginning of a window
        let cases = [
            (0, 59_999, 60_000),
            (1_000, 58_999, 59_000),
            (-1_000, 60_999, 61_000),
            (61_000, 118_999, 119_000),
            (-3_600_000, 119_999, 120_000),
        ];
        for (skew, before, beginning) in cases {
            let mut quota = Quota::default();
            let mut exceeded = |now| quota.count("t", 1, now, skew).exceeded;
            assert!(!exceeded(before - 1), "{skew}");
            assert!(exceeded(before), "{skew}");
            assert!(!exceeded(beginning), "{skew}");
        }
    }

    #[test]
    fn servers_with_different_clocks_share_a_quota() {
        let mut quota = Quota::default();
        let remaining: Vec<_> = [0, 30_000, 0, 30_000]
            .into_iter()
            .map(|skew| quota.count("t", 10, 40_000, skew).remaining)
            .collect();
        // The first skewed clock begins the window of all.
        assert_eq!(remaining, [9, 9, 8, 7]);
    }

    #[test]
    fn used_up_quota_leaves_so_many_requests() {
        let mut quota = Quota::default();
        let first = quota.count("t", 10, 0, 0);
        assert_eq!(quota.use_up("t", first, 1).remaining, 1);
        assert_eq!(quota.count("t", 10, 1, 0).remaining, 0);
        let refused = quota.count("t", 10, 2, 0);
        assert!(quota.use_up("t", refused, 5).exceeded);
        assert!(quota.count("t", 10, 3, 0).exceeded);
        assert_eq!(quota.count("t", 10, WINDOW, 0).remaining, 9);
    }

    #[test]
    fn tokens_are_forgotten_after_their_minute_if_they_are_many() {
        let mut quota = Quota::default();
        for number in 0..MAX_TOKENS + 10 {
            quota.count(&number.to_string(), 10, 0, 0);
        }
        assert_eq!(quota.counted.len(), MAX_TOKENS);
        assert_eq!(
            quota.count("0", 10, 1, 0).remaining,
            8,
            "a known one is counted"
        );
        quota.count("next", 10, WINDOW, 0);
        assert_eq!(quota.counted.len(), 1);
    }
}
