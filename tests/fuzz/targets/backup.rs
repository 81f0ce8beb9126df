//! Backups of a server: read to the end or refused, and what a backup says is in it, is.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("backup").holds)(bytes));
