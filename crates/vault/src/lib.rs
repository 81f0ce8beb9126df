//! The key of a device's database, closed with what a person knows and with what the device keeps.
//!
//! The database is encrypted with a random key. That key lies beside it in a *key file*: under XChaCha20-Poly1305, with
//! Argon2id of the person's PIN or passphrase, and of a secret from the system's key store where there is one. Ten wrong
//! tries in a row destroy it. Nothing here touches a disk or a clock: a shell keeps the file, and keeps it *before* a
//! try is looked at, so that cutting the power gives no try back.
//!
//! What this does not do: who copies the whole device can count tries anew. Then only the length of the
//! passphrase, or the system's key store, stands between them and the data.

mod file;
mod pin;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use file::{KeyFile, MOST_WRONG, Stretched};
pub use pin::{Pin, Strength, WeakPin};

/// Bytes of a key, and of what a key store keeps.
pub const KEY_BYTES: usize = 32;
/// Random bytes that closing takes: the salt and the nonce.
pub const RANDOM_BYTES: usize = SALT_BYTES + NONCE_BYTES;

const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
/// Memory of one guess. With three passes RFC 9106 calls it the choice where memory is scarce.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

/// What a database is encrypted with. It goes from memory with its last owner.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; KEY_BYTES]);

impl Key {
    /// A key of random bytes.
    pub fn new(random: [u8; KEY_BYTES]) -> Self {
        Self(random)
    }

    /// The bytes, for whoever encrypts.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// Why a key was not had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VaultFault {
    /// Not what closed it.
    #[error("not the PIN that closed it")]
    Wrong,
    /// The key was destroyed.
    #[error("the key was destroyed")]
    Destroyed,
    /// No key file, or one that was changed or cut.
    #[error("not a key file")]
    Damaged,
    /// A later format.
    #[error("a key file of a newer version")]
    Newer,
    /// There is not enough memory to try.
    #[error("not enough memory")]
    NoMemory,
}

/// How long whoever was wrong so many times in a row has to wait before the next try, ms.
pub fn wait_ms(wrong: u8) -> u64 {
    const MINUTE: u64 = 60_000;
    match wrong {
        0..=3 => 0,
        4 => 30_000,
        5 => MINUTE,
        6 => 5 * MINUTE,
        7 => 15 * MINUTE,
        8 => 30 * MINUTE,
        _ => 60 * MINUTE,
    }
}

/// The cipher that a PIN, a salt and what a key store keeps make.
fn cipher(pin: &Pin, salt: &[u8], stored: Option<&Key>) -> Result<XChaCha20Poly1305, VaultFault> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(KEY_BYTES)).map_err(|_| VaultFault::NoMemory)?;
    let version = Version::V0x13;
    let argon = match stored {
        Some(Key(secret)) => Argon2::new_with_secret(secret, Algorithm::Argon2id, version, params)
            .map_err(|_| VaultFault::NoMemory)?,
        None => Argon2::new(Algorithm::Argon2id, version, params),
    };
    let mut key = chacha20poly1305::Key::default();
    argon.hash_password_into(pin.bytes(), salt, &mut key).map_err(|_| VaultFault::NoMemory)?;
    let cipher = XChaCha20Poly1305::new(&key);
    key.as_mut_slice().zeroize();
    Ok(cipher)
}

fn close(key: &Key, cipher: &XChaCha20Poly1305, nonce: &[u8], beside: &[u8]) -> Result<Vec<u8>, VaultFault> {
    cipher.encrypt(&nonce_of(nonce), Payload { msg: &key.0, aad: beside }).map_err(|_| VaultFault::NoMemory)
}

fn open(closed: &[u8], cipher: &XChaCha20Poly1305, nonce: &[u8], beside: &[u8]) -> Result<Key, VaultFault> {
    let mut plain = cipher
        .decrypt(&nonce_of(nonce), Payload { msg: closed, aad: beside })
        .map_err(|_| VaultFault::Wrong)?;
    let key = plain.as_slice().try_into().map(Key).map_err(|_| VaultFault::Damaged);
    plain.zeroize();
    key
}

fn nonce_of(bytes: &[u8]) -> XNonce {
    let mut nonce = XNonce::default();
    nonce.copy_from_slice(bytes);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_wrong_waits_longer_each_time_and_an_hour_at_most() {
        let waits = (0..=12).map(|wrong| wait_ms(wrong) / 1_000).collect::<Vec<_>>();
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 300, 900, 1_800, 3_600, 3_600, 3_600, 3_600]);
    }
}
