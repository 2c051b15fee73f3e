//! libFuzzer's target of [`katapult_fuzz::responses`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| katapult_fuzz::responses::check(input));
