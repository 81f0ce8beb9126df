//! Inputs made of seeds, the same ones in each run: what a fuzzer does, without knowing where it leads.

use std::fs;
use std::path::PathBuf;

use oorandom::Rand64;

/// Longest input. What is longer takes longer and finds no more.
const LONGEST: usize = 16 * 1024;
/// Numbers at whose edges readers go wrong.
const EDGES: [&[u8]; 10] = [
    &[0],
    &[0x7f],
    &[0x80],
    &[0xff],
    &[0xff, 0xff],
    &[0x7f, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff],
    &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    "\u{feff}".as_bytes(),
    "０".as_bytes(),
];

/// The seeds of a target, in the order of their names.
///
/// # Panics
/// When there are none.
pub fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/seeds").join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has no seeds");
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

/// A stream of inputs: each is a seed that was changed in a few places.
pub struct Changed {
    seeds: Vec<Vec<u8>>,
    chance: Rand64,
}

impl Changed {
    /// The stream of these seeds. The same seeds give the same inputs.
    pub fn of(seeds: Vec<Vec<u8>>) -> Self {
        Self { seeds, chance: Rand64::new(7) }
    }

    fn below(&mut self, end: usize) -> usize {
        self.chance.rand_range(0..end.max(1) as u64) as usize
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        let rest = bytes.len() - at;
        match self.below(9) {
            0 if rest > 0 => bytes[at] ^= 1 << self.below(8),
            1 if rest > 0 => bytes[at] = self.below(256) as u8,
            2 if rest > 0 => {
                let length = 1 + self.below(rest.min(8));
                bytes.drain(at..at + length);
            }
            3 => {
                let new: Vec<u8> = (0..=self.below(4)).map(|_| self.below(256) as u8).collect();
                bytes.splice(at..at, new);
            }
            4 => {
                let edge = EDGES[self.below(EDGES.len())];
                let end = at + edge.len().min(rest);
                bytes.splice(at..end, edge.iter().copied());
            }
            5 if rest > 0 => {
                let piece = bytes[at..at + 1 + self.below(rest.min(64))].to_vec();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            6 => {
                let other = &self.seeds[self.chance.rand_range(0..self.seeds.len() as u64) as usize];
                let from = other.len().min(at);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            7 if rest > 1 => bytes[at] = bytes[at].wrapping_add(1),
            _ => bytes.truncate(at.max(1)),
        }
    }
}

impl Iterator for Changed {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let seed = self.below(self.seeds.len());
        let mut bytes = self.seeds[seed].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut bytes);
        }
        bytes.truncate(LONGEST);
        Some(bytes)
    }
}
