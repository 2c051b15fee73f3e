//! The faults of a chaos run and their rates.

use std::time::Duration;

use katapult_sandbox::{Fault, FaultKind, Schedule};

/// Returns each kind of fault with its share of all faults, in sixteenths; `latest` is the longest time after which a
/// request is executed although its response was lost.
fn shares(latest: Duration) -> [(FaultKind, f64); 14] {
    [
        (FaultKind::RateLimitLeft, 1.875),
        // Every client with the same token obeys a named delay, so this fault is rare.
        (FaultKind::RateLimitFor(Duration::from_secs(1)), 0.125),
        (FaultKind::Unavailable, 2.0),
        (FaultKind::BareBefore(502), 1.0),
        (FaultKind::Bare(502), 1.0),
        (FaultKind::BareBefore(504), 0.5),
        (FaultKind::Late(latest.mul_f64(0.015)), 0.25),
        (FaultKind::LateReset(latest.mul_f64(0.1)), 0.25),
        (FaultKind::Late(latest.mul_f64(0.4)), 0.25),
        (FaultKind::LateReset(latest), 0.25),
        (FaultKind::Bare(504), 1.0),
        (FaultKind::ResetBefore, 2.5),
        (FaultKind::ResetAfter, 3.0),
        (FaultKind::Truncated, 2.0),
    ]
}

/// Returns faults of which a request has at least one with the probability `part`.
pub(crate) fn faults(part: f64, latest: Duration) -> impl Iterator<Item = Fault> {
    shares(latest).into_iter().map(move |(kind, share)| {
        // Faults occur independently of each other: with these rates, the share without any is 1 - part.
        let rate = 1.0 - (1.0 - part).powf(share / 16.0);
        Fault::new(kind, Schedule::Rate(rate))
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
        let certain = Fault::new(FaultKind::ResetAfter, Schedule::Rate(1.0));
        assert!(faults(1.0, SECOND).any(|fault| fault == certain));
        let never = Fault::new(FaultKind::ResetAfter, Schedule::Rate(0.0));
        assert!(faults(0.0, SECOND).any(|fault| fault == never));
    }
}
