//! Photos on their way: questions and answers are written as they were read, and an answer that nobody signed is none.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("attachment").holds)(bytes));
