//! Chance, as a thing that can be handed in.

use std::hash::{BuildHasher, RandomState};

/// Gives the random numbers that waits are jittered with.
///
/// Any `Fn() -> f64` is one; what it gives is taken into `0.0..=1.0`.
pub trait Rng: Send + Sync + 'static {
    /// A number from 0 up to 1.
    fn unit(&self) -> f64;
}

impl<F: Fn() -> f64 + Send + Sync + 'static> Rng for F {
    fn unit(&self) -> f64 {
        self()
    }
}

/// A number from 0 to 1, whatever was handed in.
pub(crate) fn unit(random: &dyn Rng) -> f64 {
    let number = random.unit();
    if number.is_nan() {
        0.0
    } else {
        number.clamp(0.0, 1.0)
    }
}

/// Rng enough to keep clients from acting in step, which is all that jitter is for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemRandom;

impl Rng for SystemRandom {
    fn unit(&self) -> f64 {
        // Every `RandomState` hashes with other keys, so the hash of nothing is a random number.
        let bits = RandomState::new().hash_one(()) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_over_the_unit() {
        let numbers: Vec<f64> = (0..1000).map(|_| SystemRandom.unit()).collect();
        assert!(numbers.iter().all(|n| (0.0..1.0).contains(n)));
        let mean = numbers.iter().sum::<f64>() / 1000.0;
        assert!((0.4..0.6).contains(&mean), "{mean}");
    }
}
