//! The bytes of one file: what is on the disk, what is in the cache, and what a power cut makes of both.

use oorandom::Rand64;

use super::blocks::Blocks;

/// A disk writes a sector whole or not at all.
const SECTOR: usize = 512;

/// One file. Reads see `cached`; `durable` lags behind it by the changes in `unsynced`.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    durable: Blocks,
    cached: Blocks,
    unsynced: Vec<Change>,
    /// Whether its folder was synced since the file was made.
    pub(super) is_listed: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

impl Content {
    pub(super) fn len(&self) -> usize {
        self.cached.len()
    }

    /// All of it, as a reader finds it.
    pub(super) fn to_vec(&self) -> Vec<u8> {
        self.cached.to_vec()
    }

    /// Copies from the cache and answers how many bytes there were.
    pub(super) fn read(&self, at: usize, into: &mut [u8]) -> usize {
        self.cached.read(at, into)
    }

    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        self.cached.write(at, bytes);
        self.unsynced.push(Change::Write { at, bytes: bytes.to_vec() });
    }

    pub(super) fn resize(&mut self, size: usize) {
        self.cached.resize(size);
        self.unsynced.push(Change::Resize(size));
    }

    pub(super) fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            match change {
                Change::Write { at, bytes } => self.durable.take_over(&self.cached, at, bytes.len()),
                Change::Resize(size) => self.durable.resize(size),
            }
        }
    }

    /// The power went: each change since the last sync is there, torn or lost.
    pub(super) fn lose_power(&mut self, chance: &mut Rand64) {
        for change in self.unsynced.drain(..) {
            match change {
                Change::Write { at, bytes } => write_perhaps(&mut self.durable, at, &bytes, chance),
                Change::Resize(size) if coin(chance) => self.durable.resize(size),
                Change::Resize(_) => {}
            }
        }
        self.cached.clone_from(&self.durable);
    }
}

/// Heads or tails.
pub(super) fn coin(chance: &mut Rand64) -> bool {
    chance.rand_range(0..2) == 1
}

fn write_perhaps(content: &mut Blocks, at: usize, bytes: &[u8], chance: &mut Rand64) {
    match chance.rand_range(0..3) {
        0 => content.write(at, bytes),
        1 => tear(content, at, bytes, chance),
        _ => lose(content, at + bytes.len(), chance),
    }
}

/// Writes what lies before a sector boundary or what lies behind it.
fn tear(content: &mut Blocks, at: usize, bytes: &[u8], chance: &mut Rand64) {
    let first = SECTOR - at % SECTOR;
    if bytes.len() <= first {
        return lose(content, at + bytes.len(), chance);
    }
    let boundaries = (bytes.len() - first).div_ceil(SECTOR) as u64;
    let boundary = first + SECTOR * chance.rand_range(0..boundaries) as usize;
    let (before, behind) = bytes.split_at(boundary);
    if coin(chance) { content.write(at, before) } else { content.write(at + boundary, behind) }
}

/// The bytes of a lost write are gone; that it made the file longer may have been noted already.
fn lose(content: &mut Blocks, end: usize, chance: &mut Rand64) {
    if content.len() < end && coin(chance) {
        content.resize(end);
    }
}
