//! Tables as counties hand them over: text in any encoding, workbooks, and tables that were read before.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("tables").holds)(bytes));
