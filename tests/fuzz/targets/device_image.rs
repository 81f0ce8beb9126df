//! Devices in a file, as they are once the code has opened them: one of ours or none, and then nothing is changed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("device_image").holds)(bytes));
