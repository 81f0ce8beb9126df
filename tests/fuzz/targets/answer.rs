//! Answers of a server, or of whoever takes its place.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("answer").holds)(bytes));
