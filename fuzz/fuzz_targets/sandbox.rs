#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickets_fuzz::sandbox(bytes));
