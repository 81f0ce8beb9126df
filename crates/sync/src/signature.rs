//! The server's signature over the nonce of the request and the uncompressed answer.
//!
//! It proves on any road, plain HTTP and foreign certificates included, that the answer is this
//! server's and answers this request. What is signed has one reading: what for, a nonce of fixed
//! length, the hash of the answer. Without that a request could choose a nonce that is itself the
//! beginning of an answer, and have the server sign it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use records::hex;
use records::wire::{NONCE_BYTES, Nonce};
use sha2::{Digest, Sha256};

/// Bytes of the key's SHA-256 that an invitation carries.
pub const KEY_PREFIX_BYTES: usize = 8;

/// What an answer answers: a signature under one says nothing under the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A round.
    Sync,
    /// An enrolment.
    Enrol,
    /// A round that is carried by hand.
    Courier,
    /// A part of an attachment.
    Attachment,
    /// A question about who may come in.
    Access,
}

impl Purpose {
    /// No tag begins with another.
    fn tag(self) -> &'static [u8] {
        match self {
            Self::Sync => b"gridwalk/sync/v1",
            Self::Enrol => b"gridwalk/enrol/v1",
            Self::Courier => b"gridwalk/courier/v1",
            Self::Attachment => b"gridwalk/attachment/v1",
            Self::Access => b"gridwalk/access/v1",
        }
    }
}

/// The nonce a request brought; `None` when it has another length than every nonce has.
pub fn nonce(bytes: &[u8]) -> Option<Nonce> {
    <[u8; NONCE_BYTES]>::try_from(bytes).ok()
}

/// Signs an answer with the server's secret key; base64, as it goes into the header.
pub fn sign(secret: &[u8; 32], purpose: Purpose, nonce: &Nonce, body: &[u8]) -> String {
    let signature = SigningKey::from_bytes(secret).sign(&message(purpose, nonce, body));
    STANDARD.encode(signature.to_bytes())
}

/// The public key of a secret one.
pub fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_bytes(secret).verifying_key().to_bytes()
}

/// The first bytes of the key's SHA-256, as 16 hexadecimal digits.
pub fn key_prefix(public_key: &[u8]) -> String {
    hex::digits(&digest(public_key)[..KEY_PREFIX_BYTES])
}

/// SHA-256, by which commits, tokens and keys are told apart.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Whether the signature is this key's over this answer to this request.
pub(crate) fn verify(key: &[u8; 32], purpose: Purpose, nonce: &Nonce, body: &[u8], base64: &str) -> bool {
    let signature = STANDARD.decode(base64.trim()).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let key = VerifyingKey::from_bytes(key).ok();
    let (Some(signature), Some(key)) = (signature, key) else { return false };
    key.verify_strict(&message(purpose, nonce, body), &signature).is_ok()
}

/// Whether `key` is `expected`, or its SHA-256 begins so.
pub(crate) fn key_matches(key: &[u8], expected: &[u8]) -> bool {
    match expected.len() {
        32 => key == expected,
        KEY_PREFIX_BYTES.. => digest(key).starts_with(expected),
        _ => false,
    }
}

fn message(purpose: Purpose, nonce: &Nonce, body: &[u8]) -> Vec<u8> {
    [purpose.tag(), nonce, &digest(body)].concat()
}
