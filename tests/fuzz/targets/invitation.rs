//! What is scanned, pasted and typed to come in: links in any message, addresses, one-time codes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("invitation").holds)(bytes));
