//! Random numbers for faults, as a function of the seed, the request and its repetition: the same
//! requests get the same faults in whatever order they arrive.

use std::collections::HashMap;

use crate::http::message::Request;
use crate::rng::{FNV_OFFSET, Rng, hash};

/// The different requests whose arrivals are counted. Beyond them, counting begins again.
const MAX_COUNTED: usize = 1 << 18;

/// The source of random numbers for faults.
#[derive(Clone, Debug)]
pub(crate) struct FaultRng {
    seed: u64,
    /// The number of times that each request arrived.
    arrivals: HashMap<u64, u32>,
}

impl FaultRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            arrivals: HashMap::new(),
        }
    }

    /// Returns the random numbers of a request, and counts its arrival.
    pub(crate) fn for_request(&mut self, request: &Request) -> Rng {
        let parts = [
            &request.method,
            &request.path,
            &request.query,
            &request.body,
        ];
        // The zeros keep a path and a query apart from another split of the same text.
        let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0]));
        let key = hash(FNV_OFFSET, bytes);
        if self.arrivals.len() >= MAX_COUNTED && !self.arrivals.contains_key(&key) {
            self.arrivals.clear();
        }
        let arrivals = self.arrivals.entry(key).or_default();
        *arrivals += 1;
        let mut mixed = Rng::new(self.seed ^ key);
        Rng::new(mixed.next_u64() ^ u64::from(*arrivals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_depend_on_the_request_and_not_on_the_order() {
        let request = |path: &str| Request {
            path: path.to_owned(),
            ..Request::default()
        };
        let numbers = |seed, paths: &[&str]| {
            let mut rng = FaultRng::new(seed);
            let drawn = paths.iter().map(|path| {
                let number = rng.for_request(&request(path)).next_f64();
                (path.to_string(), number.to_bits())
            });
            let mut drawn: Vec<_> = drawn.collect();
            drawn.sort();
            drawn
        };
        let first = numbers(1, &["/a", "/b", "/a"]);
        assert_eq!(first, numbers(1, &["/a", "/a", "/b"]));
        assert_ne!(first, numbers(2, &["/a", "/b", "/a"]));
        assert_ne!(first[0], first[1]);
    }
}
