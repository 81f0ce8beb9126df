//! The browser shell: the core in a worker, its database in the browser's private file system. The only code
//! that knows the browser, beside the pages and the scripts in `web`.
#![cfg(target_family = "wasm")]

mod clock;
mod device;
mod fetch;
mod held;
mod storage;
mod worker;

pub use device::Device;
