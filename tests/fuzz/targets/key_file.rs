//! Key files of a device's database: damaged ones are none, and whatever one says, tries are counted.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("key_file").holds)(bytes));
