//! Closing bytes with a code that a person writes down, and opening them again.
//!
//! In a browser this is a module of its own: few need it, and its memory goes with the worker it runs in.
//!
//! Format 1: a line that says what it is, 16 bytes of salt, 24 of nonce, and the bytes under XChaCha20-Poly1305, which
//! covers the line as well. The key is Argon2id of the code and the salt. What else it takes follows from
//! the number of the format, so that a file cannot ask for more memory than that. A code is digits, however they are
//! grouped.

#[cfg(target_family = "wasm")]
mod module;
pub mod stream;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use thiserror::Error;

/// Random bytes that closing takes: the salt and the nonce.
pub const RANDOM_BYTES: usize = SALT_BYTES + NONCE_BYTES;

const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
/// The first line of every file. The number is the format's.
const LINE: &[u8; 31] = b"Gridwalk device file, format 1\n";
/// What of the line every format has.
const NAME: &[u8] = b"Gridwalk device file, format ";
/// Memory of one guess. With three passes RFC 9106 calls it the choice where memory is scarce.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

/// Why a file was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LockboxFault {
    /// Something else.
    #[error("not a device file")]
    OtherFile,
    /// A later format.
    #[error("a device file of a newer version")]
    Newer,
    /// Another code closed it, or it was changed or cut since: nobody can tell which.
    #[error("the code does not open this file")]
    Shut,
    /// There is not enough memory to try.
    #[error("not enough memory")]
    NoMemory,
}

impl LockboxFault {
    /// Stable code, for the sentence a person reads.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OtherFile => "device_file.other",
            Self::Newer => "device_file.newer",
            Self::Shut => "device_file.shut",
            Self::NoMemory => "device_file.no_memory",
        }
    }
}

/// Closes bytes with a code.
///
/// # Errors
/// [`LockboxFault::NoMemory`].
pub fn close(plain: &[u8], code: &str, random: &[u8; RANDOM_BYTES]) -> Result<Vec<u8>, LockboxFault> {
    let (salt, nonce) = random.split_at(SALT_BYTES);
    let closed = cipher(code, salt)?.encrypt(&nonce_of(nonce), Payload { msg: plain, aad: LINE });
    let closed = closed.map_err(|_| LockboxFault::NoMemory)?;
    Ok([LINE, &random[..], &closed].concat())
}

/// Whether these bytes begin as a closed file does.
///
/// # Errors
/// [`LockboxFault::OtherFile`] and [`LockboxFault::Newer`].
pub fn look(file: &[u8]) -> Result<(), LockboxFault> {
    match () {
        () if file.starts_with(LINE) && file.len() > LINE.len() + RANDOM_BYTES => Ok(()),
        () if file.starts_with(NAME) && !file.starts_with(LINE) => Err(LockboxFault::Newer),
        () => Err(LockboxFault::OtherFile),
    }
}

/// Opens what [`close`] made with the same code, however it was typed.
///
/// # Errors
/// Why not.
pub fn open(file: &[u8], code: &str) -> Result<Vec<u8>, LockboxFault> {
    look(file)?;
    let (random, closed) = file[LINE.len()..].split_at(RANDOM_BYTES);
    let (salt, nonce) = random.split_at(SALT_BYTES);
    cipher(code, salt)?
        .decrypt(&nonce_of(nonce), Payload { msg: closed, aad: LINE })
        .map_err(|_| LockboxFault::Shut)
}

fn nonce_of(bytes: &[u8]) -> XNonce {
    let mut nonce = XNonce::default();
    nonce.copy_from_slice(bytes);
    nonce
}

fn cipher(code: &str, salt: &[u8]) -> Result<XChaCha20Poly1305, LockboxFault> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| LockboxFault::NoMemory)?;
    let mut key = Key::default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(digits(code).as_bytes(), salt, &mut key)
        .map_err(|_| LockboxFault::NoMemory)?;
    Ok(XChaCha20Poly1305::new(&key))
}

/// The digits of what was typed, whatever stands between them; a Chinese keyboard may write them wide.
fn digits(code: &str) -> String {
    let digit = |typed: char| match typed {
        '０'..='９' => char::from_digit(typed as u32 - '０' as u32, 10),
        other => other.is_ascii_digit().then_some(other),
    };
    code.chars().filter_map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: [u8; RANDOM_BYTES] = [7; RANDOM_BYTES];
    const CODE: &str = "0482 1190 3377 5064";

    #[test]
    fn only_its_code_opens_a_file_and_only_as_it_was_made() {
        let file = close(b"inside", CODE, &RANDOM).unwrap();
        for typed in [CODE, "0482119033775064", " 0482-1190 3377\n5064", "０４８２ 1190 ３３７７ ５０６４"]
        {
            assert_eq!(open(&file, typed).as_deref(), Ok(&b"inside"[..]), "{typed}");
        }
        for wrong in ["0482 1190 3377 5065", "0482 1190 3377 506", ""] {
            assert_eq!(open(&file, wrong), Err(LockboxFault::Shut), "{wrong}");
        }
        for at in [LINE.len(), LINE.len() + SALT_BYTES, LINE.len() + RANDOM_BYTES, file.len() - 1] {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert_eq!(open(&changed, CODE), Err(LockboxFault::Shut), "byte {at}");
        }
        assert_eq!(open(&file[..file.len() - 1], CODE), Err(LockboxFault::Shut));
    }

    #[test]
    fn what_a_file_is_stands_at_its_beginning() {
        let file = close(b"", CODE, &RANDOM).unwrap();
        assert_eq!(look(&file), Ok(()));
        let newer = [NAME, b"2\n", &file[LINE.len()..]].concat();
        assert_eq!(look(&newer), Err(LockboxFault::Newer));
        for other in [&b""[..], b"PK\x03\x04", &file[..LINE.len()], &file[..NAME.len() - 1]] {
            assert_eq!(open(other, CODE), Err(LockboxFault::OtherFile));
        }
    }

    /// Files lie in drawers for years: what this version made, every later one opens.
    #[test]
    fn a_file_of_the_first_version_is_opened() {
        let file = close("楼道里存下的".as_bytes(), CODE, &RANDOM).unwrap();
        let bytes: String =
            file[LINE.len() + RANDOM_BYTES..].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(bytes, GOLDEN);
    }

    const GOLDEN: &str = "254f604db94f7cf5b4f3ec22731c7dd30cb105b4eb212574050c7f41dd9e5f338884";
}
