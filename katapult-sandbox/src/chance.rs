//! Chance, as a function of the seed, the request and how often it came: the same faults for the same
//! requests, in whatever order they come.

use std::collections::HashMap;

use crate::engine::Request;
use crate::random::{Random, hash};

/// Where the chance of a request comes from.
#[derive(Debug)]
pub(crate) struct Chance {
    seed: u64,
    came: HashMap<u64, u32>,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            came: HashMap::new(),
        }
    }

    /// The chance of a request, which comes now.
    pub(crate) fn of(&mut self, request: &Request) -> Random {
        let parts = [
            &request.method,
            &request.path,
            &request.query,
            &request.body,
        ];
        let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0]));
        let key = hash(0xcbf2_9ce4_8422_2325, bytes);
        let came = self.came.entry(key).or_default();
        *came += 1;
        let mut mixed = Random::new(self.seed ^ key);
        Random::new(mixed.next() ^ u64::from(*came))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_of_the_request_and_not_of_the_order() {
        let request = |path: &str| Request {
            path: path.to_owned(),
            ..Request::default()
        };
        let fractions = |seed, paths: &[&str]| {
            let mut chance = Chance::new(seed);
            let drawn = paths.iter().map(|path| {
                let fraction = chance.of(&request(path)).fraction();
                (path.to_string(), fraction.to_bits())
            });
            let mut drawn: Vec<_> = drawn.collect();
            drawn.sort();
            drawn
        };
        let one = fractions(1, &["/a", "/b", "/a"]);
        assert_eq!(one, fractions(1, &["/a", "/a", "/b"]));
        assert_ne!(one, fractions(2, &["/a", "/b", "/a"]));
        assert_ne!(one[0], one[1]);
    }
}
