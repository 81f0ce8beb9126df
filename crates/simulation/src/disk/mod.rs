//! A virtual disk on which SQLite runs: in memory, deterministic, and the power can go at any moment.
//!
//! It keeps the promises that SQLite asks of a real disk and no others. What was synced stays. What was
//! not may survive, be torn at a sector boundary or be lost, each write for itself and in any order. A new
//! or removed file is there or gone for certain only after its folder was synced, as SQLite does with the
//! first sync of a journal.
//!
//! One seed and one sequence of calls give one sequence of events and the same content. What this does not
//! cover is SQLite's own generator, which belongs to the process and cannot be given to a disk: it draws
//! the salts of a write-ahead log (with the checksums they enter), the nonce of a rollback journal and
//! SQL's `random()`. No size, order or decision depends on the first two; [`Image::same_content`] leaves
//! them out. The clock of SQL on this disk stands still.

mod blocks;
mod content;
mod handle;
mod image;
mod sharing;
mod state;
mod vfs;

use std::fmt;
use std::sync::Arc;

use rusqlite::Connection;

pub use image::Image;
use state::Medium;

/// A virtual disk. Clones are handles of the same disk; it ends with the last handle and connection.
#[derive(Clone)]
pub struct Disk(Arc<Medium>);

/// What a disk has done since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Pieces that SQLite wrote.
    pub writes: u64,
    /// Files that SQLite asked to make durable.
    pub syncs: u64,
    /// Bytes of all the writes.
    pub bytes_written: u64,
    /// Everything that [`Disk::cut_after`] counts: writes, changes of size, syncs and removals.
    pub operations: u64,
}

impl Disk {
    /// An empty disk with its power on. The seed decides what survives when the power goes.
    pub fn new(seed: u64) -> Self {
        Self(Medium::listed(seed))
    }

    /// Opens or makes a database file on this disk. WAL works as on a real disk, with several connections.
    ///
    /// # Errors
    /// An I/O error while the power is off, and whatever SQLite says.
    pub fn open(&self, file: &str) -> rusqlite::Result<Connection> {
        Connection::open(self.address(file)?)
    }

    /// What code that opens a database by its path takes for a file on this disk: an SQLite URI.
    ///
    /// The name of the file is plain: without `?`, `#` and `%`.
    ///
    /// # Errors
    /// When SQLite does not take the disk; it never did so.
    pub fn address(&self, file: &str) -> rusqlite::Result<String> {
        vfs::register()?;
        Ok(format!("file:{}?vfs={}", self.0.path(file), vfs::NAME))
    }

    /// The power goes now. Open connections fail from here on, also after [`Disk::power_on`].
    pub fn cut_power(&self) {
        self.0.state().lose_power();
    }

    /// The power will go during an operation from now on (see [`Counters::operations`]): 1 is the next one.
    ///
    /// That operation and all later ones fail. A write that was under way may have reached the disk.
    pub fn cut_after(&self, operations: u64) {
        self.0.state().cut_after(operations);
    }

    /// Whether the power went and has not come back.
    pub fn has_lost_power(&self) -> bool {
        !self.0.state().is_powered()
    }

    /// Lets new connections open; a cut that is still to come is called off.
    pub fn power_on(&self) {
        self.0.state().power_on();
    }

    /// Leaves room for this many more bytes than now; `None` for as many as there may be.
    ///
    /// A write that needs more answers `SQLITE_FULL`.
    pub fn fill(&self, room: Option<u64>) {
        self.0.state().fill(room);
    }

    /// All files as they are now, with what is not synced yet.
    pub fn snapshot(&self) -> Image {
        self.0.state().snapshot()
    }

    /// Replaces all files. Open connections fail from here on, as if their processes had ended.
    pub fn restore(&self, image: &Image) {
        self.0.state().restore(image);
    }

    /// Ends all processes, as a kill does: what they wrote stays, also what is not synced, and their locks
    /// are gone. Open connections fail from here on.
    pub fn end_processes(&self) {
        self.0.state().end_processes();
    }

    /// Lets the connections that are open take the place of those a new process would open. They find what
    /// it would find: the files as they are, no locks, no index of the log. What SQLite has read of the
    /// schema and compiled for it stays, so that a restart costs a hundredth of opening the file.
    ///
    /// None of them may be in a transaction.
    pub fn wake_connections(&self) {
        self.0.state().wake_connections();
    }

    /// Makes a new disk with these files of this one. Open connections fail from here on, unless they are
    /// woken.
    pub fn renew(&self, seed: u64, image: &Image) {
        self.0.state().renew(seed, image);
    }

    /// A new disk with the same files, as when a device is cloned.
    pub fn copy(&self, seed: u64) -> Self {
        let copy = Self::new(seed);
        copy.restore(&self.snapshot());
        copy
    }

    /// What the disk has done so far.
    pub fn counters(&self) -> Counters {
        self.0.state().counters()
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Disk").field(&self.0.path("")).finish()
    }
}
