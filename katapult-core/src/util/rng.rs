//! Random numbers for jitter.

use std::hash::{BuildHasher, RandomState};

/// A source of the random numbers that add jitter to delays.
///
/// Any `Fn() -> f64` implements it. Results are clamped to `0.0..=1.0`.
///
/// ```
/// use katapult_core::Client;
///
/// let builder = Client::builder().rng(|| 0.5); // the same delays in every run of a test
/// # drop(builder);
/// ```
#[cfg_attr(
    not(feature = "test-util"),
    expect(unreachable_pub, reason = "exported by the feature test-util")
)]
pub trait Rng: Send + Sync + 'static {
    /// Returns a number from 0 up to 1.
    fn next_f64(&self) -> f64;
}

impl<F: Fn() -> f64 + Send + Sync + 'static> Rng for F {
    fn next_f64(&self) -> f64 {
        self()
    }
}

/// Returns a number from 0 to 1, whatever the source returned.
pub(crate) fn unit_interval(rng: &dyn Rng) -> f64 {
    let number = rng.next_f64();
    if number.is_nan() {
        0.0
    } else {
        number.clamp(0.0, 1.0)
    }
}

/// Returns a random number from 0 up to 1.
///
/// Good enough to spread the delays of many clients, and not for anything secret.
pub(crate) fn system_random() -> f64 {
    // Every `RandomState` has its own keys, so that hashing nothing gives a random number without a dependency.
    let bits = RandomState::new().hash_one(()) >> 11; // 53 bits, the precision of an f64
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_random_is_uniform_over_the_unit_interval() {
        let numbers: Vec<f64> = (0..1000).map(|_| system_random()).collect();
        assert!(numbers.iter().all(|n| (0.0..1.0).contains(n)));
        let mean = numbers.iter().sum::<f64>() / 1000.0;
        assert!((0.4..0.6).contains(&mean), "{mean}");
    }

    #[test]
    fn numbers_out_of_range_are_clamped() {
        for (number, expected) in [(-1.0, 0.0), (7.0, 1.0), (f64::NAN, 0.0), (0.25, 0.25)] {
            let source = move || number;
            assert_eq!(unit_interval(&source), expected);
        }
    }
}
