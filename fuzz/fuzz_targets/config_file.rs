#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| tickets_fuzz::config_file(text));
