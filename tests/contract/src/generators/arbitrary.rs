//! Arbitrary responses and arguments: anything that the document allows, with edge cases as leaves.

use fastrand::Rng;
use katapult_openapi::SchemaType;
use serde_json::{Value, json};

use super::generator::{Coverage, Generator, Source};

/// A source of edge cases: empty, long, non-ASCII and escaped texts, large and negative numbers.
#[derive(Debug)]
pub struct EdgeCases {
    is_response: bool,
}

const TEXTS: [&str; 5] = ["", "web-1", "Ünïcode ☂", "a b&c=d[]", "\"\\\n"];
const INTEGERS: [i64; 5] = [0, 1, -1, 5_000_000_000, 1_786_977_388];
const NUMBERS: [f64; 4] = [0.0, 0.5, -1.25, 1e12];

/// Returns a generator of responses.
pub fn responses(coverage: Coverage, seed: u64) -> Generator<EdgeCases> {
    let source = EdgeCases { is_response: true };
    Generator::responses(coverage, source, Rng::with_seed(seed))
}

/// Returns a generator of arguments.
pub fn requests(coverage: Coverage, seed: u64) -> Generator<EdgeCases> {
    let source = EdgeCases { is_response: false };
    Generator::requests(coverage, source, Rng::with_seed(seed))
}

impl Source for EdgeCases {
    const CONSERVATIVE: bool = false;

    fn text(&mut self, rng: &mut Rng, name: &str, _: Option<&str>) -> String {
        match name {
            // Lists drop items whose id they have already returned, so ids differ.
            "id" if self.is_response => format!("id_{}", rng.u32(..1_000_000)),
            _ => TEXTS[rng.usize(..TEXTS.len())].to_owned(),
        }
    }

    fn number(&mut self, rng: &mut Rng, kind: SchemaType) -> Value {
        match kind {
            SchemaType::Integer => json!(INTEGERS[rng.usize(..INTEGERS.len())]),
            _ => json!(NUMBERS[rng.usize(..NUMBERS.len())]),
        }
    }
}
