//! Pictures of a camera: a code in them is read as it was written, and nothing else is read at all.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("qr").holds)(bytes));
