//! Databases of native tests: in memory where nobody opens them twice.

use std::fs;
use std::path::PathBuf;

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

const NAME: &str = "gridwalk.db";

/// An empty database of a test's own.
///
/// # Panics
/// When SQLite does not open one.
pub fn database() -> Connection {
    #[expect(clippy::expect_used, reason = "a test without a database cannot go on")]
    Connection::open_in_memory().expect("a database in memory")
}

/// A database file of a test's own. One connection at a time may be open: a browser has no locks.
pub struct File(TempDir);

impl File {
    /// A name that nobody else uses, and no file yet.
    ///
    /// # Panics
    /// When there is no place for it.
    #[expect(clippy::new_without_default, reason = "a default that takes a place on disk surprises")]
    pub fn new() -> Self {
        #[expect(clippy::expect_used, reason = "a test without its file cannot go on")]
        Self(TempDir::new().expect("a temporary folder"))
    }

    /// Opens what is there, or begins an empty database.
    ///
    /// # Panics
    /// When SQLite does not open it.
    pub fn open(&self) -> Connection {
        self.open_with(OpenFlags::default())
    }

    /// Opens what is there as these flags say.
    ///
    /// # Panics
    /// When SQLite does not open it.
    pub fn open_with(&self, flags: OpenFlags) -> Connection {
        #[expect(clippy::expect_used, reason = "a test without its database cannot go on")]
        Connection::open_with_flags(self.path(), flags).expect("a database in a file")
    }

    /// Every byte of the file, and of its log where it has one.
    ///
    /// # Panics
    /// When there is no file.
    #[expect(clippy::expect_used, reason = "a test without its file cannot go on")]
    pub fn bytes(&self) -> Vec<u8> {
        let with_end = |end| self.0.path().join(format!("{NAME}{end}"));
        let mut bytes = fs::read(with_end("")).expect("the file");
        bytes.extend(fs::read(with_end("-wal")).unwrap_or_default());
        bytes
    }

    /// Puts bytes there that no SQLite wrote, where no file is yet.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn put(&self, bytes: &[u8]) {
        #[expect(clippy::expect_used, reason = "a test without its file cannot go on")]
        fs::write(self.path(), bytes).expect("the file");
    }

    /// Where the file is.
    pub fn path(&self) -> PathBuf {
        self.0.path().join(NAME)
    }
}
