//! This device as one closed file: to keep, and to begin from on another device.

use serde::{Deserialize, Serialize};

/// Closes everything on this device into a file, and makes up the code that opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PackDevice {}

/// A closed file, and what opens it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFile {
    /// Number under which its bytes are fetched.
    pub download: u64,
    /// A name for it.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Sixteen digits for the person to write down. Kept nowhere.
    pub code: String,
}

impl std::fmt::Debug for DeviceFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceFile")
            .field("name", &self.name)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// Begins from an uploaded file, where nobody is enrolled yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeDevice {
    /// Number of the upload.
    pub upload: u64,
    /// The digits that open it, however they were typed.
    pub code: String,
}

impl std::fmt::Debug for TakeDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakeDevice").field("upload", &self.upload).finish_non_exhaustive()
    }
}
