//! One open file of one connection.

use std::ops::Range;
use std::sync::{Arc, MutexGuard};

use super::sharing::{Level, Region};
use super::state::{DiskFault, Medium, State};

/// Name of a file that has none, on a disk of its own.
const NAMELESS: &str = "temporary";

/// A file that a connection holds open. It is of no use any more once the power went.
#[derive(Debug)]
pub(super) struct OpenFile {
    disk: Arc<Medium>,
    name: String,
    number: u64,
    generation: u64,
    /// Keeps what SQLite points into alive, also when the disk has forgotten it.
    mapped: Vec<Arc<Region>>,
}

impl OpenFile {
    pub(super) fn open(disk: Arc<Medium>, name: &str, make: bool) -> Result<Self, DiskFault> {
        let mut state = disk.state();
        let (number, generation) = (state.open(name, make)?, state.generation());
        drop(state);
        Ok(Self { disk, name: name.to_owned(), number, generation, mapped: vec![] })
    }

    /// A file without a name, gone when it is closed.
    pub(super) fn temporary() -> Result<Self, DiskFault> {
        Self::open(Medium::unlisted(), NAMELESS, true)
    }

    pub(super) fn read(&self, at: usize, into: &mut [u8]) -> Result<usize, DiskFault> {
        Ok(self.state()?.file(&self.name)?.read(at, into))
    }

    pub(super) fn write(&self, at: usize, bytes: &[u8]) -> Result<(), DiskFault> {
        self.state()?.write(&self.name, at, bytes)
    }

    pub(super) fn resize(&self, size: usize) -> Result<(), DiskFault> {
        self.state()?.resize(&self.name, size)
    }

    pub(super) fn sync(&self) -> Result<(), DiskFault> {
        self.state()?.sync(&self.name)
    }

    pub(super) fn size(&self) -> Result<usize, DiskFault> {
        Ok(self.state()?.file(&self.name)?.len())
    }

    pub(super) fn lock(&self, level: Level) -> Result<(), DiskFault> {
        if self.state()?.sharing(&self.name).lock(self.number, level) { Ok(()) } else { Err(DiskFault::Busy) }
    }

    pub(super) fn unlock(&self, level: Level) -> Result<(), DiskFault> {
        self.state()?.sharing(&self.name).unlock(self.number, level);
        Ok(())
    }

    pub(super) fn is_reserved(&self) -> Result<bool, DiskFault> {
        Ok(self.state()?.sharing(&self.name).is_reserved())
    }

    /// Where a region of the log's index lies; it stays there until [`Self::leave_index`].
    pub(super) fn map_index(
        &mut self,
        number: usize,
        size: usize,
        make: bool,
    ) -> Result<Option<*mut u8>, DiskFault> {
        let region = self.state()?.sharing(&self.name).region(self.number, number, size, make);
        let Some(region) = region else { return Ok(None) };
        let address = region.address();
        self.mapped.push(region);
        Ok(Some(address))
    }

    pub(super) fn lock_index(&self, slots: Range<usize>, is_exclusive: bool) -> Result<(), DiskFault> {
        let is_locked = self.state()?.sharing(&self.name).lock_index(self.number, slots, is_exclusive);
        if is_locked { Ok(()) } else { Err(DiskFault::Busy) }
    }

    pub(super) fn unlock_index(&self, slots: Range<usize>) -> Result<(), DiskFault> {
        self.state()?.sharing(&self.name).unlock_index(self.number, slots);
        Ok(())
    }

    /// Forgets the index; SQLite does not look into it again.
    pub(super) fn leave_index(&mut self) {
        if let Ok(mut state) = self.state() {
            state.sharing(&self.name).leave_index(self.number);
        }
        self.mapped.clear();
    }

    /// The disk, if this file is still valid on it.
    fn state(&self) -> Result<MutexGuard<'_, State>, DiskFault> {
        let state = self.disk.state();
        if state.is_valid(self.generation) { Ok(state) } else { Err(DiskFault::PowerLost) }
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        if let Ok(mut state) = self.state() {
            let sharing = state.sharing(&self.name);
            sharing.unlock(self.number, Level::None);
            sharing.leave_index(self.number);
        }
        self.disk.state().close(&self.name);
    }
}
