//! Functions that take any input and panic if the SDK breaks a promise about it.
//!
//! libFuzzer calls them in `fuzz_targets/`, with nightly Rust; the program `bounded` calls them on stable Rust with a
//! bounded number of mutated seeds.

pub mod build_spec;
pub mod faults;
pub mod mutate;
pub mod responses;
mod text;
pub mod tokens;
pub mod vendor;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, which is that of the module.
    pub name: &'static str,
    /// Panics if a promise about the input is broken.
    pub check: fn(&[u8]),
    /// Returns valid inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// The mutated inputs of a run of one unit: slow targets have fewer.
    pub inputs: u32,
}

/// All targets.
pub const TARGETS: [Target; 5] = [
    Target {
        name: "responses",
        check: responses::check,
        seeds: responses::seeds,
        inputs: 20_000,
    },
    Target {
        name: "build_spec",
        check: build_spec::check,
        seeds: build_spec::seeds,
        inputs: 50_000,
    },
    Target {
        name: "tokens",
        check: tokens::check,
        seeds: tokens::seeds,
        inputs: 200_000,
    },
    Target {
        name: "faults",
        check: faults::check,
        seeds: faults::seeds,
        inputs: 200_000,
    },
    Target {
        name: "vendor",
        check: vendor::check,
        seeds: vendor::seeds,
        inputs: 5_000,
    },
];
