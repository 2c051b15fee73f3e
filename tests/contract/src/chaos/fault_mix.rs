//! The faults of a chaos run and their rates.

use std::time::Duration;

use katapult_sandbox::{Fault, ProxyStatus};

/// Returns each kind of fault with its share of all faults, in sixteenths; `latest` is the longest time after which a
/// request is executed although its response was lost.
fn shares(latest: Duration) -> [(Fault, f64); 14] {
    [
        (Fault::rate_limit_left(), 1.875),
        // Every client with the same token obeys a named delay, so this fault is rare.
        (Fault::rate_limit_for(Duration::from_secs(1)), 0.125),
        (Fault::unavailable(), 2.0),
        (Fault::bare_before(ProxyStatus::BadGateway), 1.0),
        (Fault::bare(ProxyStatus::BadGateway), 1.0),
        (Fault::bare_before(ProxyStatus::GatewayTimeout), 0.5),
        (Fault::late(latest.mul_f64(0.015)), 0.25),
        (Fault::late_reset(latest.mul_f64(0.1)), 0.25),
        (Fault::late(latest.mul_f64(0.4)), 0.25),
        (Fault::late_reset(latest), 0.25),
        (Fault::bare(ProxyStatus::GatewayTimeout), 1.0),
        (Fault::reset_before(), 2.5),
        (Fault::reset_after(), 3.0),
        (Fault::truncated(), 2.0),
    ]
}

/// Returns faults of which a request has at least one with the probability `part`.
pub(crate) fn faults(part: f64, latest: Duration) -> impl Iterator<Item = Fault> {
    shares(latest).into_iter().map(move |(fault, share)| {
        // Faults occur independently of each other: with these rates, the share without any is 1 - part.
        let rate = 1.0 - (1.0 - part).powf(share / 16.0);
        fault.probability(rate)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_shares_are_the_whole() {
        let sum: f64 = shares(SECOND).iter().map(|(_, share)| share).sum();
        assert_eq!(sum, 16.0);
        let certain = Fault::reset_after().probability(1.0);
        assert!(faults(1.0, SECOND).any(|fault| fault == certain));
        let never = Fault::reset_after().probability(0.0);
        assert!(faults(0.0, SECOND).any(|fault| fault == never));
    }
}
