//! Closing a long file with a passphrase, piece by piece, so that none of it has to lie in memory or open on a disk.
//!
//! Format 1: `GWSEALED`, the format's number (2 bytes, the higher first), 16 bytes of salt, 19 of nonce; then pieces of
//! 64 KiB and one of at most that, each under XChaCha20-Poly1305 with its 16 bytes of tag. The key is Argon2id of
//! passphrase and salt, at the cost every lockbox has. A piece's nonce is that of the file, its number (4 bytes) and
//! whether it is the last (1 byte): one that is changed, missing, twice, elsewhere or cut off opens nothing. The head is
//! covered with each piece. (STREAM of Hoang, Reyhanitabar, Rogaway, Vizár 2015.)

use std::fmt;
use std::io::{Error, ErrorKind, Read, Result, Write};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use thiserror::Error as ThisError;

use crate::{MEMORY_KIB, PASSES, SALT_BYTES};

/// What every sealed file begins with.
pub const MARK: &[u8; 8] = b"GWSEALED";
/// Random bytes that sealing takes.
pub const SEAL_RANDOM_BYTES: usize = SALT_BYTES + PREFIX_BYTES;
/// Fewest characters of a passphrase: somebody made it up, or drew it, and nobody has to type it on a phone.
pub const SHORTEST: usize = 16;

const FORMAT: u16 = 1;
const PREFIX_BYTES: usize = 19;
const HEAD_BYTES: usize = MARK.len() + 2 + SEAL_RANDOM_BYTES;
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;

/// Why a sealed file is not read. It comes as the inside of an [`Error`] of the kind `InvalidData`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum SealFault {
    /// Something else, or cut off in its head.
    #[error("that is not sealed")]
    NotSealed,
    /// A later format.
    #[error("sealed in a newer format ({0})")]
    Newer(u16),
    /// Another passphrase sealed it, or it was changed at its beginning: nobody can tell which.
    #[error("the passphrase does not open it")]
    Shut,
    /// It was changed, or its end is missing.
    #[error("it was changed, or its end is missing")]
    Damaged,
}

impl From<SealFault> for Error {
    fn from(fault: SealFault) -> Self {
        Self::new(ErrorKind::InvalidData, fault)
    }
}

/// The passphrase is too short to keep anybody out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
#[error("a passphrase has at least {SHORTEST} characters")]
pub struct TooShort;

/// What seals and opens. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(String);

impl Passphrase {
    /// From a line, without what stands around it.
    ///
    /// # Errors
    /// [`TooShort`].
    pub fn new(line: &str) -> std::result::Result<Self, TooShort> {
        let line = line.trim();
        if line.chars().count() < SHORTEST { Err(TooShort) } else { Ok(Self(line.to_owned())) }
    }

    fn cipher(&self, salt: &[u8]) -> Result<XChaCha20Poly1305> {
        let no_memory = |_| Error::from(ErrorKind::OutOfMemory);
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(no_memory)?;
        let mut key = Key::default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(self.0.as_bytes(), salt, &mut key)
            .map_err(no_memory)?;
        Ok(XChaCha20Poly1305::new(&key))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Passphrase")
    }
}

/// The pieces of one file, in their order.
struct Pieces {
    cipher: XChaCha20Poly1305,
    head: [u8; HEAD_BYTES],
    number: u32,
}

impl Pieces {
    fn of(passphrase: &Passphrase, head: [u8; HEAD_BYTES]) -> Result<Self> {
        let salt = &head[MARK.len() + 2..][..SALT_BYTES];
        Ok(Self { cipher: passphrase.cipher(salt)?, head, number: 0 })
    }

    /// The nonce of the next one; `None` where there are more than a file can have.
    fn nonce(&mut self, is_last: bool) -> Result<XNonce> {
        let mut nonce = XNonce::default();
        nonce[..PREFIX_BYTES].copy_from_slice(&self.head[HEAD_BYTES - PREFIX_BYTES..]);
        nonce[PREFIX_BYTES..][..4].copy_from_slice(&self.number.to_be_bytes());
        nonce[PREFIX_BYTES + 4] = u8::from(is_last);
        self.number = self.number.checked_add(1).ok_or(ErrorKind::FileTooLarge)?;
        Ok(nonce)
    }

    fn seal(&mut self, plain: &[u8], is_last: bool) -> Result<Vec<u8>> {
        let nonce = self.nonce(is_last)?;
        let payload = Payload { msg: plain, aad: &self.head };
        self.cipher.encrypt(&nonce, payload).map_err(|_| ErrorKind::OutOfMemory.into())
    }

