//! Work carried by hand: a file for somebody to take along, and the answer that comes back.

use serde::{Deserialize, Serialize};

/// Puts everything that waits, and the question what is new, into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PackCourier {}

/// What an uploaded courier file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCourier {
    /// Number of the upload.
    pub upload: u64,
}

/// Brings a colleague's uploaded file to the server; needs the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryCourier {
    /// Number of the upload.
    pub upload: u64,
}

/// Takes in an uploaded answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplyCourier {
    /// Number of the upload.
    pub upload: u64,
}

/// A file to hand on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourierFile {
    /// Number under which its bytes are fetched.
    pub download: u64,
    /// A name for it.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Changes in the question.
    pub commits: u32,
    /// Changes that had no room; they go into the next file.
    pub left: u32,
}

/// What a courier file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourierOpened {
    /// Whether it is an answer, to be taken in, and not a question, to be carried.
    pub is_answer: bool,
    /// Whether it answers a question of this device.
    pub is_mine: bool,
    /// Whether it is for the server of this device, or from it.
    pub is_our_server: bool,
    /// Address of the server.
    pub server: String,
    /// When it was sealed, ms since 1970 UTC.
    pub made_ms: i64,
    /// Changes in the question.
    pub commits: u32,
}

/// What an answer brought. One that was taken in before brings nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CourierTaken {
    /// Changes that waited and now have the server's word.
    pub settled: u32,
    /// Records that are new here.
    pub received: u32,
}
