//! What connections to one file share: its locks, and the index of its write-ahead log.
//!
//! Both live in memory on a real machine too and are gone with the power.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Number of locks on the index, `SQLITE_SHM_NLOCK`.
const SLOTS: usize = 8;

/// How far a connection has locked a file, <https://sqlite.org/lockingv3.html>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Neither reads nor writes.
    #[default]
    None,
    /// Reads.
    Shared,
    /// Reads, and will write.
    Reserved,
    /// Waits until the last reader is done; nobody begins to read.
    Pending,
    /// Writes.
    Exclusive,
}

/// The locks and the index of one file, by the numbers of the handles that hold them.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    levels: BTreeMap<u64, Level>,
    index: Vec<Arc<Region>>,
    users: Vec<u64>,
    slots: [Slot; SLOTS],
}

#[derive(Debug, Default)]
struct Slot {
    readers: Vec<u64>,
    writer: Option<u64>,
}

/// A piece of the index. SQLite reads and writes it directly, with its own locks and barriers.
#[derive(Debug)]
pub(super) struct Region(Box<[Block]>);

type Block = [AtomicU64; 512];

impl Region {
    fn new(size: usize) -> Self {
        let blocks = size.div_ceil(size_of::<Block>());
        Self((0..blocks).map(|_| [const { AtomicU64::new(0) }; 512]).collect())
    }

    /// As it is when it was made.
    fn blank(&self) {
        self.0.iter().flatten().for_each(|word| word.store(0, Ordering::Relaxed));
    }

    /// Where SQLite reads and writes it, as long as somebody holds the region.
    pub(super) fn address(&self) -> *mut u8 {
        self.0.as_ptr().cast_mut().cast()
    }
}

impl Sharing {
    /// Raises a handle's lock; false when others are in the way.
    pub(super) fn lock(&mut self, handle: u64, wanted: Level) -> bool {
        let held = self.level(handle);
        if held >= wanted {
            return true;
        }
        let others = self.highest_of_others(handle);
        match wanted {
            Level::None => {}
            Level::Shared if others >= Level::Pending => return false,
            Level::Reserved | Level::Pending | Level::Exclusive if others >= Level::Reserved => return false,
            Level::Exclusive if others >= Level::Shared => {
                self.levels.insert(handle, Level::Pending);
                return false;
            }
            _ => {}
        }
        self.levels.insert(handle, wanted);
        true
    }

    /// Lowers a handle's lock.
    pub(super) fn unlock(&mut self, handle: u64, level: Level) {
        if level == Level::None {
            self.levels.remove(&handle);
        } else {
            self.levels.insert(handle, level);
        }
    }

    /// Nobody holds a lock, and the index is to be made again. The regions stay where SQLite knows them.
    pub(super) fn begin_anew(&mut self) {
        self.levels.clear();
        self.slots = Default::default();
        self.index.iter().for_each(|region| region.blank());
    }

    /// Whether somebody writes or will write.
    pub(super) fn is_reserved(&self) -> bool {
        self.levels.values().any(|level| *level >= Level::Reserved)
    }

    fn level(&self, handle: u64) -> Level {
        self.levels.get(&handle).copied().unwrap_or_default()
    }

    fn highest_of_others(&self, handle: u64) -> Level {
        let others = self.levels.iter().filter(|(holder, _)| **holder != handle);
        others.map(|(_, level)| *level).max().unwrap_or_default()
    }

    /// One region of the index; without `make` only one that is there.
    pub(super) fn region(
        &mut self,
        handle: u64,
        number: usize,
        size: usize,
        make: bool,
    ) -> Option<Arc<Region>> {
        if !self.users.contains(&handle) {
            self.users.push(handle);
        }
        while make && self.index.len() <= number {
            self.index.push(Arc::new(Region::new(size)));
        }
        self.index.get(number).cloned()
    }

    /// A handle no longer uses the index; it goes with its last user.
    pub(super) fn leave_index(&mut self, handle: u64) {
        self.unlock_index(handle, 0..SLOTS);
        self.users.retain(|user| *user != handle);
        if self.users.is_empty() {
            self.index.clear();
        }
    }

    /// Locks parts of the index, all or none; false when others are in the way.
    pub(super) fn lock_index(
        &mut self,
        handle: u64,
        slots: std::ops::Range<usize>,
        is_exclusive: bool,
    ) -> bool {
        let Some(slots) = self.slots.get_mut(slots) else { return false };
        let in_the_way = |slot: &Slot| {
            slot.writer.is_some_and(|writer| writer != handle)
                || is_exclusive && slot.readers.iter().any(|reader| *reader != handle)
        };
        if slots.iter().any(in_the_way) {
            return false;
        }
        for slot in slots {
            if is_exclusive {
                slot.writer = Some(handle);
            } else if !slot.readers.contains(&handle) {
                slot.readers.push(handle);
            }
        }
        true
    }

    /// Gives locks on parts of the index back, of either kind.
    pub(super) fn unlock_index(&mut self, handle: u64, slots: std::ops::Range<usize>) {
        for slot in self.slots.get_mut(slots).unwrap_or_default() {
            slot.readers.retain(|reader| *reader != handle);
            slot.writer = slot.writer.filter(|writer| *writer != handle);
        }
    }
}
