//! The key file: what it says, and the little that changes in it.

use chacha20poly1305::XChaCha20Poly1305;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use xxhash_rust::xxh3::xxh3_64;

use crate::{Key, NONCE_BYTES, Pin, RANDOM_BYTES, SALT_BYTES, VaultFault, cipher, close, open};

/// Wrong tries in a row after which the key is destroyed.
pub const MOST_WRONG: u8 = 10;

/// The first line of every file. The number is the format's.
const LINE: &[u8; 28] = b"Gridwalk key file, format 1\n";
/// What of the line every format has.
const NAME: &[u8] = b"Gridwalk key file, format ";
/// Bytes of the checksum behind the line.
const CHECKSUM: usize = 8;

/// A PIN that was stretched for one file.
pub struct Stretched(XChaCha20Poly1305);

/// A database's key, closed; or what is left after it was destroyed.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyFile {
    /// Goes up with every change, so that of two copies the later is known.
    #[n(0)]
    turn: u64,
    /// Wrong tries in a row.
    #[n(1)]
    wrong: u8,
    /// Salt and nonce.
    #[n(2)]
    random: ByteVec,
    /// The closed key; nothing once it is destroyed.
    #[n(3)]
    closed: Option<ByteVec>,
    /// Whether the system's key store has a part in it.
    #[n(4)]
    needs_stored: bool,
    /// How the app looks, as the shell wrote it: what is shown before anything is open.
    #[n(5)]
    look: Option<String>,
}

impl KeyFile {
    /// Closes a key with a PIN and, where there is one, what the key store keeps.
    ///
    /// # Errors
    /// [`VaultFault::NoMemory`].
    pub fn close(
        key: &Key,
        pin: &Pin,
        stored: Option<&Key>,
        random: &[u8; RANDOM_BYTES],
    ) -> Result<Self, VaultFault> {
        let (salt, nonce) = random.split_at(SALT_BYTES);
        let needs_stored = stored.is_some();
        let closed = close(key, &cipher(pin, salt, stored)?, nonce, &beside(needs_stored))?;
        let random = random.to_vec().into();
        Ok(Self { turn: 0, wrong: 0, random, closed: Some(closed.into()), needs_stored, look: None })
    }

    /// The same key under another PIN, as the next turn of this file.
    #[must_use]
    pub fn followed_by(&self, next: Self) -> Self {
        Self { turn: self.next_turn(), look: self.look.clone(), ..next }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`VaultFault::Damaged`] and [`VaultFault::Newer`].
    pub fn read(bytes: &[u8]) -> Result<Self, VaultFault> {
        if bytes.starts_with(NAME) && !bytes.starts_with(LINE) && bytes.contains(&b'\n') {
            return Err(VaultFault::Newer);
        }
        let rest = bytes.strip_prefix(LINE).ok_or(VaultFault::Damaged)?;
        let (checksum, body) = rest.split_at_checked(CHECKSUM).ok_or(VaultFault::Damaged)?;
        if checksum != xxh3_64(body).to_be_bytes() {
            return Err(VaultFault::Damaged);
        }
        let file: Self = minicbor::decode(body).map_err(|_| VaultFault::Damaged)?;
        if file.random.len() == RANDOM_BYTES { Ok(file) } else { Err(VaultFault::Damaged) }
    }

    /// Of two copies the one that holds: the later of those that can be read.
    ///
    /// # Errors
    /// As [`KeyFile::read`], when neither can.
    pub fn read_either(copies: [&[u8]; 2]) -> Result<Self, VaultFault> {
        match copies.map(Self::read) {
            [Ok(one), Ok(other)] => Ok(if other.is_later_than(&one) { other } else { one }),
            [Ok(one), _] | [_, Ok(one)] => Ok(one),
            [Err(VaultFault::Newer), _] | [_, Err(VaultFault::Newer)] => Err(VaultFault::Newer),
            [Err(fault), _] => Err(fault),
        }
    }

    /// Nobody reaches the last one by using the app, but a file that somebody made may say it.
    fn next_turn(&self) -> u64 {
        self.turn.wrapping_add(1)
    }

