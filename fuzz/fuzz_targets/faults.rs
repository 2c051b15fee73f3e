//! libFuzzer's target of [`katapult_fuzz::faults`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| katapult_fuzz::faults::check(input));
