//! What goes wrong, and how often.

use std::time::Duration;

use katapult_sandbox::{Fault, FaultKind, Schedule};

/// Each kind of fault, with its share of all of them, in sixteenths.
fn shares() -> [(FaultKind, f64); 10] {
    [
        (FaultKind::RateLimitLeft, 1.875),
        // All who use the token keep to a wait that is named: few are.
        (FaultKind::RateLimitFor(Duration::from_secs(1)), 0.125),
        (FaultKind::Unavailable, 2.0),
        (FaultKind::BareBefore(502), 1.0),
        (FaultKind::Bare(502), 1.0),
        (FaultKind::BareBefore(504), 1.0),
        (FaultKind::Bare(504), 1.0),
        (FaultKind::ResetBefore, 3.0),
        (FaultKind::ResetAfter, 3.0),
        (FaultKind::Truncated, 2.0),
    ]
}

/// Faults of which this part of the requests has one or more.
pub fn faults(part: f64) -> impl Iterator<Item = Fault> {
    shares().into_iter().map(move |(kind, share)| {
        // They strike apart from each other: this way the part without any is 1 - part.
        let rate = 1.0 - (1.0 - part).powf(share / 16.0);
        Fault::new(kind, Schedule::Rate(rate))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_the_whole() {
        let sum: f64 = shares().iter().map(|(_, share)| share).sum();
        assert_eq!(sum, 16.0);
        let certain = Fault::new(FaultKind::ResetAfter, Schedule::Rate(1.0));
        assert!(faults(1.0).any(|fault| fault == certain));
        let never = Fault::new(FaultKind::ResetAfter, Schedule::Rate(0.0));
        assert!(faults(0.0).any(|fault| fault == never));
    }
}
