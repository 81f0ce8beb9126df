//! Files as a disk keeps them: what was flushed is certain, and of the rest a power cut leaves anything.

use std::fmt;
use std::rc::Rc;

use oorandom::Rand64;

/// What every disk writes whole or not at all.
const SECTOR: usize = 512;
/// What the pool says a disk may spoil around the bytes that it writes.
const SPOILT: usize = 4096;

/// Something that was done to a file.
#[derive(Debug)]
pub struct Step {
    /// Its number.
    pub file: usize,
    /// What.
    pub done: Done,
}

/// What can be done to a file.
#[derive(Clone)]
pub enum Done {
    /// It is there from now on.
    Open,
    /// Bytes are written from this place on.
    Write {
        /// The place.
        at: usize,
        /// The bytes.
        bytes: Rc<[u8]>,
    },
    /// It becomes so long.
    Truncate(usize),
    /// Everything so far is certain.
    Flush,
}

/// What a power cut leaves of what was not flushed, and of the step that was under way.
#[derive(Debug, Clone, Copy)]
pub enum Left {
    /// All of it, and so many bytes of the step.
    Written(usize),
    /// As many, and the sector around them holds neither what was there nor what was to come.
    Spoilt(usize),
    /// Nothing.
    Flushed,
    /// The files' lengths, and zeros.
    Zeroed,
    /// Of each piece any sectors: new, older or empty, by this seed.
    Torn(u64),
}

/// All files.
#[derive(Default)]
pub struct Disk {
    files: Vec<File>,
}

#[derive(Clone, Default)]
struct File {
    certain: Vec<u8>,
    uncertain: Vec<Done>,
}

impl Disk {
    /// One that holds these files.
    pub fn with(files: Vec<Vec<u8>>) -> Self {
        let file = |certain| File { certain, uncertain: vec![] };
        Self { files: files.into_iter().map(file).collect() }
    }

    /// A step is taken.
    pub fn take(&mut self, step: &Step) {
        let count = self.files.len().max(step.file + 1);
        self.files.resize(count, File::default());
        let file = &mut self.files[step.file];
        match &step.done {
            Done::Open => {}
            Done::Flush => {
                let uncertain = std::mem::take(&mut file.uncertain);
                uncertain.iter().for_each(|done| apply(&mut file.certain, done));
            }
            done => file.uncertain.push(done.clone()),
        }
    }

    /// The files after a power cut amid a step.
    pub fn after_cut(&self, amid: &Step, left: Left) -> Vec<Vec<u8>> {
        let files = self.files.iter().enumerate();
        let mut files: Vec<_> =
            files.map(|(number, file)| file.after_cut((number == amid.file).then_some(amid), left)).collect();
        files.resize(files.len().max(amid.file + 1), vec![]);
        files
    }
}

impl File {
    fn after_cut(&self, amid: Option<&Step>, left: Left) -> Vec<u8> {
        let mut found = self.certain.clone();
        let amid = amid.map(|step| &step.done);
        match left {
            Left::Flushed => {}
            Left::Written(count) | Left::Spoilt(count) => {
                self.uncertain.iter().for_each(|done| apply(&mut found, done));
                if let Some(Done::Write { at, bytes }) = amid {
                    put(&mut found, *at, &bytes[..count]);
                    if let Left::Spoilt(_) = left {
                        spoil(&mut found, at + count);
                    }
                }
            }
            Left::Zeroed => {
                let ends = self.uncertain.iter().chain(amid).map(Done::end);
                let end = ends.fold(found.len(), usize::max);
                found.resize(end, 0);
            }
            Left::Torn(seed) => {
                let mut chance = Rand64::new(u128::from(seed));
                self.uncertain.iter().chain(amid).for_each(|done| apply_torn(&mut found, done, &mut chance));
            }
        }
        found
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write { at, bytes } => write!(f, "{} bytes at {at}", bytes.len()),
            Self::Truncate(size) => write!(f, "{size} bytes long"),
            Self::Open => f.write_str("there"),
            Self::Flush => f.write_str("flushed"),
        }
    }
}

impl Done {
    fn end(&self) -> usize {
        match self {
            Self::Write { at, bytes } => at + bytes.len(),
            Self::Truncate(size) => *size,
            Self::Open | Self::Flush => 0,
        }
    }
}

fn apply(file: &mut Vec<u8>, done: &Done) {
    match done {
        Done::Write { at, bytes } => put(file, *at, bytes),
        Done::Truncate(size) => file.resize(*size, 0),
        Done::Open | Done::Flush => {}
    }
}

fn apply_torn(file: &mut Vec<u8>, done: &Done, chance: &mut Rand64) {
    let Done::Write { at, bytes } = done else {
        return if chance.rand_range(0..2) == 0 {
            apply(file, done)
        };
    };
    let mut start = *at;
    while start < done.end() {
        let end = done.end().min(start - start % SECTOR + SECTOR);
        match chance.rand_range(0..3) {
            0 => put(file, start, &bytes[start - at..end - at]),
            1 => {}
            // The file is longer already, and nothing is in it yet.
            _ => file.resize(file.len().max(end), 0),
        }
        start = end;
    }
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if !bytes.is_empty() {
        file.resize(file.len().max(at + bytes.len()), 0);
        file[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

fn spoil(file: &mut [u8], at: usize) {
    let from = at - at % SPOILT;
    let end = file.len().min(from + SPOILT);
    for (place, byte) in file.iter_mut().enumerate().take(end).skip(from) {
        *byte = (place.wrapping_mul(167) >> 3) as u8 | 1;
    }
}
