//! libFuzzer's target of [`katapult_fuzz::vendor`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| katapult_fuzz::vendor::check(input));
