//! Sources of time and randomness that tests can replace.

pub(crate) mod clock;
pub(crate) mod rng;
