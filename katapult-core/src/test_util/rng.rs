use crate::Rng;

/// A source of jitter that always gives the same number, from 0 to 1.
///
/// With 0 a jittered delay is as short as it can be, with 1 as long as it can be.
#[derive(Clone, Copy, Debug)]
pub struct FixedRng(pub f64);

impl Rng for FixedRng {
    fn next_f64(&self) -> f64 {
        self.0
    }
}
