//! Any commits of anybody: the server decides about each, and nothing of it goes wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("settle").holds)(bytes));
