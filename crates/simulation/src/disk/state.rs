//! A disk's files, its power and its room, and the list of all disks of the process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use oorandom::Rand64;

use super::content::{Content, coin};
use super::sharing::Sharing;
use super::{Counters, Image};

/// All disks, by the number that begins the paths of their files: SQLite passes a path and nothing else.
static DISKS: Mutex<BTreeMap<u64, Weak<Medium>>> = Mutex::new(BTreeMap::new());
static NEXT_DISK: AtomicU64 = AtomicU64::new(1);

/// The disk itself, which handles and open files hold.
#[derive(Debug)]
pub(super) struct Medium {
    number: u64,
    state: Mutex<State>,
}

/// Why the disk did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DiskFault {
    /// The power is off, or went since the file was opened.
    PowerLost,
    /// No room.
    Full,
    /// No such file.
    Missing,
    /// Another connection is in the way.
    Busy,
}

/// Everything on a disk.
#[derive(Debug)]
pub(super) struct State {
    files: BTreeMap<String, Content>,
    /// Files whose removal is not on the disk yet.
    removed: BTreeMap<String, Content>,
    sharing: BTreeMap<String, Sharing>,
    chance: Rand64,
    is_powered: bool,
    /// Grows when open files become invalid.
    generation: u64,
    /// Files opened in an earlier generation than this are invalid.
    oldest_valid: u64,
    /// What those files shared, in case their connections are woken.
    asleep: BTreeMap<String, Sharing>,
    /// Open files by name, valid or not.
    open: BTreeMap<String, usize>,
    next_handle: u64,
    operations_left: Option<u64>,
    capacity: Option<u64>,
    counters: Counters,
}

impl Medium {
    /// A new disk in the list of all disks.
    pub(super) fn listed(seed: u64) -> Arc<Self> {
        let number = NEXT_DISK.fetch_add(1, Ordering::Relaxed);
        let disk = Arc::new(Self { number, state: Mutex::new(State::new(seed)) });
        disks().insert(number, Arc::downgrade(&disk));
        disk
    }

    /// A disk of its own for a file without a name, which SQLite makes for large sorts and the like.
    pub(super) fn unlisted() -> Arc<Self> {
        Arc::new(Self { number: 0, state: Mutex::new(State::new(0)) })
    }

