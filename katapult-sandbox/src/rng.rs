//! Random numbers that are the same for the same seed.
//!
//! The generator is SplitMix64, written out because ids are part of the documents and of snapshots of
//! tests: the algorithm of a library may change with its version.

/// The start of an FNV-1a hash.
pub(crate) const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// Returns the FNV-1a hash of bytes.
pub(crate) fn hash(start: u64, bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(start, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A source of random numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rng(u64);

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number of at least 0 and below 1.
    pub(crate) fn next_f64(&mut self) -> f64 {
        // 53 bits are what a double holds exactly.
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns one of some values.
    pub(crate) fn choose<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[(self.next_u64() % values.len() as u64) as usize]
    }

    pub(crate) fn alphanumeric(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(*self.choose(ALPHANUMERIC)))
            .collect()
    }

    pub(crate) fn hex(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(*self.choose(b"0123456789abcdef")))
            .collect()
    }

    /// Returns a UUID of version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let hex = self.hex(30);
        format!(
            "{}-{}-4{}-8{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..15],
            &hex[15..18],
            &hex[18..]
        )
    }
}
