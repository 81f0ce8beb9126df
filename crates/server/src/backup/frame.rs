//! The file as bytes: a mark, then frames, each with a hash of everything before its end.
//!
//! | bytes | |
//! |---|---|
//! | 8 | `GWBACKUP` |
//! | 2 | the format, 1 |
//! | frames | kind (1), encoding (1), length (4), that many bytes, hash (32) |
//!
//! Numbers have their highest byte first. Each hash is SHA-256 over the hash before it and the frame; the first one
//! takes in the hash of mark and format.

use std::io::{ErrorKind, Read, Write};

use sync::pack::{pack, unpack};
use sync::signature::digest;

use super::fault::BackupFault;

const MARK: [u8; 8] = *b"GWBACKUP";
const FORMAT: u16 = 1;
/// Most bytes of a frame, before and after it is packed.
pub(super) const FRAME_BYTES: usize = 1024 * 1024;
/// What frames are packed with where that makes them smaller.
const ZSTD: &str = "zstd";
const HASH_BYTES: u64 = 32;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// What is said of the whole backup; the first one.
    Header = 0,
    /// Rows of one table, or the end of them.
    Rows = 1,
    /// The beginning of what goes on in the next frame.
    Part = 2,
    /// How many rows there were; the last one.
    Trailer = 3,
}

impl FrameKind {
    const ALL: [Self; 4] = [Self::Header, Self::Rows, Self::Part, Self::Trailer];

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// Frames on their way out.
pub(super) struct FrameWriter<W> {
    out: W,
    hash: [u8; 32],
}

impl<W: Write> FrameWriter<W> {
    /// Writes what every backup begins with.
    pub(super) fn begin(mut out: W) -> Result<Self, BackupFault> {
        let begin = [&MARK[..], &FORMAT.to_be_bytes()].concat();
        out.write_all(&begin).map_err(BackupFault::File)?;
        Ok(Self { out, hash: digest(&begin) })
    }

    /// Writes one frame of at most [`FRAME_BYTES`].
    pub(super) fn write(&mut self, kind: FrameKind, body: Vec<u8>) -> Result<(), BackupFault> {
        let packed = pack(body, ZSTD);
        let length = u32::try_from(packed.bytes.len()).unwrap_or(u32::MAX);
        let encoding = u8::from(packed.encoding.is_some());
        let frame = [&[kind as u8, encoding], &length.to_be_bytes()[..], &packed.bytes].concat();
        self.hash = next(&self.hash, &frame);
        let written = self.out.write_all(&frame).and_then(|()| self.out.write_all(&self.hash));
        written.map_err(BackupFault::File)
    }

    /// Hands everything over.
    pub(super) fn end(mut self) -> Result<W, BackupFault> {
        self.out.flush().map_err(BackupFault::File)?;
        Ok(self.out)
    }
}

/// Frames as they are read, none before its hash was compared.
pub(super) struct FrameReader<R> {
    from: R,
    hash: [u8; 32],
    at: u64,
}

impl<R: Read> FrameReader<R> {
    /// Reads what every backup begins with.
    pub(super) fn begin(from: R) -> Result<Self, BackupFault> {
        let mut reader = Self { from, hash: [0; 32], at: 0 };
        let mark = reader.array().map_err(|fault| match fault {
            BackupFault::Damaged(_) => BackupFault::NotOne,
            other => other,
        })?;
        if mark != MARK {
            return Err(BackupFault::NotOne);
        }
        match u16::from_be_bytes(reader.array()?) {
            0 => return Err(reader.damaged()),
            FORMAT => {}
            newer => return Err(BackupFault::NewerFormat(newer)),
        }
        reader.hash = digest(&[&MARK[..], &FORMAT.to_be_bytes()].concat());
        Ok(reader)
    }

    /// The next frame.
    pub(super) fn read(&mut self) -> Result<(FrameKind, Vec<u8>), BackupFault> {
        let head: [u8; 6] = self.array()?;
        let [kind, encoding, length @ ..] = head;
        let length = u32::from_be_bytes(length) as usize;
        let (Some(kind), true) = (FrameKind::of(kind), encoding <= 1 && length <= FRAME_BYTES) else {
            return Err(self.damaged());
        };
        let mut body = vec![0; length];
        self.fill(&mut body)?;
        let expected = next(&self.hash, &[&head[..], &body].concat());
        if self.array()? != expected {
            return Err(BackupFault::Damaged(self.at - HASH_BYTES));
        }
        self.hash = expected;
        let body = unpack(&body, (encoding == 1).then_some(ZSTD)).map_err(|_| self.damaged())?;
        if body.len() > FRAME_BYTES { Err(self.damaged()) } else { Ok((kind, body)) }
    }

    /// Nothing comes behind the last frame.
    pub(super) fn end(&mut self) -> Result<(), BackupFault> {
        match self.array::<1>() {
            Err(BackupFault::Damaged(_)) => Ok(()),
            Err(other) => Err(other),
            Ok(_) => Err(self.damaged()),
        }
    }

    /// Says that what was read so far is not what was written.
    pub(super) fn damaged(&self) -> BackupFault {
        BackupFault::Damaged(self.at)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BackupFault> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), BackupFault> {
        self.from.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => self.damaged(),
            // Sealed, and a piece of it does not open.
            ErrorKind::InvalidData if self.at > 0 => self.damaged(),
            ErrorKind::InvalidData => BackupFault::Shut,
            _ => BackupFault::File(error),
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

fn next(before: &[u8; 32], frame: &[u8]) -> [u8; 32] {
    digest(&[&before[..], frame].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zeros that must not be asked for.
    struct Forbidden;

    impl Read for Forbidden {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            panic!("read on beyond the cap")
        }
    }

    #[test]
    fn a_length_beyond_the_cap_is_refused_before_anything_is_read() {
        let begin = FrameWriter::begin(vec![]).unwrap().end().unwrap();
        for length in [FRAME_BYTES as u32 + 1, u32::MAX] {
            let head = [&begin[..], &[FrameKind::Rows as u8, 0], &length.to_be_bytes()].concat();
            let mut frames = FrameReader::begin(head.chain(Forbidden)).unwrap();
            assert!(matches!(frames.read(), Err(BackupFault::Damaged(16))));
        }
    }
}
