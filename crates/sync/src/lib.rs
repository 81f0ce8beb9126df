//! The sync protocol, sans-I/O: what a device sends, how a server decides, what a device does with the answer.
//!
//! Both halves live here so that they can be read, and simulated, together. The shells move the
//! bytes and pass in the time; nothing in this crate reads a clock or draws randomness.

pub mod device;
pub mod enrolment_code;
pub mod invitation;
pub mod pack;
pub mod round_fault;
pub mod signature;

pub use invitation::Invitation;
pub use round_fault::RoundFault;
