//! What tests put under the whole system: a virtual disk on which the power goes.
//!
//! Nothing that is shipped depends on this crate.

pub mod disk;
