//! The room the data has on this device, and whether it stays there.

use serde::{Deserialize, Serialize};

/// Asks how much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetRoom {}

/// The room on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Room {
    /// What the data takes up, bytes.
    pub used: u64,
    /// What it can still take up, bytes; `None` where the device does not say.
    pub free: Option<u64>,
    /// Whether it stays until the person takes it away. A browser clears what it did not promise to keep when room
    /// becomes short, or when nobody came for a while.
    pub stays: bool,
    /// Whether a browser took it away already: what is not sent lives in the open page alone.
    pub is_gone: bool,
}
