//! The system's place for secrets, by the store that each system has.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use shell::key_store::{KeyStore, Unavailable};
use vault::Key;
use zeroize::Zeroizing;

/// Under these the system shows the secret to its owner.
const SERVICE: &str = "cn.gridwalk.app";
const NAME: &str = "database";

/// The system's place for secrets. It is asked anew each time: people lock and open it while the app runs.
pub struct SystemKeyStore;

impl KeyStore for SystemKeyStore {
    fn get(&self) -> Result<Option<Key>, Unavailable> {
        match entry()?.get_secret().map(Zeroizing::new) {
            Ok(secret) => Ok(secret.as_slice().try_into().ok().map(Key::new)),
            Err(Error::NoEntry) => Ok(None),
            Err(_) => Err(Unavailable),
        }
    }

    fn put(&self, secret: &Key) -> Result<(), Unavailable> {
        entry()?.set_secret(secret.bytes()).map_err(|_| Unavailable)
    }
}

fn entry() -> Result<Entry, Unavailable> {
    let store: Arc<CredentialStore> = store().map_err(|_| Unavailable)?;
    store.build(SERVICE, NAME, None).map_err(|_| Unavailable)
}

#[cfg(target_os = "linux")]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "android")]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(android_native_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

/// The store of this device alone: what goes to a cloud would open a copy elsewhere.
#[cfg(all(target_vendor = "apple", not(target_os = "macos")))]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::protected::Store::new()?)
}

#[cfg(windows)]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Machines that only build have no such place: `docs/security.md` says how this is run.
    #[test]
    #[ignore = "writes into the system's own place for secrets"]
    fn what_the_system_keeps_it_gives_back_to_whoever_asks_anew() {
        let secret = Key::new([42; 32]);
        SystemKeyStore.put(&secret).unwrap();
        assert!(SystemKeyStore.get() == Ok(Some(secret)));
        entry().unwrap().delete_credential().unwrap();
        assert!(SystemKeyStore.get() == Ok(None));
    }

    #[test]
    #[ignore = "wants a system without such a place"]
    fn where_the_system_has_no_place_it_is_unavailable_and_waits_for_nobody() {
        assert!(SystemKeyStore.get() == Err(Unavailable));
        assert!(SystemKeyStore.put(&Key::new([42; 32])) == Err(Unavailable));
    }
}
