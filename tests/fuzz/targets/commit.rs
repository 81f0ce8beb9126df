//! Commits, and the bodies and patches in them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("commit").holds)(bytes));