    fn is_later_than(&self, other: &Self) -> bool {
        (1..=u64::MAX / 2).contains(&self.turn.wrapping_sub(other.turn))
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        #[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
        let body = minicbor::to_vec(self).unwrap();
        [LINE, &xxh3_64(&body).to_be_bytes()[..], &body].concat()
    }

    /// Wrong tries in a row.
    pub fn wrong(&self) -> u8 {
        self.wrong
    }

    /// Whether the key is no more.
    pub fn is_destroyed(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether the key store's part is needed.
    pub fn needs_stored(&self) -> bool {
        self.needs_stored
    }

    /// How the app looks, as [`KeyFile::looking`] was told.
    pub fn look(&self) -> Option<&str> {
        self.look.as_deref()
    }

    /// The same, with how the app looks.
    #[must_use]
    pub fn looking(&self, look: String) -> Self {
        Self { turn: self.next_turn(), look: Some(look), ..self.clone() }
    }

    /// The file to keep before a try is looked at: it counts as wrong until it was right.
    #[must_use]
    pub fn trying(&self) -> Self {
        Self { turn: self.next_turn(), wrong: self.wrong.saturating_add(1), ..self.clone() }
    }

    /// The file after a try that was right.
    #[must_use]
    pub fn opened(&self) -> Self {
        Self { turn: self.next_turn(), wrong: 0, ..self.clone() }
    }

    /// The file after a try that was wrong: from the tenth on there is no key in it.
    #[must_use]
    pub fn refused(&self) -> Self {
        if self.wrong >= MOST_WRONG { self.destroyed() } else { self.clone() }
    }

    /// The file without its key, and without what a key could be tried against.
    #[must_use]
    pub fn destroyed(&self) -> Self {
        let random = vec![0; SALT_BYTES + NONCE_BYTES].into();
        Self { turn: self.next_turn(), closed: None, random, ..self.clone() }
    }

    /// Stretches a PIN as this file wants it, which takes a moment and 64 MiB. Nothing shows yet whether it is the right
    /// one.
    ///
    /// # Errors
    /// [`VaultFault::NoMemory`].
    pub fn stretch(&self, pin: &Pin, stored: Option<&Key>) -> Result<Stretched, VaultFault> {
        let (salt, _) = self.random.split_at(SALT_BYTES);
        cipher(pin, salt, stored.filter(|_| self.needs_stored)).map(Stretched)
    }

    /// The key.
    ///
    /// # Errors
    /// [`VaultFault::Wrong`], [`VaultFault::Destroyed`].
    pub fn open(&self, stretched: &Stretched) -> Result<Key, VaultFault> {
        let closed = self.closed.as_ref().ok_or(VaultFault::Destroyed)?;
        let (_, nonce) = self.random.split_at(SALT_BYTES);
        open(closed, &stretched.0, nonce, &beside(self.needs_stored))
    }
}

/// What stands open and is covered by the seal.
fn beside(needs_stored: bool) -> Vec<u8> {
    [LINE, &[u8::from(needs_stored)][..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: [u8; RANDOM_BYTES] = [7; RANDOM_BYTES];

    fn key(byte: u8) -> Key {
        Key::new([byte; 32])
    }

    fn pin(text: &str) -> Pin {
        Pin::chosen(text, crate::Strength::Pin).unwrap()
    }

    fn try_open(file: &KeyFile, pin: &Pin, stored: Option<&Key>) -> Result<Key, VaultFault> {
        file.open(&file.stretch(pin, stored)?)
    }

    fn closed() -> KeyFile {
        KeyFile::close(&key(1), &pin("135790"), None, &RANDOM).unwrap()
    }

    #[test]
    fn only_its_pin_opens_a_key_and_only_with_what_the_store_keeps() {
        let (own, other) = (key(8), key(9));
        let file = KeyFile::close(&key(1), &pin("135790"), Some(&own), &RANDOM).unwrap();
        assert!(file.needs_stored());
        assert!(try_open(&file, &pin("135790"), Some(&own)) == Ok(key(1)));
        for (typed, stored) in [("135791", Some(&own)), ("135790", Some(&other)), ("135790", None)] {
            assert_eq!(try_open(&file, &Pin::typed(typed), stored).err(), Some(VaultFault::Wrong), "{typed}");
        }
        assert!(try_open(&closed(), &pin("135790"), Some(&own)) == Ok(key(1)), "none had a part in this one");
    }

    #[test]
    fn the_tenth_wrong_try_in_a_row_destroys_the_key_and_the_ninth_does_not() {
        let mut file = closed();
        for tries in 1..=9 {
            file = file.trying().refused();
            assert_eq!((file.wrong(), file.is_destroyed()), (tries, false));
        }
        let right = file.trying();
        assert!(try_open(&right, &pin("135790"), None).is_ok(), "the tenth may still be right");
        assert_eq!(right.opened().wrong(), 0);
        let gone = file.trying().refused();
        assert!(gone.is_destroyed());
        assert_eq!(try_open(&gone, &pin("135790"), None).err(), Some(VaultFault::Destroyed));
        let bytes = gone.bytes();
        assert!(!bytes.windows(16).any(|run| run == [7; 16]), "not even the salt is left");
    }

    #[test]
    fn of_two_copies_the_later_holds_and_a_damaged_one_is_no_loss() {
        let (earlier, later) = (closed(), closed().trying());
        let (early, late) = (earlier.bytes(), later.bytes());
        fn read(one: &[u8], other: &[u8]) -> Result<u8, VaultFault> {
            KeyFile::read_either([one, other]).map(|file| file.wrong())
        }
        assert_eq!(read(&early, &late), Ok(1));
        assert_eq!(read(&late, &early), Ok(1));
        assert_eq!(read(&early, b""), Ok(0));
        for at in 0..late.len() {
            let mut damaged = late.clone();
            damaged[at] ^= 1;
            assert!(KeyFile::read(&damaged).is_err(), "byte {at}");
            assert_eq!(read(&damaged, &early), Ok(0), "byte {at}");
        }
        assert!((0..late.len()).all(|cut| KeyFile::read(&late[..cut]).is_err()));
    }

    /// Found by the fuzzer: a file at the last number there is.
    #[test]
    fn a_file_that_somebody_gave_the_last_turn_counts_tries_all_the_same() {
        let file = KeyFile { turn: u64::MAX, ..closed() };
        let trying = file.trying();
        for copies in [[file.bytes(), trying.bytes()], [trying.bytes(), file.bytes()]] {
            assert_eq!(KeyFile::read_either([&copies[0], &copies[1]]).map(|file| file.wrong()), Ok(1));
        }
    }

    #[test]
    fn a_later_format_is_known_as_one() {
        let newer = [NAME, b"2\n", &closed().bytes()[LINE.len()..]].concat();
        assert_eq!(KeyFile::read(&newer).err(), Some(VaultFault::Newer));
        assert_eq!(KeyFile::read_either([b"", &newer]).err(), Some(VaultFault::Newer));
    }

    #[test]
    fn another_pin_keeps_how_the_app_looks_and_is_the_next_turn() {
        let before = closed().looking("{}".to_owned());
        let after = before.followed_by(KeyFile::close(&key(1), &pin("246801"), None, &RANDOM).unwrap());
        assert_eq!(after.look(), Some("{}"));
        let copies = [before.bytes(), after.bytes()];
        let read = KeyFile::read_either([&copies[0], &copies[1]]).unwrap();
        assert!(try_open(&read, &pin("246801"), None) == Ok(key(1)));
        assert_eq!(try_open(&read, &pin("135790"), None).err(), Some(VaultFault::Wrong));
    }

    /// Key files lie on devices for years: what this version made, every later one opens.
    #[test]
    fn a_file_of_the_first_version_is_opened() {
        let bytes: String = closed().bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(bytes, GOLDEN);
    }

    const GOLDEN: &str = "4772696477616c6b206b65792066696c652c20666f726d617420310a1096b4798f5a6f48a50000010002582807070707\
        070707070707070707070707070707070707070707070707070707070707070707070707035830717a527fdd8eb7348f\
        8a0459f39e296f0196b2c432cfd2836223fe41f8e5e42a61cf103de739f041241e7a53f602153704f4";
}
