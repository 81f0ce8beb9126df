//! What people write into a field: dates, ID numbers, phones, codes of grids, areas, words. What is read is the one form
//! of it, and no mask shows what it hides.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("written").holds)(bytes));
