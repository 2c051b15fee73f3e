//! libFuzzer's target of [`katapult_fuzz::build_spec`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| katapult_fuzz::build_spec::check(input));
