//! What the system keeps for this app alone: a secret that has a part in the database's key, so that whoever copies the
//! files has not enough to try PINs against.

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
