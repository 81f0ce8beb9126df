//! What a browser's worker calls. Faults are their codes.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::{LockboxFault, RANDOM_BYTES};

fn told(fault: LockboxFault) -> String {
    fault.code().to_owned()
}

/// Random bytes that [`close`] takes.
#[wasm_bindgen]
#[must_use]
pub fn random_bytes() -> usize {
    RANDOM_BYTES
}

/// Closes bytes with a code.
///
/// # Errors
/// `device_file.*`.
#[wasm_bindgen]
pub fn close(plain: &[u8], code: &str, random: &[u8]) -> Result<Vec<u8>, String> {
    let random: &[u8; RANDOM_BYTES] = random.try_into().map_err(|_| told(LockboxFault::NoMemory))?;
    crate::close(plain, code, random).map_err(told)
}

/// Opens a file with its code.
///
/// # Errors
/// `device_file.*`.
#[wasm_bindgen]
pub fn open(file: &[u8], code: &str) -> Result<Vec<u8>, String> {
    crate::open(file, code).map_err(told)
}
