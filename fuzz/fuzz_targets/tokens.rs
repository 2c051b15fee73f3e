//! libFuzzer's target of [`katapult_fuzz::tokens`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| katapult_fuzz::tokens::check(input));