    fn open(&mut self, sealed: &[u8], is_last: bool) -> Result<Vec<u8>> {
        let fault = if self.number == 0 { SealFault::Shut } else { SealFault::Damaged };
        let nonce = self.nonce(is_last)?;
        let payload = Payload { msg: sealed, aad: &self.head };
        self.cipher.decrypt(&nonce, payload).map_err(|_| fault.into())
    }
}

/// Seals what is written to it. Without [`SealWriter::finish`] it has no end, and nobody opens it.
pub struct SealWriter<W> {
    out: W,
    pieces: Pieces,
    /// Less than a piece and one byte: whether it is the last shows only when more comes.
    held: Vec<u8>,
}

impl<W: Write> SealWriter<W> {
    /// Writes the head.
    ///
    /// # Errors
    /// When it cannot be written, or memory for the key is missing.
    pub fn begin(mut out: W, passphrase: &Passphrase, random: &[u8; SEAL_RANDOM_BYTES]) -> Result<Self> {
        let mut head = [0; HEAD_BYTES];
        head[..MARK.len()].copy_from_slice(MARK);
        head[MARK.len()..][..2].copy_from_slice(&FORMAT.to_be_bytes());
        head[MARK.len() + 2..].copy_from_slice(random);
        let pieces = Pieces::of(passphrase, head)?;
        out.write_all(&head)?;
        Ok(Self { out, pieces, held: Vec::with_capacity(PIECE) })
    }

    /// Writes the last piece and hands back what was written to.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<W> {
        let last = self.pieces.seal(&self.held, true)?;
        self.out.write_all(&last)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.held.len() == PIECE && !bytes.is_empty() {
            let piece = self.pieces.seal(&self.held, false)?;
            self.out.write_all(&piece)?;
            self.held.clear();
        }
        let taken = bytes.len().min(PIECE - self.held.len());
        self.held.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// What is held back goes out with its piece: a shorter one would be the last.
    fn flush(&mut self) -> Result<()> {
        self.out.flush()
    }
}

/// Opens what [`SealWriter`] wrote. Nothing is given out before its piece was opened; that it was all shows at the end.
pub struct SealReader<R> {
    from: R,
    pieces: Pieces,
    /// The next bytes as they lie in the file: one more than a piece, to see whether another follows.
    ahead: Vec<u8>,
    plain: Vec<u8>,
    given: usize,
    is_over: bool,
}

impl<R: Read> SealReader<R> {
    /// Reads the head.
    ///
    /// # Errors
    /// [`SealFault`] inside; when it cannot be read, or memory for the key is missing.
    pub fn begin(mut from: R, passphrase: &Passphrase) -> Result<Self> {
        let mut head = [0; HEAD_BYTES];
        from.read_exact(&mut head).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => SealFault::NotSealed.into(),
            _ => error,
        })?;
        if !head.starts_with(MARK) {
            return Err(SealFault::NotSealed.into());
        }
        match u16::from_be_bytes([head[MARK.len()], head[MARK.len() + 1]]) {
            FORMAT => {}
            newer => return Err(SealFault::Newer(newer).into()),
        }
        let pieces = Pieces::of(passphrase, head)?;
        Ok(Self { from, pieces, ahead: vec![], plain: vec![], given: 0, is_over: false })
    }

    fn next_piece(&mut self) -> Result<()> {
        const SEALED: usize = PIECE + TAG;
        let wanted = (SEALED + 1 - self.ahead.len()) as u64;
        self.from.by_ref().take(wanted).read_to_end(&mut self.ahead)?;
        let is_last = self.ahead.len() <= SEALED;
        let end = self.ahead.len().min(SEALED);
        self.plain = self.pieces.open(&self.ahead[..end], is_last)?;
        self.ahead.drain(..end);
        // Only now: whoever reads on after a fault meets it again, and no end.
        (self.is_over, self.given) = (is_last, 0);
        Ok(())
    }
}

impl<R: Read> Read for SealReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.given == self.plain.len() && !self.is_over {
            self.next_piece()?;
        }
        let given = buffer.len().min(self.plain.len() - self.given);
        buffer[..given].copy_from_slice(&self.plain[self.given..][..given]);
        self.given += given;
        Ok(given)
    }
}

#[cfg(test)]
mod tests;
