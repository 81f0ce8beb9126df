//! Questions about who may come in, and what answers them: what is read is written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("access").holds)(bytes));
