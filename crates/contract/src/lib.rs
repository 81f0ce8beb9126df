//! For tests that run natively and in a browser: where they keep a database, and in the browser the attribute
//! that makes one of them.
//!
//! A test file says `#[cfg(target_family = "wasm")] use contract::test;` and is otherwise written once.

#[cfg(target_family = "wasm")]
mod browser;
mod content;
#[cfg(not(target_family = "wasm"))]
mod native;

#[cfg(target_family = "wasm")]
pub use browser::{File, database, ready};
pub use content::content;
#[cfg(target_family = "wasm")]
pub use contract_attribute::test;
#[cfg(not(target_family = "wasm"))]
pub use native::{File, database};
#[cfg(target_family = "wasm")]
pub use wasm_bindgen_test;
