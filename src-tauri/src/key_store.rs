//! Where the data lies, and who on this system keeps a part of its key.

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows))]
mod system;

use std::path::PathBuf;

use shell::key_store::{KeyStore, NoKeyStore};

/// The system's own: the Secret Service, the Keychain, the Credential Manager or Android's Keystore.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows))]
fn of_the_system() -> Box<dyn KeyStore> {
    Box::new(system::SystemKeyStore)
}

/// None is known here.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows)))]
fn of_the_system() -> Box<dyn KeyStore> {
    Box::new(NoKeyStore)
}

/// A folder of data, and who keeps a part of its key.
#[derive(Clone)]
pub struct Place {
    /// Where the data lies.
    pub folder: PathBuf,
    /// Finds the key store.
    pub key_store: fn() -> Box<dyn KeyStore>,
}

impl Place {
    /// The app's own folder, which stays on this system.
    pub fn own(folder: PathBuf) -> Self {
        Self { folder, key_store: of_the_system }
    }

    /// A folder that was named at the start. It may be carried elsewhere, and so no system has a part in its key.
    pub fn named(folder: PathBuf) -> Self {
        Self { folder, key_store: || Box::new(NoKeyStore) }
    }
}
