//! Backups under a passphrase: what was sealed opens whole, and what was changed gives nothing of the piece it was in.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| (outside::target("sealed").holds)(bytes));
