//! What the system keeps for this app alone: a secret that has a part in the database's key, so that whoever copies the
//! files has not enough to try PINs against.

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows))]
mod system;

use std::path::PathBuf;

use vault::Key;

/// A place of the system for one secret.
pub trait KeyStore: Send {
    /// The secret, if there is one.
    ///
    /// # Errors
    /// When the system has such a place and does not open it now.
    fn get(&self) -> Result<Option<Key>, Unavailable>;

    /// Keeps one.
    ///
    /// # Errors
    /// When the system has no such place, or does not take it now.
    fn put(&self, secret: &Key) -> Result<(), Unavailable>;
}

/// The system keeps no secret for us now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

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

/// No place for secrets.
pub struct NoKeyStore;

impl KeyStore for NoKeyStore {
    fn get(&self) -> Result<Option<Key>, Unavailable> {
        Ok(None)
    }

    fn put(&self, _: &Key) -> Result<(), Unavailable> {
        Err(Unavailable)
    }
}
