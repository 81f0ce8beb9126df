//! What is typed to find a household: SQLite understands every query, and how a keyboard writes it makes no difference.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("search").holds)(bytes));
