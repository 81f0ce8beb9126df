//! The sync protocol, sans-I/O: what a device sends, how a server decides, what a device does with the answer.
//!
//! Both halves live here so that they can be read, and simulated, together. The shells move the
//! bytes and pass in the time; nothing in this crate reads a clock or draws randomness.
//!
//! Device: [`device`], [`invitation`]. Server: [`round`] parts retries from what is new, [`settle`]
//! decides about one commit, [`grants`] says who may hold what, [`permit`] who may write it. Both count a
//! [`history`] of what became of commits. Where no network reaches, [`courier`] puts the same round into files.

pub mod access;
pub mod address;
mod amends;
pub mod attachment;
pub mod clock;
mod command;
pub mod courier;
pub mod device;
pub mod enrolment_code;
pub mod frame;
pub mod grants;
#[cfg(any(test, target_arch = "wasm32"))]
mod gzip;
pub mod history;
pub mod invitation;
mod merge;
pub mod pack;
pub mod permit;
mod refusal;
pub mod round;
pub mod round_fault;
pub mod seal;
pub mod settle;
pub mod signature;
pub mod stamps;
pub mod views;

pub use address::ServerAddress;
pub use invitation::Invitation;
pub use round_fault::RoundFault;
