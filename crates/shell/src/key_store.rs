//! What the system keeps for this app alone: a secret that has a part in the database's key, so that whoever copies the
//! files has not enough to try PINs against.

use vault::Key;

/// A place of the system for one secret.
pub trait KeyStore: Send {
    /// The secret, if there is one.
    ///
    /// # Errors
    /// When the system does not give it now.
    fn get(&self) -> Result<Option<Key>, Unavailable>;

    /// Keeps one; whether the system has a place for it.
    ///
    /// # Errors
    /// When the system has one, and does not take it now.
    fn put(&self, secret: &Key) -> Result<bool, Unavailable>;
}

/// The system has a place for secrets and does not open it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// A system without such a place, or of which we do not use it yet.
pub struct NoKeyStore;

impl KeyStore for NoKeyStore {
    fn get(&self) -> Result<Option<Key>, Unavailable> {
        Ok(None)
    }

    fn put(&self, _: &Key) -> Result<bool, Unavailable> {
        Ok(false)
    }
}
