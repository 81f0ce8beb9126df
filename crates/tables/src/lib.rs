//! Reading spreadsheets in a browser, in a module of its own: few bring one, and a damaged file that stops it
//! stops nothing else.
#![cfg(target_family = "wasm")]

use records::Fault;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Reads a file into a table, as bytes that the core takes.
///
/// # Errors
/// `import.*` as JSON, when it is none.
#[wasm_bindgen]
pub fn read(bytes: &[u8], file_name: &str) -> Result<Vec<u8>, JsValue> {
    let table = intake::table::read(bytes, file_name).map_err(Fault::from);
    table.map(|table| table.to_bytes()).map_err(|fault| {
        // Text, as the core says its faults.
        serde_json::to_string(&fault).unwrap_or_default().into()
    })
}
