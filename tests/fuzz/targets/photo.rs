//! Pictures: stripped once is stripped for good, and what somebody hangs in is not kept.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("photo").holds)(bytes));
