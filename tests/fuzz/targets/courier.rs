//! Files that somebody found on a stick.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("courier").holds)(bytes));
