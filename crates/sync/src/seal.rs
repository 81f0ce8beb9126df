//! Sealing to one reader (RFC 9180): whoever knows the public key can write, only who has the secret
//! one can read. The sender stays unknown; who it is stands inside.

use std::convert::Infallible;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};

use crate::signature::digest;

/// Bytes of a public key and of a secret one.
pub const KEY_BYTES: usize = 32;
/// Bytes by which what is sealed is longer than what was to be sealed.
pub const OVERHEAD: usize = KEY_BYTES + 16;

/// A key to seal to, or the secret that opens.
pub type Key = [u8; KEY_BYTES];

/// Both halves of a key.
#[derive(Clone)]
pub struct KeyPair {
    /// Opens; never leaves whoever reads.
    pub secret: Key,
    /// Seals; anybody may have it.
    pub public: Key,
}

impl KeyPair {
    /// A new pair of 32 random bytes or more.
    pub fn of(random: &[u8]) -> Self {
        let (secret, public) = X25519HkdfSha256::derive_keypair(random);
        Self { secret: secret.to_bytes().into(), public: public.to_bytes().into() }
    }

    /// The pair of a server, whose signing key is this secret. It follows from that key, so that a
    /// backup has both, but neither tells anything of the other: signing and sealing stay apart.
    pub fn of_server(signing_secret: &[u8; 32]) -> Self {
        Self::of(&digest(&[b"gridwalk/sealing/v1", &signing_secret[..]].concat()))
    }
}

/// Seals to a public key. `what_for` keeps purposes apart; `beside` stands open next to it and is
/// protected with it. `random` fills a buffer with bytes of the system. `None` when the key is none.
pub fn seal(
    to: &Key,
    what_for: &[u8],
    beside: &[u8],
    plain: &[u8],
    random: &mut dyn FnMut(&mut [u8]),
) -> Option<Vec<u8>> {
    let to = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(to).ok()?;
    let sealed = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &to,
        what_for,
        plain,
        beside,
        &mut Drawn(random),
    );
    let (key, sealed) = sealed.ok()?;
    Some([&key.to_bytes()[..], &sealed].concat())
}

/// Opens what [`seal`] made, with the same `what_for` and `beside`; `None` for anything else.
pub fn open(secret: &Key, what_for: &[u8], beside: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (key, sealed) = sealed.split_at_checked(KEY_BYTES)?;
    let key = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(key).ok()?;
    let secret = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(secret).ok()?;
    let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &secret,
        &key,
        what_for,
        sealed,
        beside,
    );
    opened.ok()
}

/// Randomness as the shell passes it in.
struct Drawn<'a>(&'a mut dyn FnMut(&mut [u8]));

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(buffer);
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> impl FnMut(&mut [u8]) {
        let mut drawn = 0u8;
        move |buffer| {
            for byte in buffer {
                drawn = drawn.wrapping_add(1);
                *byte = drawn;
            }
        }
    }

    #[test]
    fn only_the_reader_opens_and_only_for_its_purpose() {
        let (reader, other) = (KeyPair::of(&[1; 32]), KeyPair::of(&[2; 32]));
        let mut random = counting();
        let sealed = seal(&reader.public, b"letters", b"to 07", b"inside", &mut random).unwrap();
        assert_eq!(sealed.len(), b"inside".len() + OVERHEAD);
        assert_eq!(open(&reader.secret, b"letters", b"to 07", &sealed).as_deref(), Some(&b"inside"[..]));
        assert_eq!(open(&other.secret, b"letters", b"to 07", &sealed), None);
        assert_eq!(open(&reader.secret, b"answers", b"to 07", &sealed), None);
        assert_eq!(open(&reader.secret, b"letters", b"to 08", &sealed), None);
        assert_eq!(open(&reader.secret, b"letters", b"to 07", &sealed[..20]), None);
        let again = seal(&reader.public, b"letters", b"to 07", b"inside", &mut random).unwrap();
        assert_ne!(sealed, again, "the same twice looks like two things");
    }

    #[test]
    fn a_servers_two_keys_tell_nothing_of_each_other() {
        let (signing, other) = ([7; 32], [8; 32]);
        let pair = KeyPair::of_server(&signing);
        assert_eq!(pair.public, KeyPair::of_server(&signing).public, "a backup has the same");
        assert_ne!(pair.public, KeyPair::of_server(&other).public);
        assert_ne!(pair.secret, signing);
        assert_ne!(pair.public, crate::signature::public_key(&signing));
    }

    #[test]
    fn nothing_is_sealed_to_a_key_that_everybody_could_open() {
        assert_eq!(seal(&[0; 32], b"letters", b"", b"inside", &mut counting()), None);
    }
}
