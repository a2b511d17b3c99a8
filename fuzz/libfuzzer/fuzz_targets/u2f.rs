#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fob_fuzz::u2f(data));
