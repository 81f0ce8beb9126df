//! Compressed bodies: within the caps, whatever they are.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("unpack").holds)(bytes));
