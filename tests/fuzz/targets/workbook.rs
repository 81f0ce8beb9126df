//! Workbooks whose parts are whatever they are: a packed file that is damaged seldom gets as far as its sheets.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("workbook").holds)(bytes));