    /// The path of a file, for SQLite.
    pub(super) fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.number)
    }

    /// The disk and the file's name on it.
    pub(super) fn find(path: &str) -> Option<(Arc<Self>, &str)> {
        let (number, file) = path.split_once('/')?;
        // The list is free again before the disk can end.
        let disk = disks().get(&number.parse().ok()?).cloned();
        Some((disk?.upgrade()?, file))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Medium {
    fn drop(&mut self) {
        disks().remove(&self.number);
    }
}

fn disks() -> MutexGuard<'static, BTreeMap<u64, Weak<Medium>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn new(seed: u64) -> Self {
        Self {
            files: BTreeMap::new(),
            removed: BTreeMap::new(),
            sharing: BTreeMap::new(),
            chance: Rand64::new(seed.into()),
            is_powered: true,
            generation: 0,
            oldest_valid: 0,
            asleep: BTreeMap::new(),
            open: BTreeMap::new(),
            next_handle: 0,
            operations_left: None,
            capacity: None,
            counters: Counters::default(),
        }
    }

    pub(super) fn is_powered(&self) -> bool {
        self.is_powered
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether a file opened in this generation can still be used.
    pub(super) fn is_valid(&self, generation: u64) -> bool {
        generation >= self.oldest_valid
    }

    pub(super) fn counters(&self) -> Counters {
        self.counters
    }

    pub(super) fn cut_after(&mut self, operations: u64) {
        self.operations_left = Some(operations.max(1));
    }

    pub(super) fn power_on(&mut self) {
        self.is_powered = true;
        self.operations_left = None;
    }

    pub(super) fn fill(&mut self, room: Option<u64>) {
        self.capacity = room.map(|room| self.used() + room);
    }

    pub(super) fn snapshot(&self) -> Image {
        Image { files: self.files.clone(), removed: self.removed.clone() }
    }

    pub(super) fn restore(&mut self, image: &Image) {
        self.files.clone_from(&image.files);
        self.removed.clone_from(&image.removed);
        self.end_processes();
    }

    pub(super) fn lose_power(&mut self) {
        if !self.is_powered {
            return;
        }
        self.is_powered = false;
        self.operations_left = None;
        self.end_processes();
        let chance = &mut self.chance;
        self.files.retain(|_, file| file.is_listed || coin(chance));
        for (name, file) in std::mem::take(&mut self.removed) {
            if coin(chance) {
                self.files.entry(name).or_insert(file);
            }
        }
        for file in self.files.values_mut() {
            file.lose_power(chance);
            file.is_listed = true;
        }
    }

    /// Whatever is open is invalid from here on.
    pub(super) fn end_processes(&mut self) {
        self.generation += 1;
        self.oldest_valid = self.generation;
        if !self.sharing.is_empty() {
            self.asleep = std::mem::take(&mut self.sharing);
        }
    }

    /// Whatever is open is valid again and finds what a new process finds: no locks, an empty index, and
    /// each of its files.
    pub(super) fn wake_connections(&mut self) {
        self.end_processes();
        self.oldest_valid = 0;
        self.sharing = std::mem::take(&mut self.asleep);
        self.sharing.values_mut().for_each(Sharing::begin_anew);
        for name in
            self.open.keys().filter(|name| !self.files.contains_key(*name)).cloned().collect::<Vec<_>>()
        {
            self.files.insert(name, Content::default());
        }
    }

    /// Becomes what a new disk with these files is.
    pub(super) fn renew(&mut self, seed: u64, image: &Image) {
        self.restore(image);
        (self.chance, self.is_powered) = (Rand64::new(seed.into()), true);
        (self.operations_left, self.capacity, self.counters) = (None, None, Counters::default());
    }

    /// Makes the file if there is none and answers the new handle's number.
    pub(super) fn open(&mut self, name: &str, make: bool) -> Result<u64, DiskFault> {
        self.powered()?;
        if !self.files.contains_key(name) {
            if !make {
                return Err(DiskFault::Missing);
            }
            self.files.insert(name.to_owned(), Content::default());
        }
        *self.open.entry(name.to_owned()).or_default() += 1;
        self.next_handle += 1;
        Ok(self.next_handle)
    }

    /// One open file less.
    pub(super) fn close(&mut self, name: &str) {
        let left = self.open.get_mut(name).map(|count| {
            *count = count.saturating_sub(1);
            *count
        });
        if left == Some(0) {
            self.open.remove(name);
        }
    }

    /// Whether there is such a file with something in it.
    pub(super) fn has(&self, name: &str) -> Result<bool, DiskFault> {
        self.powered()?;
        Ok(self.files.get(name).is_some_and(|file| file.len() > 0))
    }

    pub(super) fn file(&mut self, name: &str) -> Result<&mut Content, DiskFault> {
        self.files.get_mut(name).ok_or(DiskFault::Missing)
    }

    pub(super) fn sharing(&mut self, name: &str) -> &mut Sharing {
        self.sharing.entry(name.to_owned()).or_default()
    }

    pub(super) fn write(&mut self, name: &str, at: usize, bytes: &[u8]) -> Result<(), DiskFault> {
        self.check_room(name, at + bytes.len())?;
        self.file(name)?.write(at, bytes);
        self.counters.writes += 1;
        self.counters.bytes_written += bytes.len() as u64;
        self.count_operation()
    }

    pub(super) fn resize(&mut self, name: &str, size: usize) -> Result<(), DiskFault> {
        self.check_room(name, size)?;
        self.file(name)?.resize(size);
        self.count_operation()
    }

    pub(super) fn sync(&mut self, name: &str) -> Result<(), DiskFault> {
        self.counters.syncs += 1;
        self.count_operation()?;
        let file = self.file(name)?;
        file.sync();
        if !file.is_listed {
            self.sync_folder();
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str, sync_folder: bool) -> Result<(), DiskFault> {
        self.powered()?;
        let file = self.files.remove(name).ok_or(DiskFault::Missing)?;
        self.sharing.remove(name);
        if file.is_listed {
            self.removed.insert(name.to_owned(), file);
        }
        self.count_operation()?;
        if sync_folder {
            self.sync_folder();
        }
        Ok(())
    }

    fn powered(&self) -> Result<(), DiskFault> {
        if self.is_powered { Ok(()) } else { Err(DiskFault::PowerLost) }
    }

    fn sync_folder(&mut self) {
        self.removed.clear();
        self.files.values_mut().for_each(|file| file.is_listed = true);
    }

    /// The power goes during the operation that was to be the last.
    fn count_operation(&mut self) -> Result<(), DiskFault> {
        self.counters.operations += 1;
        match self.operations_left {
            Some(0 | 1) => {
                self.lose_power();
                Err(DiskFault::PowerLost)
            }
            left => {
                self.operations_left = left.map(|left| left - 1);
                Ok(())
            }
        }
    }

    fn check_room(&self, name: &str, end: usize) -> Result<(), DiskFault> {
        let size = self.files.get(name).map_or(0, |file| file.len());
        let growth = end.saturating_sub(size) as u64;
        let has_room = self.capacity.is_none_or(|capacity| growth == 0 || self.used() + growth <= capacity);
        if has_room { Ok(()) } else { Err(DiskFault::Full) }
    }

    fn used(&self) -> u64 {
        self.files.values().map(|file| file.len() as u64).sum()
    }
}
