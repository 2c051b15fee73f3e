//! Chance, as a function of the seed, the request and how often it came.

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 while some of the quota is left.
    RateLimited,
    /// 429 that names a wait.
    RateLimitedFor,
    /// 503 in the API's words.
    Refused,
    /// 502 or 504 of something in front, before the deed.
    GatewayBefore(u16),
    /// The same after the deed.
    GatewayAfter(u16),
    /// The connection breaks before the deed.
    ResetBefore,
    /// The connection breaks after the deed.
    ResetAfter,
    /// The reply breaks off, after the deed.
    CutOff,
}

const FAULTS: [Fault; 16] = [
    Fault::RateLimited,
    Fault::RateLimited,
    Fault::Refused,
    Fault::Refused,
    Fault::GatewayBefore(502),
    Fault::GatewayAfter(502),
    Fault::GatewayBefore(504),
    Fault::GatewayAfter(504),
    Fault::ResetBefore,
    Fault::ResetBefore,
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::ResetAfter,
    Fault::ResetAfter,
    Fault::CutOff,
    Fault::CutOff,
];
/// One in so many 429 names a wait: all who use the token keep to it.
const NAMED: u64 = 16;

impl Fault {
    /// Whether the deed is done all the same.
    pub fn after_the_deed(self) -> bool {
        matches!(
            self,
            Fault::GatewayAfter(_) | Fault::ResetAfter | Fault::CutOff
        )
    }
}

/// What goes wrong with the `number`th coming of a request, at this rate.
pub fn fault(seed: u64, request: &str, number: u32, rate: f64) -> Option<Fault> {
    let mut bits = mixed(seed ^ u64::from(number));
    for byte in request.bytes() {
        bits = (bits ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let bits = mixed(bits);
    if unit(bits) >= rate {
        return None;
    }
    let which = mixed(bits);
    Some(match FAULTS[(which % 16) as usize] {
        Fault::RateLimited if (which >> 8).is_multiple_of(NAMED) => Fault::RateLimitedFor,
        fault => fault,
    })
}

/// A number that looks random, of another one.
pub fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_keeps_to_the_rate_and_repeats() {
        let at = |seed, number| fault(seed, "GET /tags/tag", number, 0.2);
        let failed = (0..10_000).filter(|number| at(1, *number).is_some());
        let failed = failed.count();
        assert!((1800..2200).contains(&failed), "{failed}");
        assert!((0..100).all(|number| at(1, number) == at(1, number)));
        assert!((0..100).any(|number| at(1, number) != at(2, number)));
        for kind in FAULTS {
            assert!((0..10_000).any(|number| at(1, number) == Some(kind)));
        }
        assert_eq!(fault(1, "", 0, 0.0), None);
        assert!(fault(1, "", 0, 1.0).is_some());
    }
}
